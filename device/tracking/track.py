"""One appearance of somebody: where they are, where they go, how big they are and what they wear.

    track = Track(sighting)
    track.see(next_sighting)
    track.expected(captured_at)     # where the joints must be by now

Distances are in frame heights unless said otherwise; a body's size makes them the same near and far.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.skeleton import Array, Pose

PROOF_S = 1.0  # who is first seen close to somebody else is a mistake until seen apart, or for as long as this

_FLEETING_S = 0.7  # of two poses of one body the one that has been missed for so long was the mistake
_STEADY_S = 0.2  # a velocity is a mean over about so long ...
_STEADY_IN_CROWD_S = 0.6  # ... and longer near somebody else, where estimators mix bodies up
_FASTEST = 4.0  # body sizes per second; a sprinter's 7 m/s
_SHRINKS_S = 2.0  # a size is the largest of about so long: bodies bend and turn, but do not shrink
_LOOK_S = 1.0  # a look is a mean over about so long
_WIDE = 0.35  # body sizes; whose middles are nearer to each other may hide each other
_SEEN = 0.3  # joints with a lower score say little about where somebody is
_SMALLEST = 0.02  # frame heights; below it a person is a few pixels tall
# The trunk goes where the person goes; arms and legs have ways of their own. In the order of CORE15.
_TRUNK = np.array([1, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 1, 1, 0.3, 0.3, 0.1, 0.1], np.float32)


@dataclass(frozen=True, eq=False)
class Sighting:
    """One pose in one frame.

    Attributes:
        pose: as the estimator found it.
        keypoints: (15, 4) the same in the order of CORE15.
        at: when the picture was taken, seconds.
        look: (2, 3), see `device.tracking.looks`; None without a picture, or where somebody else may be in front.
    """

    pose: Pose
    keypoints: Array
    at: float
    look: Array | None = None

    @cached_property
    def size(self) -> float:
        """The longer side of the body's box, of the joints that are seen."""
        seen = self.keypoints[self.keypoints[:, 3] >= _SEEN, :2]
        points = seen if len(seen) > 1 else self.keypoints[:, :2]
        return max(float(np.ptp(points, axis=0).max()), _SMALLEST)

    @cached_property
    def middle(self) -> tuple[float, float]:
        """Of the trunk."""
        return _middle(self.keypoints[:, :2])

    def is_near(self, other: "Sighting", *, within: float = _WIDE) -> bool:
        """Whether one of two bodies in the same picture may hide the other: nearer than so many body sizes."""
        return math.dist(self.middle, other.middle) < within * max(self.size, other.size)


class Track:
    """See the module."""

    def __init__(self, first: Sighting) -> None:
        self.number: int | None = None  # given as soon as it is sure that this is somebody
        self.newest = first
        self.size = first.size
        self.look = first.look
        self.velocity = np.zeros(2, np.float32)  # per second
        self.expected_at = first.at  # until when it is known why nothing is seen: somebody else is before it
        self.sure_at = first.at  # when it was last beyond doubt that this was not somebody else
        self.began = first.at
        self.is_proven = False  # whether it was seen again apart from everybody else, or for long

    @property
    def last_seen(self) -> float:
        """When."""
        return self.newest.at

    @property
    def is_hidden(self) -> bool:
        """Whether this was not seen the last time, with somebody else before it."""
        return self.expected_at > self.newest.at

    def is_fleeting(self, at: float) -> bool:
        """Whether this was a mistake, it seems: seen once, or close to others for a moment and not any more."""
        return self.newest.at == self.began or (not self.is_proven and at - self.newest.at > _FLEETING_S)

    def expected(self, at: float) -> Array:
        """(15, 2) where the joints must be by now."""
        place: Array = self.newest.keypoints[:, :2] + self.velocity * np.float32(at - self.newest.at)
        return place

    def is_near(self, other: Sighting) -> bool:
        """Whether this body must be before or behind another one, at the time of that one's sighting."""
        return math.dist(_middle(self.expected(other.at)), other.middle) < _WIDE * max(self.size, other.size)

    def see(self, sighting: Sighting, *, crowded: bool = False) -> None:
        """Go on with a pose; `crowded` when somebody else is near, and either may be taken for the other."""
        elapsed = sighting.at - self.newest.at
        self.is_proven |= not crowded or sighting.at - self.began >= PROOF_S
        if elapsed > 0:
            self._accelerate(sighting, elapsed, _STEADY_IN_CROWD_S if crowded else _STEADY_S)
        self.size = max(sighting.size, self.size * math.exp(-elapsed / _SHRINKS_S))
        if self.look is None:
            self.look = sighting.look
        elif sighting.look is not None and not crowded:
            self.look = self.look + (sighting.look - self.look) * np.float32(1 - math.exp(-elapsed / _LOOK_S))
        self.newest, self.expected_at = sighting, sighting.at

    def _accelerate(self, sighting: Sighting, elapsed: float, steady_s: float) -> None:
        """A mean of all velocities so far, the newest counting most; the first ones count alike."""
        before, now = self.newest.keypoints, sighting.keypoints
        weight = (_TRUNK * common(before, now))[:, None]
        moved = ((now[:, :2] - before[:, :2]) * weight).sum(axis=0) / weight.sum()
        share = max(1 - math.exp(-elapsed / steady_s), elapsed / (sighting.at - self.began))
        velocity = self.velocity + (moved / elapsed - self.velocity) * share
        limit = _FASTEST * self.size / max(float(np.hypot(*velocity)), 1e-9)
        self.velocity = (velocity * min(1.0, limit)).astype(np.float32)


def common(one: Array, other: Array) -> Array:
    """(..., 15) how much each joint counts: those seen in both; all of them alike where there is none."""
    seen = np.minimum(one[..., 3], other[..., 3]) >= _SEEN
    return seen.astype(np.float32) + np.float32(1e-6)


def _middle(places: Array) -> tuple[float, float]:
    """(15, 2) -> x, y."""
    x, y = _TRUNK @ places / _TRUNK.sum()
    return float(x), float(y)
