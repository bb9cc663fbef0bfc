"""Recordings -> labelled windows, through the same resampling as the daemon's.

Long recordings are cut as the daemon would (`label_windows`). Where every recording is one action from start to end, it
makes one window (`clip_windows`): the whole clip at the window's number of steps, whatever it lasted.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.features import FeatureSpec
from core.skeleton import Array
from core.window import Window, WindowSpec, cut_windows, resample
from training.datasets.checks.finding import some
from training.datasets.checks.frames import found_frames
from training.datasets.recording import Recording

log = logging.getLogger(__name__)
_BODY = FeatureSpec()
_SAME_MOMENT_S = 1e-6  # windows end on a grid of their own, which rounds otherwise than the frames' times
FINER = 2  # steps of a clip for each of a window, to choose parts from: actions of twice its length lose nothing
CLEAR_SHARE = 0.75  # a window with less of its main label shows a transition and has no single right answer


@dataclass(frozen=True)
class WindowSet:
    """Labelled windows.

    Attributes:
        keypoints: (N, T, V, 4) float32, see core.window.Window. Of clips T may be larger than a window.
        shares: (N, C) float32: how much of each window's time has each label; the training target.
        subjects: (N,) who.
        classes: C names.
    """

    keypoints: Array
    shares: Array
    subjects: npt.NDArray[np.str_]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.keypoints)

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """(N,) the label that most of the window has."""
        labels: npt.NDArray[np.int64] = self.shares.argmax(axis=1)
        return labels

    @property
    def clear(self) -> npt.NDArray[np.bool_]:
        """(N,) True where one label has at least CLEAR_SHARE of the window."""
        clear: npt.NDArray[np.bool_] = self.shares.max(axis=1) >= CLEAR_SHARE
        return clear

    def select(self, which: npt.NDArray[np.bool_]) -> "WindowSet":
        """The windows where `which` (N,) is True."""
        return WindowSet(self.keypoints[which], self.shares[which], self.subjects[which], self.classes)


def label_windows(
    recordings: Iterable[Recording], spec: WindowSpec, classes: Sequence[str], features: FeatureSpec = _BODY
) -> WindowSet:
    """Cut recordings into windows and say what is done in each.

    Raises:
        InputError: a recording has a class that `classes` lacks, or other joints than `features` need, or nothing is
            long enough for one window.
    """
    keypoints: list[Array] = []
    shares: list[Array] = []
    subjects: list[str] = []
    for recording in recordings:
        to_class = _class_map(recording, classes)
        for window in cut_windows(recording.poses(features), spec):
            keypoints.append(window.keypoints)
            shares.append(_shares(recording, to_class, window, len(classes)))
            subjects.append(recording.subject)
    if not keypoints:
        raise InputError(f"no recording shows a person for {spec.seconds:.1f} s without a gap: no window can be cut")
    return WindowSet(np.stack(keypoints), np.stack(shares), np.array(subjects), tuple(classes))


def clip_windows(
    recordings: Iterable[Recording], steps: int, classes: Sequence[str], features: FeatureSpec = _BODY
) -> WindowSet:
    """One window a recording: all of it, from the first to the last frame with a person, at `steps` moments.

    Recordings that show nobody are left out, and the log names them: they would teach a label for an empty room.

    Raises:
        InputError: as `label_windows`; no recording shows anybody.
    """
    keypoints: list[Array] = []
    shares: list[Array] = []
    subjects: list[str] = []
    for recording in _with_somebody(recordings):
        frames = [(moment, points) for moment, points in recording.poses(features) if points is not None]
        moments, points = np.array([moment for moment, _ in frames]), np.stack([points for _, points in frames])
        keypoints.append(resample(points, moments, np.linspace(moments[0], moments[-1], steps)))
        whole = Window(keypoints[-1], float(moments[0]), float(moments[-1]))
        shares.append(_shares(recording, _class_map(recording, classes), whole, len(classes)))
        subjects.append(recording.subject)
    return WindowSet(np.stack(keypoints), np.stack(shares), np.array(subjects), tuple(classes))


def still_windows(
    recordings: Iterable[Recording], steps: int, classes: Sequence[str], features: FeatureSpec = _BODY
) -> WindowSet:
    """One window a picture, in which nothing moves, for recordings of separate pictures.

    Raises:
        InputError: as `label_windows`; no picture shows a person.
    """
    keypoints: list[Array] = []
    labels: list[int] = []
    subjects: list[str] = []
    for recording in recordings:
        to_class = _class_map(recording, classes)
        for (_, points), label in zip(recording.poses(features), recording.labels, strict=True):
            if points is not None:
                keypoints.append(np.repeat(points[None], steps, axis=0))
                labels.append(int(to_class[label]))
                subjects.append(recording.subject)
    if not keypoints:
        raise InputError("no picture shows a person")
    shares = np.eye(len(classes), dtype=np.float32)[labels]
    return WindowSet(np.stack(keypoints), shares, np.array(subjects), tuple(classes))


def empty_windows(spec: WindowSpec, classes: Sequence[str], features: FeatureSpec = _BODY) -> WindowSet:
    """No windows at all."""
    return WindowSet(
        np.zeros((0, spec.length, features.points, 4), np.float32),
        np.zeros((0, len(classes)), np.float32),
        np.array([], np.str_),
        tuple(classes),
    )


def _with_somebody(recordings: Iterable[Recording]) -> list[Recording]:
    everyone = list(recordings)
    shown = [one for one in everyone if found_frames(one).any()]
    if not shown:
        raise InputError(f"none of {len(everyone)} recordings shows anybody; look at them with posefleet data show")
    if empty := [one.name for one in everyone if not found_frames(one).any()]:
        log.warning("%d of %d recordings show nobody and are left out: %s", len(empty), len(everyone), some(empty))
    return shown


def _class_map(recording: Recording, classes: Sequence[str]) -> npt.NDArray[np.int64]:
    unknown = {recording.classes[label] for label in np.unique(recording.labels)} - set(classes)
    if unknown:
        raise InputError(f"{recording.name}: has {', '.join(sorted(unknown))}, the model knows {', '.join(classes)}")
    return np.array([classes.index(name) if name in classes else -1 for name in recording.classes], np.int64)


def _shares(recording: Recording, to_class: npt.NDArray[np.int64], window: Window, count: int) -> Array:
    """What is done in a window; at its end, if it is causal or lies between two frames."""
    inside = (recording.times >= window.started_at) & (recording.times <= window.ended_at)
    if window.causal or not inside.any():
        inside = np.arange(len(inside)) == np.searchsorted(recording.times, window.ended_at + _SAME_MOMENT_S) - 1
    seen = np.bincount(to_class[recording.labels[inside]], minlength=count).astype(np.float32)
    shares: Array = seen / seen.sum()
    return shares
