"""One form for every source: a recording of one person's joints over time, with a label for every frame.

    recording = Recording(name=..., subject=..., times=..., joints=..., labels=..., classes=("background", "wave"))
    save(recording, Path("wave_anna.npz")); recording = load(Path("wave_anna.npz"))

Whatever the source, x grows to the right of the picture, y DOWN, and z away from the camera; left and right are the
person's own. The unit is noted and does not matter to the features. Several people of one take are several recordings
with the same `source`.

The `.npz` file is also what the daemon's `recording` estimator replays, so a field case can be run again.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.features import FeatureSpec, points_of
from core.files import write_atomically
from core.skeleton import LAYOUTS, MEDIAPIPE33, Array, Pose
from training.datasets.arrays import AnyArray, read_npz

FRAME_HEIGHTS, METRES, PIXELS, UNKNOWN = "frame heights", "metres", "pixels", "unknown"
UNITS = (FRAME_HEIGHTS, METRES, PIXELS, UNKNOWN)

_BODY = FeatureSpec()
_FIELDS = frozenset({"name", "subject", "layout", "times", "joints", "labels", "classes"})


@dataclass(frozen=True)
class Recording:
    """One person, one camera, one continuous take.

    Attributes:
        subject: who; splits never put one subject on both sides.
        times: (N,) seconds, growing.
        joints: (N, V, 4) float32: x, y, z in `unit`, and score in [0, 1]. A joint that was not seen has score 0 and any
            finite place; a row of NaN is a frame where nobody was found.
        labels: (N,) index into classes of what is done in each frame.
        classes: names of the labels; the first is `background`.
        source: the take that this was cut from; splits never put one take on both sides. The name, when empty.
        splits: the published parts that it belongs to, such as `xsub_train`; none when nobody published any.
        unit: one of UNITS.
        has_depth: z was measured or estimated; otherwise it is 0 throughout.
        stills: the frames are separate pictures in no order, one a second; nothing may be learnt from their sequence.
        objects: (N, K, 5) float32: centre x, y, width, height in `unit`, and score of the best box of each of
            `object_names`; all 0 where the detector saw none. None when nobody looked.
    """

    name: str
    subject: str
    times: npt.NDArray[np.float64]
    joints: Array
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    layout: str = MEDIAPIPE33.name
    source: str = ""
    splits: tuple[str, ...] = ()
    unit: str = FRAME_HEIGHTS
    has_depth: bool = True
    stills: bool = False
    objects: Array | None = None
    object_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS or self.unit not in UNITS:
            raise ValueError(f"{self.name}: layout {self.layout!r} or unit {self.unit!r} is unknown")
        frames, size = len(self.times), LAYOUTS[self.layout].size
        if self.times.ndim != 1 or self.joints.shape != (frames, size, 4) or self.labels.shape != (frames,):
            raise ValueError(f"{self.name}: {frames} times, joints {self.joints.shape}, labels {self.labels.shape}")
        if frames and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise ValueError(f"{self.name}: a label is outside of the {len(self.classes)} classes")
        if self.objects is not None and self.objects.shape != (frames, len(self.object_names), 5):
            raise ValueError(f"{self.name}: objects {self.objects.shape} for {frames} frames, {self.object_names}")
        self._check_numbers()
        if not self.source:
            object.__setattr__(self, "source", self.name)

    def _check_numbers(self) -> None:
        if not (np.isfinite(self.times).all() and (np.diff(self.times) > 0).all()):
            raise ValueError(f"{self.name}: its times do not grow from frame to frame")
        known = np.isfinite(self.joints).all(axis=(1, 2))
        if not np.isnan(self.joints[~known]).all():
            raise ValueError(f"{self.name}: frame {int(np.argmin(known))} is neither a person nor nobody (all NaN)")
        if self.objects is not None and not np.isfinite(self.objects).all():
            raise ValueError(f"{self.name}: an object's box is not finite")

    @property
    def found(self) -> float:
        """Share of the frames in which the person was found."""
        return float(np.isfinite(self.joints[:, 0, 0]).mean()) if len(self.times) else 0.0

    def poses(self, features: FeatureSpec = _BODY) -> Iterator[tuple[float, Array | None]]:
        """Every frame as (time, (V, 4) keypoints or None), the way `core.window.cut_windows` takes it.

        Raises:
            InputError: the recording lacks the joints of this feature set.
        """
        for number, (moment, joints) in enumerate(zip(self.times, self.joints, strict=True)):
            yield float(moment), self._points(number, joints, features) if np.isfinite(joints).all() else None

    def _points(self, number: int, joints: Array, features: FeatureSpec) -> Array:
        pose = Pose(joints[:, :3].copy(), joints[:, 3].copy(), self.layout)
        try:
            return points_of(pose, features, self.boxes(number, features.objects))
        except ValueError as exc:
            raise InputError(f"{self.name}: {exc}") from exc

    def boxes(self, number: int, names: tuple[str, ...]) -> Array | None:
        """(K, 5) boxes of a frame in the order of `names`; all 0 for what nobody looked for."""
        if self.objects is None:
            return None
        nothing = np.zeros(5, np.float32)
        boxes = dict(zip(self.object_names, self.objects[number], strict=True))
        return np.stack([boxes.get(name, nothing) for name in names]) if names else None


def save(recording: Recording, path: Path) -> None:
    """Write a recording; the file is whole or not there."""
    write_atomically(path, encode(recording), mode=0o600)  # keypoints are private


def encode(recording: Recording) -> bytes:
    """The content of a recording's file."""
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
        source=np.array(recording.source),
        splits=np.array(recording.splits, np.str_),
        unit=np.array(recording.unit),
        has_depth=np.array(recording.has_depth),
        stills=np.array(recording.stills),
        **_object_fields(recording),
    )
    return buffer.getvalue()


def _object_fields(recording: Recording) -> dict[str, AnyArray]:
    if recording.objects is None:
        return {}
    return {"objects": recording.objects, "object_names": np.array(recording.object_names, np.str_)}


def load(path: Path) -> Recording:
    """Read a recording.

    Raises:
        InputError: the file is not there, not a recording, or inconsistent.
    """
    fields = read_npz(path)
    if missing := _FIELDS - set(fields):
        raise InputError(f"{path}: not a recording of Posefleet, it lacks {', '.join(sorted(missing))}")
    try:
        return _decode(fields)
    except (ValueError, TypeError, IndexError) as exc:
        raise InputError(f"{path}: damaged or made by another version ({exc})") from exc


def _decode(fields: dict[str, AnyArray]) -> Recording:
    """Fields that older files lack have the defaults of `Recording`."""
    objects = fields.get("objects")
    return Recording(
        name=str(fields["name"]),
        subject=str(fields["subject"]),
        layout=str(fields["layout"]),
        times=fields["times"].astype(np.float64),
        joints=fields["joints"].astype(np.float32),
        labels=fields["labels"].astype(np.int64),
        classes=_names(fields["classes"]),
        source=str(fields.get("source", "")),
        splits=_names(fields.get("splits", np.array([], np.str_))),
        unit=str(fields.get("unit", FRAME_HEIGHTS)),
        has_depth=bool(fields.get("has_depth", True)),
        stills=bool(fields.get("stills", False)),
        objects=None if objects is None else objects.astype(np.float32),
        object_names=_names(fields.get("object_names", np.array([], np.str_))),
    )


def _names(field: AnyArray) -> tuple[str, ...]:
    return tuple(str(name) for name in field)


def load_directory(directory: Path) -> list[Recording]:
    """Every recording in a directory and below, by name.

    Raises:
        InputError: there is none, or one cannot be read.
    """
    paths = sorted(directory.rglob("*.npz"))
    if not paths:
        raise InputError(f"{directory}: no recordings (*.npz) here or below; `posefleet demo` makes some to try with")
    return [load(path) for path in paths]
