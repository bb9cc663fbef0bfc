"""One form for every source: a recording of one person's joints over time, with a label for every frame.

    recording = Recording(name=..., subject=..., times=..., joints=..., labels=..., classes=("background", "wave"))
    save(recording, Path("wave_anna.npz")); recording = load(Path("wave_anna.npz"))

The `.npz` file is also what the daemon's `recording` estimator replays, so a field case can be run again.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.files import write_atomically
from core.skeleton import LAYOUTS, MEDIAPIPE33, Array, Pose, to_core15

_MAX_BYTES = 512 * 1024 * 1024
_FIELDS = frozenset({"name", "subject", "layout", "times", "joints", "labels", "classes"})


@dataclass(frozen=True)
class Recording:
    """One person, one camera, one continuous take.

    Attributes:
        subject: who; splits never put one subject on both sides.
        times: (N,) seconds, growing.
        joints: (N, V, 4) float32: x, y, z in frame heights and score; a row of NaN where nobody was found.
        labels: (N,) index into classes of what is done in each frame.
        classes: names of the labels; the first is `background`.
    """

    name: str
    subject: str
    times: npt.NDArray[np.float64]
    joints: Array
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    layout: str = MEDIAPIPE33.name

    def __post_init__(self) -> None:
        frames, size = len(self.times), LAYOUTS[self.layout].size
        if self.joints.shape != (frames, size, 4) or self.labels.shape != (frames,):
            raise ValueError(f"{self.name}: {frames} times, joints {self.joints.shape}, labels {self.labels.shape}")
        if frames and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise ValueError(f"{self.name}: a label is outside of the {len(self.classes)} classes")

    @property
    def found(self) -> float:
        """Share of the frames in which the person was found."""
        return float(np.isfinite(self.joints[:, 0, 0]).mean()) if len(self.times) else 0.0

    def poses(self) -> Iterator[tuple[float, Array | None]]:
        """Every frame as (time, (15, 4) keypoints or None), the way `core.window.cut_windows` takes it."""
        for moment, joints in zip(self.times, self.joints, strict=True):
            pose = None
            if np.isfinite(joints).all():
                pose = to_core15(Pose(joints[:, :3].copy(), joints[:, 3].copy(), self.layout))
            yield float(moment), pose


def save(recording: Recording, path: Path) -> None:
    """Write a recording; the file is whole or not there."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        name=np.array(recording.name),
        subject=np.array(recording.subject),
        layout=np.array(recording.layout),
        times=recording.times,
        joints=recording.joints,
        labels=recording.labels,
        classes=np.array(recording.classes),
    )
    write_atomically(path, buffer.getvalue(), mode=0o600)  # keypoints are private


def load(path: Path) -> Recording:
    """Read a recording.

    Raises:
        InputError: the file is not there, not a recording, or inconsistent.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise InputError(f"{path}: unpacks to more than {_MAX_BYTES} bytes; cut the recording into parts")
        with np.load(path, allow_pickle=False) as fields:
            if missing := _FIELDS - set(fields.files):
                raise InputError(f"{path}: not a recording of Posefleet, it lacks {', '.join(sorted(missing))}")
            return Recording(
                name=str(fields["name"]),
                subject=str(fields["subject"]),
                layout=str(fields["layout"]),
                times=fields["times"].astype(np.float64),
                joints=fields["joints"].astype(np.float32),
                labels=fields["labels"].astype(np.int64),
                classes=tuple(str(name) for name in fields["classes"]),
            )
    except (OSError, zipfile.BadZipFile) as exc:
        raise InputError(f"{path}: cannot be read as a recording ({exc})") from exc
    except (ValueError, KeyError) as exc:
        raise InputError(f"{path}: damaged or made by another version ({exc})") from exc


def load_directory(directory: Path) -> list[Recording]:
    """Every recording in a directory and below, by name.

    Raises:
        InputError: there is none, or one cannot be read.
    """
    paths = sorted(directory.rglob("*.npz"))
    if not paths:
        raise InputError(f"{directory}: no recordings (*.npz) here or below; `posefleet demo` makes some to try with")
    return [load(path) for path in paths]
