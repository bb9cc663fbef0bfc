"""Who is who from frame to frame: poses get the number of the track that they continue.

A number is given to every appearance; it is no identity and is not kept when somebody leaves and comes back.
"""

from dataclasses import dataclass

import numpy as np

from core.skeleton import Array, Pose, to_core15

MAX_GAP_S = 0.7  # unseen for longer: the track ends
_FARTHEST = 0.5  # mean joint distance in body sizes that one person can move between two frames


@dataclass(frozen=True)
class Departure:
    """A track that has ended, and when it was last seen."""

    track: int
    last_seen: float


@dataclass
class _Track:
    number: int
    keypoints: Array
    last_seen: float


class Tracker:
    """Greedy nearest neighbours; the nearest pair is joined first."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next = 1

    def update(self, poses: list[Pose], captured_at: float) -> tuple[list[tuple[int, Pose]], list[Departure]]:
        """Number the poses of one frame, in their order; also say which tracks have ended by now."""
        keypoints = [to_core15(pose) for pose in poses]
        numbers = self._join(keypoints, captured_at)
        for index, joints in enumerate(keypoints):
            if index not in numbers:
                numbers[index] = self._begin(joints, captured_at)
        gone = [track for track in self._tracks if captured_at - track.last_seen > MAX_GAP_S]
        self._tracks = [track for track in self._tracks if track not in gone]
        departures = [Departure(track.number, track.last_seen) for track in gone]
        return [(numbers[index], pose) for index, pose in enumerate(poses)], departures

    @property
    def begun(self) -> int:
        """Number of tracks ever begun."""
        return self._next - 1

    def clear(self) -> list[int]:
        """End every track; their numbers."""
        numbers = [track.number for track in self._tracks]
        self._tracks = []
        return numbers

    def _join(self, keypoints: list[Array], captured_at: float) -> dict[int, int]:
        distances = sorted(
            (_distance(track.keypoints, joints), place, index)
            for place, track in enumerate(self._tracks)
            if captured_at - track.last_seen <= MAX_GAP_S
            for index, joints in enumerate(keypoints)
        )
        numbers: dict[int, int] = {}
        used: set[int] = set()
        for distance, place, index in distances:
            if distance > _FARTHEST or place in used or index in numbers:
                continue
            track = self._tracks[place]
            track.keypoints, track.last_seen = keypoints[index], captured_at
            numbers[index] = track.number
            used.add(place)
        return numbers

    def _begin(self, keypoints: Array, captured_at: float) -> int:
        track = _Track(self._next, keypoints, captured_at)
        self._tracks.append(track)
        self._next += 1
        return track.number


def _distance(before: Array, after: Array) -> float:
    """Mean joint distance in units of the larger of the two bodies."""
    sizes = [float(np.ptp(joints[:, :2], axis=0).max()) for joints in (before, after)]
    return float(np.linalg.norm(before[:, :2] - after[:, :2], axis=1).mean() / max(*sizes, 1e-6))
