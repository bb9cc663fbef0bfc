"""Who is who from frame to frame: poses get the number of the track that they continue.

- A number is given to every appearance; it is no identity and is not kept when somebody leaves and comes back.
- Everybody is expected where their own velocity leads, so two people who pass each other keep their numbers, even
  while one is hidden behind the other. All are matched at once, at the least total cost.
- Time is in seconds and distance in body sizes: frames may come at any rate and be missed, people may be near or far.
- Whose pose comes first in the list changes nothing but the order of the answer.

    tracker = Tracker()
    people, departures = tracker.update(poses, captured_at)     # [(1, pose), (2, pose)], []
    people = tracker.predict(captured_at)                       # a frame without poses: where they must be by now
"""

import math
from dataclasses import dataclass

import numpy as np

from core.skeleton import Array, Pose, to_core15
from device.assignment import assign

MAX_GAP_S = 0.7  # unseen for longer: the track ends ...
MAX_HIDDEN_S = 2.0  # ... unless it leads behind somebody who is seen: then it may be as long as this

_BLUR = 0.05  # body sizes: how far joints of the same person are from their prediction, at once ...
_BLUR_PER_S = 0.3  # ... and the more the longer ago the person was seen
_GROWTH = 1.5  # blurs by which the logarithm of the same person's size differs
_NEAR, _NEAR_PER_S = 0.25, 0.6  # body sizes from the prediction; who is farther off is somebody else
_FARTHEST = 0.6  # body sizes; nor does anybody jump farther than this, however long ago
_NEVER = 1e6  # the cost of what cannot be
_MISSED = 1e3  # the cost of leaving a track without a pose: more than that of any match that can be
_STEADY_S = 0.2  # a velocity is a mean over about so long
_FASTEST = 4.0  # body sizes per second; a sprinter's 7 m/s
_WIDE = 0.35  # body sizes; whose middles are nearer to each other may hide each other
_SMALLEST = 0.02  # frame heights; below it a person is a few pixels tall
_SHRINKS_S = 2.0  # a size is the largest of about so long: bodies bend and turn, but do not shrink
_SEEN = 0.3  # joints with a lower score say little about where somebody is
# The trunk goes where the person goes; arms and legs have ways of their own. In the order of CORE15.
_TRUNK = np.array([1, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 1, 1, 0.3, 0.3, 0.1, 0.1], np.float32)


@dataclass(frozen=True)
class Departure:
    """A track that has ended, and when it was last seen."""

    track: int
    last_seen: float


class _Track:
    """One appearance of somebody."""

    def __init__(self, number: int, pose: Pose, keypoints: Array, captured_at: float) -> None:
        self.number = number
        self.first_seen = self.last_seen = captured_at
        self.keypoints = keypoints
        self.size = _size(keypoints)
        self.velocity = np.zeros(2, np.float32)  # frame heights per second
        self.poses = [(captured_at, pose)]  # the newest two

    def expected(self, captured_at: float) -> Array:
        """(15, 2) where the joints must be by now."""
        place: Array = self.keypoints[:, :2] + self.velocity * np.float32(captured_at - self.last_seen)
        return place

    def is_behind(self, others: "list[_Track]", at: float) -> bool:
        """Whether somebody else was seen where this person must have been at that time."""
        place = _middle(self.expected(at))
        return any(
            math.dist(place, _middle(other.keypoints)) < _WIDE * max(self.size, other.size)
            for other in others
            if other is not self
        )

    def see(self, pose: Pose, keypoints: Array, captured_at: float) -> None:
        elapsed = captured_at - self.last_seen
        if elapsed > 0:
            self._accelerate(keypoints, elapsed)
        self.size = max(_size(keypoints), self.size * math.exp(-elapsed / _SHRINKS_S))
        self.keypoints, self.last_seen = keypoints, captured_at
        self.poses = [self.poses[-1], (captured_at, pose)]

    def _accelerate(self, keypoints: Array, elapsed: float) -> None:
        """A mean of all velocities so far, the newest counting most."""
        weight = (_TRUNK * _common(self.keypoints, keypoints))[:, None]
        moved = ((keypoints[:, :2] - self.keypoints[:, :2]) * weight).sum(axis=0) / weight.sum()
        known = self.last_seen - self.first_seen
        share = 1 - math.exp(-elapsed / _STEADY_S)
        share = max(share, elapsed / (known + elapsed))  # the first ones count alike
        velocity = self.velocity + (moved / elapsed - self.velocity) * share
        fastest = _FASTEST * self.size
        self.velocity = (velocity * min(1.0, fastest / max(float(np.hypot(*velocity)), 1e-9))).astype(np.float32)

    def extrapolate(self, captured_at: float) -> Pose:
        """The newest pose, each joint going on as it went."""
        (earlier, before), (newest, pose) = self.poses[0], self.poses[-1]
        if newest <= earlier or before.layout != pose.layout:
            return pose
        ahead = np.float32((captured_at - newest) / (newest - earlier))
        return Pose(pose.joints + (pose.joints - before.joints) * ahead, pose.score, pose.layout)


class Tracker:
    """See the module."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._begun = 0
        self._updated_at = -math.inf

    def update(self, poses: list[Pose], captured_at: float) -> tuple[list[tuple[int, Pose]], list[Departure]]:
        """Number the poses of one frame, in their order; also say which tracks have ended by now."""
        departures = self._depart(captured_at)
        keypoints = [to_core15(pose) for pose in poses]
        # From left to right, so that nothing depends on the order in which an estimator names people.
        order = sorted(range(len(poses)), key=lambda index: keypoints[index][:, :2].sum(axis=0).tolist())
        owners = self._match([keypoints[index] for index in order], captured_at)
        numbers: dict[int, int] = {}
        for index, track in zip(order, owners, strict=True):
            if track is None:
                numbers[index] = self._begin(poses[index], keypoints[index], captured_at)
            else:
                track.see(poses[index], keypoints[index], captured_at)
                numbers[index] = track.number
        self._updated_at = captured_at
        return [(numbers[index], pose) for index, pose in enumerate(poses)], departures

    def predict(self, captured_at: float) -> list[tuple[int, Pose]]:
        """Everybody seen in the last update, where their joints must be by now; for frames between two updates."""
        return [
            (track.number, track.extrapolate(captured_at))
            for track in self._tracks
            if track.last_seen == self._updated_at
        ]

    @property
    def begun(self) -> int:
        """Number of tracks ever begun."""
        return self._begun

    def clear(self) -> list[int]:
        """End every track; their numbers."""
        numbers = [track.number for track in self._tracks]
        self._tracks = []
        return numbers

    def _depart(self, captured_at: float) -> list[Departure]:
        """End the tracks of those who have been missed for too long."""
        seen = [track for track in self._tracks if track.last_seen == self._updated_at]
        gone = []
        for track in self._tracks:
            missed_s = captured_at - track.last_seen
            if missed_s > MAX_HIDDEN_S or (missed_s > MAX_GAP_S and not track.is_behind(seen, self._updated_at)):
                gone.append(track)
        self._tracks = [track for track in self._tracks if track not in gone]
        return [Departure(track.number, track.last_seen) for track in gone]

    def _match(self, keypoints: list[Array], captured_at: float) -> list[_Track | None]:
        """The track of every pose, or None for somebody new."""
        owners: list[_Track | None] = [None] * len(keypoints)
        if not keypoints or not self._tracks:
            return owners
        sizes = np.array([_size(joints) for joints in keypoints])
        known = np.array([track.size for track in self._tracks])
        distance = self._distances(np.stack(keypoints), captured_at) / np.maximum.outer(known, sizes)
        grown = np.log(sizes) - np.log(known)[:, None]
        gap = captured_at - np.array([track.last_seen for track in self._tracks])[:, None]
        blur = _BLUR + _BLUR_PER_S * gap
        # Minus twice the logarithm of a Gaussian in the plane: who was seen just now claims what is near with more
        # right than who has been missed for a while and may be anywhere.
        cost = (distance / blur) ** 2 + (grown / (_GROWTH * blur)) ** 2 + 4 * np.log(blur / _BLUR)
        cost[distance > np.minimum(_NEAR + _NEAR_PER_S * gap, _FARTHEST)] = _NEVER
        alone = np.full((len(self._tracks), len(self._tracks)), _NEVER)
        np.fill_diagonal(alone, _MISSED)
        for track, column in zip(self._tracks, assign(np.hstack([cost, alone])), strict=True):
            if column < len(keypoints):
                owners[column] = track
        return owners

    def _distances(self, keypoints: Array, captured_at: float) -> Array:
        """(tracks, poses) mean distance of the joints seen in both, frame heights."""
        expected = np.stack([track.expected(captured_at) for track in self._tracks])
        known = np.stack([track.keypoints for track in self._tracks])
        weight = _common(known[:, None], keypoints[None])
        apart = np.linalg.norm(expected[:, None] - keypoints[None, ..., :2], axis=-1)
        distances: Array = (apart * weight).sum(axis=-1) / weight.sum(axis=-1)
        return distances

    def _begin(self, pose: Pose, keypoints: Array, captured_at: float) -> int:
        self._begun += 1
        self._tracks.append(_Track(self._begun, pose, keypoints, captured_at))
        return self._begun


def _middle(keypoints: Array) -> tuple[float, float]:
    """Of the trunk; (15, 2 or more) -> x, y."""
    x, y = (keypoints[:, :2] * _TRUNK[:, None]).sum(axis=0) / _TRUNK.sum()
    return float(x), float(y)


def _common(one: Array, other: Array) -> Array:
    """(..., 15) how much each joint counts: those seen in both; all of them alike where there is none."""
    common = np.minimum(one[..., 3], other[..., 3]) >= _SEEN
    return common.astype(np.float32) + np.float32(1e-6)


def _size(keypoints: Array) -> float:
    """The longer side of a body's box, of the joints that are seen."""
    seen = keypoints[keypoints[:, 3] >= _SEEN, :2]
    points = seen if len(seen) > 1 else keypoints[:, :2]
    return max(float(np.ptp(points, axis=0).max()), _SMALLEST)
