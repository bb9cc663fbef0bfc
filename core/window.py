"""Timestamped poses of one person -> windows at a fixed rate.

Cameras run at their own, uneven rates; the classifier wants one rate. Poses are interpolated at multiples of 1/rate
after the first pose of a track, so that the same movement filmed at 10 and at 30 frames per second gives the same
windows. A stream pushed pose by pose and a whole recording give the same windows to the bit: there is one
implementation.

    buffer = WindowBuffer(WindowSpec())
    for captured_at, keypoints in track:
        for window in buffer.push(captured_at, keypoints):
            features = extract(window.keypoints, FeatureSpec(), rate_hz=15.0)
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from core.skeleton import Array

Moments = npt.NDArray[np.float64]  # seconds


class WindowSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a classifier wants to look at time; part of a release's manifest."""

    rate_hz: Annotated[float, Meta(ge=1, le=120)] = 15.0
    length: Annotated[int, Meta(ge=4, le=256)] = 32  # frames, 2.1 s at 15 Hz
    stride: Annotated[int, Meta(ge=1, le=256)] = 4  # frames between windows, 0.27 s at 15 Hz
    max_gap_s: Annotated[float, Meta(gt=0, le=10)] = 0.7  # a longer gap between poses starts afresh
    causal: bool = False  # a window speaks of its end, not of its centre, and comes from a track's first pose on

    @property
    def seconds(self) -> float:
        """Time from the first to the last frame of a window."""
        return (self.length - 1) / self.rate_hz


@dataclass(frozen=True)
class Window:
    """(T, V, 4) keypoints (x, y, z in frame heights, score) from started_at to ended_at, seconds."""

    keypoints: Array
    started_at: float
    ended_at: float
    causal: bool = False

    @property
    def moment(self) -> float:
        """The moment that a label of this window speaks of."""
        return self.ended_at if self.causal else (self.started_at + self.ended_at) / 2

    @property
    def since(self) -> float:
        """From when on a track's first window speaks: before the end of a causal one nobody was seen yet."""
        return self.ended_at if self.causal else self.started_at


class WindowBuffer:
    """Resamples one track and cuts windows from it."""

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec
        self._frames: deque[Array] = deque(maxlen=spec.length)
        self._start = 0.0
        self._next = 0  # index of the next frame on the 1/rate grid
        self._last: tuple[float, Array] | None = None

    def push(self, captured_at: float, keypoints: Array) -> list[Window]:
        """Take one pose; return the windows that it completes (usually none, or one).

        Args:
            captured_at: seconds on a clock that only goes forward; a pose that is not newer is ignored.
            keypoints: (V, 4) float32, see `core.features.points_of`; V is the same for a whole track.

        Raises:
            ValueError: the keypoints have another shape, or another number than those before.
        """
        expected = (len(self._last[1]) if self._last else len(keypoints), 4)
        if keypoints.shape != expected:
            raise ValueError(f"keypoints must be {expected}, not {keypoints.shape}")
        if self._last is not None and captured_at <= self._last[0]:
            return []
        if self._last is None or captured_at - self._last[0] > self._spec.max_gap_s:
            return self._restart(captured_at, keypoints)
        windows = self._advance(self._last, (captured_at, keypoints))
        self._last = (captured_at, keypoints)
        return windows

    def _restart(self, captured_at: float, keypoints: Array) -> list[Window]:
        """A causal window does not wait until it is full: before the first pose, that pose stands still."""
        self._frames.clear()
        self._frames.extend([keypoints] * (self._spec.length if self._spec.causal else 1))
        self._start, self._next = captured_at, 1
        self._last = (captured_at, keypoints)
        return self._due(captured_at)

    def _advance(self, before: tuple[float, Array], after: tuple[float, Array]) -> list[Window]:
        windows = []
        while (moment := self._start + self._next / self._spec.rate_hz) <= after[0]:
            self._frames.append(_between(before, after, moment))
            self._next += 1
            windows += self._due(moment)
        return windows

    def _due(self, moment: float) -> list[Window]:
        """The window that ends now, if one does."""
        spec = self._spec
        since = self._next - (1 if spec.causal else spec.length)
        if since < 0 or since % spec.stride:
            return []
        return [Window(np.stack(self._frames), moment - spec.seconds, moment, spec.causal)]


def _between(before: tuple[float, Array], after: tuple[float, Array], moment: float) -> Array:
    return _mix(before[1], after[1], np.float32((moment - before[0]) / (after[0] - before[0])))


def _mix(before: Array, after: Array, share: Array | np.float32) -> Array:
    mixed: Array = before * (np.float32(1) - share) + after * share
    mixed[..., 3] = np.minimum(before[..., 3], after[..., 3])  # never surer than either neighbour
    return mixed


def resample(points: Array, moments: Moments, wanted: Moments) -> Array:
    """Points (N, V, 4) known at growing moments (N,), at the moments wanted (T,), which lie within: (T, V, 4)."""
    if len(points) == 1:
        return np.repeat(points, len(wanted), axis=0)
    before = np.clip(np.searchsorted(moments, wanted, side="right") - 1, 0, len(moments) - 2)
    start, end = points[before], points[before + 1]
    share = (wanted - moments[before]) / (moments[before + 1] - moments[before])
    return _mix(start, end, share.astype(np.float32)[:, None, None])


def cut_windows(poses: Iterable[tuple[float, Array | None]], spec: WindowSpec) -> list[Window]:
    """All windows of a recording of one person; None stands for a frame without a person."""
    buffer = WindowBuffer(spec)
    return [
        window
        for captured_at, keypoints in poses
        if keypoints is not None
        for window in buffer.push(captured_at, keypoints)
    ]
