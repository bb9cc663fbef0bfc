"""Replays stored keypoints instead of looking: for tests, and to run a case from the field again.

The file is the recording that training uses: `times` (N,) seconds and `joints` (N, 33, 4), rows of NaN where nobody
was. It plays in a loop, in step with the pictures' capture times.
"""

import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.skeleton import MEDIAPIPE33, Pose
from device.pose import Effort

_MAX_BYTES = 256 * 1024 * 1024


class RecordingEstimator:
    """See the module.

    Raises:
        InputError: the file cannot be read as a recording.
    """

    def __init__(self, path: str | Path) -> None:
        self._times, self._joints = _read(Path(path))
        step = float(np.median(np.diff(self._times))) if len(self._times) > 1 else 0.0
        self._length = float(self._times[-1] - self._times[0]) + step
        self._start: float | None = None

    def estimate(self, image: npt.NDArray[np.uint8], captured_at: float) -> list[Pose]:
        """The person of the recorded frame that is nearest in time; the picture is not looked at."""
        del image
        if self._start is None:
            self._start = captured_at
        moment = captured_at - self._start
        if self._length > 0:
            moment %= self._length
        row = self._joints[int(np.abs(self._times - self._times[0] - moment).argmin())]
        if not np.isfinite(row).all():
            return []
        return [Pose(row[:, :3].copy(), row[:, 3].copy())]

    def adapt(self, effort: Effort) -> None:
        """There is nothing to choose."""

    def close(self) -> None:
        """Nothing is held."""


def _read(path: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise InputError(f"{path}: unpacks to more than {_MAX_BYTES} bytes")
        with np.load(path, allow_pickle=False) as fields:
            times, joints = fields["times"].astype(np.float64), fields["joints"].astype(np.float32)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError) as exc:
        raise InputError(f"{path}: cannot be replayed as a recording ({exc})") from exc
    if times.ndim != 1 or len(times) == 0 or joints.shape != (len(times), MEDIAPIPE33.size, 4):
        raise InputError(f"{path}: has times {times.shape} and joints {joints.shape}; (N,) and (N, 33, 4) are needed")
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise InputError(f"{path}: its times do not grow from frame to frame; record it again")
    return times, joints
