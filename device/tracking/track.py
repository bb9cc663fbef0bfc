"""One appearance of somebody: where they are, where they go, how big they are and what they wear.

    track = Track(sighting)
    track.see(next_sighting)
    track.distance(another)         # from where the joints must be by then

Distances are in frame heights unless said otherwise; a body's size makes them the same near and far. Fifteen joints are
so few that plain numbers cost half of what arrays do, in a process that sleeps between two pictures.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from core.skeleton import Pose
from device.tracking.looks import Joint, Look, blend

PROOF_S = 1.0  # who is first seen close to somebody else is a mistake until seen apart, or for as long as this

# Of two poses of one body the one was wrong that is missed for so long, or for longer than it was seen.
_FLEETING_S = 0.7
_STEADY_S = 0.2  # a velocity is a mean over about so long ...
_STEADY_IN_CROWD_S = 0.6  # ... and longer near somebody else, where estimators mix bodies up
_FASTEST = 4.0  # body sizes per second; a sprinter's 7 m/s
_SHRINKS_S = 2.0  # a size is the largest of about so long: bodies bend and turn, but do not shrink
_LOOK_S = 1.0  # a look is a mean over about so long
_WIDE = 0.35  # body sizes; whose middles are nearer to each other may hide each other
_SEEN = 0.3  # joints with a lower score say little about where somebody is
_SMALLEST = 0.02  # frame heights; below it a person is a few pixels tall
# The trunk goes where the person goes; arms and legs have ways of their own. In the order of CORE15.
_TRUNK = (1, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 1, 1, 0.3, 0.3, 0.1, 0.1)
_TRUNK_SUM = sum(_TRUNK)
_LITTLE = 1e-6  # what a joint that is not seen counts: of two bodies that have no joint in common all count alike


@dataclass(eq=False)
class Sighting:
    """One pose in one frame.

    Attributes:
        pose: as the estimator found it.
        at: when the picture was taken, seconds.
        look: None without a picture, or where somebody else may be in front.
    """

    pose: Pose
    at: float
    look: Look | None = None

    @cached_property
    def joints(self) -> list[Joint]:
        """15 times x, y and score."""
        return [(x, y, score) for x, y, _, score in self.pose.core15.tolist()]

    @cached_property
    def size(self) -> float:
        """The longer side of the body's box, of the joints that are seen."""
        seen = [joint for joint in self.joints if joint[2] >= _SEEN]
        points = seen if len(seen) > 1 else self.joints
        xs, ys = [joint[0] for joint in points], [joint[1] for joint in points]
        return max(max(xs) - min(xs), max(ys) - min(ys), _SMALLEST)

    @cached_property
    def middle(self) -> tuple[float, float]:
        """Of the trunk."""
        x = y = 0.0
        for weight, joint in zip(_TRUNK, self.joints, strict=True):
            x += weight * joint[0]
            y += weight * joint[1]
        return x / _TRUNK_SUM, y / _TRUNK_SUM

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
        self.velocity = (0.0, 0.0)  # per second
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
        """Whether this was a mistake, it seems: seen once, or only close to others and missed for longer than that."""
        missed_s, was_there_s = at - self.newest.at, self.newest.at - self.began
        return was_there_s == 0 or (not self.is_proven and missed_s > min(_FLEETING_S, was_there_s))

    def moved(self, at: float) -> tuple[float, float]:
        """How far this must be by now from where it was seen."""
        elapsed = at - self.newest.at
        return self.velocity[0] * elapsed, self.velocity[1] * elapsed

    def is_near(self, other: Sighting) -> bool:
        """Whether this body must be before or behind another one, at the time of that one's sighting."""
        (x, y), (dx, dy) = self.newest.middle, self.moved(other.at)
        return math.dist((x + dx, y + dy), other.middle) < _WIDE * max(self.size, other.size)

    def distance(self, other: Sighting) -> float:
        """Mean distance of the joints that both have from where they must be."""
        dx, dy = self.moved(other.at)
        total = weights = 0.0
        for before, now in zip(self.newest.joints, other.joints, strict=True):
            weight = _weight(before, now)
            total += weight * math.hypot(before[0] + dx - now[0], before[1] + dy - now[1])
            weights += weight
        return total / weights

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
            self.look = blend(self.look, sighting.look, 1 - math.exp(-elapsed / _LOOK_S))
        self.newest, self.expected_at = sighting, sighting.at

    def _accelerate(self, sighting: Sighting, elapsed: float, steady_s: float) -> None:
        """A mean of all velocities so far, the newest counting most; the first ones count alike."""
        dx = dy = weights = 0.0
        for trunk, before, now in zip(_TRUNK, self.newest.joints, sighting.joints, strict=True):
            weight = trunk * _weight(before, now)
            dx += weight * (now[0] - before[0])
            dy += weight * (now[1] - before[1])
            weights += weight
        share = max(1 - math.exp(-elapsed / steady_s), elapsed / (sighting.at - self.began))
        x, y = (old + (new / weights / elapsed - old) * share for old, new in zip(self.velocity, (dx, dy), strict=True))
        slower = min(1.0, _FASTEST * self.size / max(math.hypot(x, y), 1e-9))
        self.velocity = (x * slower, y * slower)


def _weight(one: Joint, other: Joint) -> float:
    """How much a joint counts of two bodies: those seen in both, and all of them alike where there is none."""
    return 1.0 if one[2] >= _SEEN and other[2] >= _SEEN else _LITTLE
