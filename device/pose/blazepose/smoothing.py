"""Steady joints: the one-euro filter (Casiez, Roussel, Vogel 2012), vectorised, with MediaPipe's parameters.

What stands still is smoothed heavily, what moves is followed at once. Speed is measured in body sizes, so that near and
far people are treated alike. Parameters: MediaPipe's pose_landmark_filtering.pbtxt.

    steady = OneEuroFilter(JOINTS)
    joints = steady.apply(joints, at=captured_at, size=body_size)
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_SMALLEST_SIZE = 1e-6


@dataclass(frozen=True)
class OneEuroSettings:
    """How a filter weighs steadiness against delay.

    Attributes:
        least_cutoff_hz: of what stands still.
        slope: by how much speed, in body sizes per second, raises the cut-off.
        speed_cutoff_hz: of the speed's own smoothing.
    """

    least_cutoff_hz: float
    slope: float
    speed_cutoff_hz: float = 1.0


JOINTS = OneEuroSettings(0.05, 80.0)
REGION_POINTS = OneEuroSettings(0.01, 10.0)  # a crop that does not tremble: joints depend on it
VISIBILITY_WEIGHT = 0.1  # of a new visibility against the ones before


class OneEuroFilter:
    """Filters arrays of one shape, each number for itself; the speed is that of the unfiltered ones."""

    def __init__(self, settings: OneEuroSettings) -> None:
        self._settings = settings
        self._at: float | None = None
        self._raw: Array
        self._speed: Array
        self._smooth: Array

    def apply(self, values: Array, *, at: float, size: float) -> Array:
        """The filtered values at time `at`, seconds; `size` of the body in the same unit.

        The same time again, or a body without size, gives the values back as they are; an earlier time begins anew.
        """
        if size < _SMALLEST_SIZE or at == self._at:
            return values
        if self._at is None or at < self._at:
            self._speed, self._smooth = np.zeros_like(values), values
        else:
            step = at - self._at
            speed = (values - self._raw) / np.float32(size * step)
            self._speed = _blend(self._speed, speed, _weight(self._settings.speed_cutoff_hz, step))
            cutoff = self._settings.least_cutoff_hz + self._settings.slope * np.abs(self._speed)
            self._smooth = _blend(self._smooth, values, _weight(cutoff, step))
        self._at, self._raw = at, values
        return self._smooth


class LowPassFilter:
    """Exponential smoothing with a constant weight."""

    def __init__(self, weight: float) -> None:
        self._weight = np.float32(weight)
        self._smooth: Array | None = None

    def apply(self, values: Array) -> Array:
        """The filtered values."""
        self._smooth = values if self._smooth is None else _blend(self._smooth, values, self._weight)
        return self._smooth


def _weight(cutoff_hz: float | Array, step_s: float) -> Array:
    """Of the newest value, for a cut-off frequency and a time between two values (equation 5 of the paper)."""
    turns = np.asarray(2 * np.pi * step_s * cutoff_hz, np.float32)
    return turns / (turns + 1)


def _blend(before: Array, now: Array, weight: Array | np.float32) -> Array:
    return (before + weight * (now - before)).astype(np.float32, copy=False)
