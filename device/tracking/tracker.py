"""Who is who from frame to frame: poses get the number of the track that they continue.

- A number is given to every appearance; it is no identity and is not kept when somebody leaves and comes back.
- Everybody is expected where their own velocity leads, and known by what they wear, so two people who pass each other
  keep their numbers, even while one is hidden behind the other. All are matched at once, at the least total cost.
- Time is in seconds and distance in body sizes: frames may come at any rate and be missed, people may be near or far.
- Whose pose comes first in the list changes nothing but the order of the answer.

    tracker = Tracker()
    people, departures = tracker.update(poses, captured_at, image)      # [(1, pose), (2, pose)], []

docs/decisions/0006 says why no library does this.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.skeleton import Array, Pose, to_core15
from device.tracking.assignment import assign
from device.tracking.doubt import MISSED, NEVER, Costs, Match, is_sure
from device.tracking.looks import difference, look_of
from device.tracking.track import PROOF_S, Sighting, Track, common

MAX_GAP_S = 0.7  # unseen for longer: the track ends ...
MAX_HIDDEN_S = 3.0  # ... where nobody else is in the way; with somebody in the way, after as long as this

_BLUR = 0.05  # body sizes: how far joints of the same person are from their prediction, at once ...
_BLUR_PER_S = 0.3  # ... and the more the longer ago the person was seen
_GROWTH = 4.0  # blurs by which the logarithm of the same person's size differs
_SHADE = 20.0  # grey levels by which the look of the same person differs
_NEAR, _NEAR_PER_S = 0.25, 0.6  # body sizes from the prediction; who is farther off is somebody else
_FARTHEST = 1.0
_UNPROVEN = 12.0  # added to the cost of a track that may be a mistake, though not where it is doubted who is who
_BEFORE = 0.25  # body sizes; of whose trunks are nearer to each other it is not seen what they wear


@dataclass(frozen=True)
class Departure:
    """A track that has ended, and when it was last seen."""

    track: int
    last_seen: float


class Tracker:
    """See the module.

    Args:
        numbers: for new tracks; several trackers that share them give no number twice.
    """

    def __init__(self, numbers: Iterator[int] | None = None) -> None:
        self._numbers = itertools.count(1) if numbers is None else numbers
        self._tracks: list[Track] = []
        self._begun = 0

    def update(
        self, poses: list[Pose], captured_at: float, image: npt.NDArray[np.uint8] | None = None
    ) -> tuple[list[tuple[int, Pose]], list[Departure]]:
        """Number the poses of one frame, in their order; also say which tracks have ended by now.

        A pose that may be a mistake (PROOF_S) is left out.

        Args:
            poses: of one picture.
            captured_at: seconds on a clock that only goes forward.
            image: the picture, (H, W, 3) uint8; without it people are told apart by their places alone.
        """
        departures = self._depart(captured_at)
        sightings = [Sighting(pose, to_core15(pose), captured_at) for pose in poses]
        if image is not None:
            sightings = [_looked_at(one, sightings, image) for one in sightings]
        # From left to right, so that nothing depends on the order in which an estimator names people.
        ordered = sorted(sightings, key=lambda one: one.keypoints[:, :2].sum(axis=0).tolist())
        known = [track for track in self._tracks if track.number is not None]
        numbers: dict[int, int | None] = {}
        for owner, one, sure in list(self._owners(ordered)):  # all of it before tracks change
            numbers[id(one)] = self._continue(owner, one, ordered, known) if sure else None
        for track in self._tracks:
            if track.last_seen < captured_at and any(track.is_near(one) for one in sightings):
                track.expected_at = captured_at
        numbered = [(numbers[id(one)], one.pose) for one in sightings]
        return [(number, pose) for number, pose in numbered if number is not None], departures

    @property
    def begun(self) -> int:
        """Number of tracks ever begun and numbered."""
        return self._begun

    def clear(self) -> list[int]:
        """End every track; their numbers."""
        numbers = [track.number for track in self._tracks if track.number is not None]
        self._tracks = []
        return numbers

    def _depart(self, now: float) -> list[Departure]:
        """End the tracks of those who have been missed for too long."""
        gone = [
            track
            for track in self._tracks
            if now - track.expected_at > MAX_GAP_S or now - track.last_seen > MAX_HIDDEN_S
        ]
        self._tracks = [track for track in self._tracks if track not in gone]
        return [Departure(track.number, track.last_seen) for track in gone if track.number is not None]

    def _continue(
        self, track: Track | None, sighting: Sighting, all_seen: list[Sighting], known: list[Track]
    ) -> int | None:
        """Add a sighting to its track, or begin one; the track's number, once it has one."""
        crowded = any(other.is_near(sighting) for other in known if other is not track)
        if track is None:
            track = Track(sighting)
            self._tracks.append(track)
        else:
            track.see(
                sighting, crowded=crowded or any(sighting.is_near(one) for one in all_seen if one is not sighting)
            )
        if track.number is None and (not crowded or sighting.at - track.began >= PROOF_S):
            self._begun += 1
            track.number = next(self._numbers)
        return track.number

    def _owners(self, sightings: list[Sighting]) -> Iterator[tuple[Track | None, Sighting, bool]]:
        """Each sighting with its track, or None for somebody new, and whether that can be said already."""
        if not sightings or not self._tracks:
            yield from ((None, one, True) for one in sightings)
            return
        match = self._match(sightings)
        for column, one in enumerate(sightings):
            if column in match.columns:
                row = match.columns.index(column)
                yield self._tracks[row], one, is_sure(match, row)
            else:
                yield None, one, True

    def _match(self, sightings: list[Sighting]) -> Match:
        """The best answer; at least one track and one sighting."""
        alone = np.full((len(self._tracks), len(self._tracks)), NEVER)
        np.fill_diagonal(alone, MISSED)
        apart, shades = self._apart(sightings), self._shades(sightings)
        away, unlike = self._changes(sightings, apart, shades)
        blurs = self._blurs(sightings[0].at)
        # A Gaussian's own height: who was seen just now claims what is near with more right than who has been missed
        # for a while and may be anywhere. What may be a mistake has less right still.
        right = 4 * np.log(blurs / _BLUR) + [[_UNPROVEN * (track.number is None)] for track in self._tracks]
        cost = np.hstack([away / blurs**2 + unlike + right, alone])
        change = np.hstack([away / blurs.min() ** 2 + unlike, alone])
        return Match(
            self._tracks, sightings, cost=cost, change=change, apart=apart, shades=shades, columns=assign(cost)
        )

    def _blurs(self, now: float) -> Costs:
        """(tracks, 1) how far, in body sizes, each may be from where they are expected."""
        return np.array([[_BLUR + _BLUR_PER_S * (now - track.last_seen)] for track in self._tracks])

    def _apart(self, sightings: list[Sighting]) -> Array:
        """(tracks, sightings) how far, in body sizes, everybody is from where each must be."""
        known, sizes = self._sizes(sightings)
        apart: Array = self._distances(sightings) / np.maximum.outer(known, sizes)
        return apart

    def _sizes(self, sightings: list[Sighting]) -> tuple[Costs, Costs]:
        """(tracks,) and (sightings,), frame heights."""
        return np.array([one.size for one in self._tracks]), np.array([one.size for one in sightings])

    def _changes(self, sightings: list[Sighting], apart: Array, shades: Costs) -> tuple[Costs, Costs]:
        """(tracks, sightings) twice: how far and how much larger, in squared body sizes, and how different otherwise.

        What cannot be is different without end.
        """
        gap = sightings[0].at - np.array([track.last_seen for track in self._tracks])[:, None]
        known, sizes = self._sizes(sightings)
        growth = np.log(sizes) - np.log(known)[:, None]
        unlike = (shades / _SHADE) ** 2
        unlike[apart > np.minimum(_NEAR + _NEAR_PER_S * gap, _FARTHEST)] = NEVER
        return apart**2 + (growth / _GROWTH) ** 2, unlike

    def _distances(self, sightings: list[Sighting]) -> Array:
        """(tracks, sightings) mean distance of the joints seen in both from where they must be."""
        found = np.stack([one.keypoints for one in sightings])
        expected = np.stack([track.expected(sightings[0].at) for track in self._tracks])
        known = np.stack([track.newest.keypoints for track in self._tracks])
        weight = common(known[:, None], found[None])
        apart = np.linalg.norm(expected[:, None] - found[None, ..., :2], axis=-1)
        distances: Array = (apart * weight).sum(axis=-1) / weight.sum(axis=-1)
        return distances

    def _shades(self, sightings: list[Sighting]) -> Costs:
        """(tracks, sightings) differences in look, grey levels; 0 where either is not known."""
        shades = np.zeros((len(self._tracks), len(sightings)))
        for row, track in enumerate(self._tracks):
            for column, one in enumerate(sightings):
                if track.look is not None and one.look is not None:
                    shades[row, column] = difference(track.look, one.look)
        return shades


def _looked_at(sighting: Sighting, all_seen: list[Sighting], image: npt.NDArray[np.uint8]) -> Sighting:
    """With its look, unless somebody near may be in front."""
    if any(sighting.is_near(one, within=_BEFORE) for one in all_seen if one is not sighting):
        return sighting
    return replace(sighting, look=look_of(image, sighting.keypoints))
