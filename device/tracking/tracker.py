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
from device.tracking.looks import difference, look_of
from device.tracking.track import Sighting, Track, common

MAX_GAP_S = 0.7  # unseen for longer: the track ends ...
MAX_HIDDEN_S = 2.0  # ... where nobody else is in the way; with somebody in the way, after as long as this
PROOF_S = 1.0  # who is first seen close to somebody else is a mistake until seen apart, or for as long as this

_BLUR = 0.05  # body sizes: how far joints of the same person are from their prediction, at once ...
_BLUR_PER_S = 0.3  # ... and the more the longer ago the person was seen
_GROWTH = 4.0  # blurs by which the logarithm of the same person's size differs
_SHADE = 20.0  # grey levels by which the look of the same person differs
_NEAR, _NEAR_PER_S = 0.25, 0.6  # body sizes from the prediction; who is farther off is somebody else
_FARTHEST = 0.6  # body sizes; nor does anybody jump farther than this, however long ago
_UNPROVEN = 12.0  # added to the cost of a track that may be a mistake
_DOUBTFUL = 3.0  # less than this between the best answer and another one: who it is cannot be said ...
_UNDECIDED_S = 0.6  # ... and is not said, for as long as this since both were last told apart ...
_UNDECIDED_NEAR_S = 1.0  # ... or this while poses are so near to each other that it is hard to see what they wear
_AS_ONE = 0.15  # body sizes: one pose where two must be this near may slide from the one to the other ...
_AS_ONE_S = 1.0  # ... so it is not said either, for this long: then one stands still behind the other
_BEFORE = 0.25  # body sizes; of whose trunks are nearer to each other it is not seen what they wear
_NEVER = 1e6  # the cost of what cannot be
_MISSED = 1e3  # the cost of leaving a track without a pose: more than that of any match that can be

Costs = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Departure:
    """A track that has ended, and when it was last seen."""

    track: int
    last_seen: float


@dataclass(frozen=True, eq=False)
class _Match:
    """Who has which pose.

    Attributes:
        cost: (tracks, sightings and then tracks) of each pose, and of none.
        change: likewise, as if everybody had been seen just now.
        apart: (tracks, sightings) see `Tracker._apart`.
        columns: of every track in `cost`; the sum is least.
    """

    cost: Costs
    change: Costs
    apart: Array
    columns: list[int]


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
        for owner, one, sure in list(self._match(ordered)):  # all of it before tracks change
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

    def _match(self, sightings: list[Sighting]) -> Iterator[tuple[Track | None, Sighting, bool]]:
        """Each sighting with its track, or None for somebody new, and whether that can be said already."""
        if not sightings or not self._tracks:
            yield from ((None, one, True) for one in sightings)
            return
        alone = np.full((len(self._tracks), len(self._tracks)), _NEVER)
        np.fill_diagonal(alone, _MISSED)
        apart = self._apart(sightings)
        away, unlike = self._changes(sightings, apart)
        blurs = self._blurs(sightings[0].at)
        # A Gaussian's own height: who was seen just now claims what is near with more right than who has been missed
        # for a while and may be anywhere.
        cost = np.hstack([away / blurs**2 + unlike + 4 * np.log(blurs / _BLUR), alone])
        change = np.hstack([away / blurs.min() ** 2 + unlike, alone])
        match = _Match(cost, change, apart, assign(cost))
        for column, one in enumerate(sightings):
            if column in match.columns:
                row = match.columns.index(column)
                yield self._tracks[row], one, self._is_sure(match, row, one, sightings)
            else:
                yield None, one, True

    def _is_sure(self, match: _Match, row: int, sighting: Sighting, all_seen: list[Sighting]) -> bool:
        """Whether it can be said whose pose this is, or could not for so long that the best answer must be given."""
        owner, now = self._tracks[row], sighting.at
        if as_one := self._unseen_near(match, row, seen=len(all_seen)):
            return _was_doubted([owner, *as_one], now, _AS_ONE_S)
        rivals = self._rivals(match, row)
        if not rivals:
            owner.sure_at = now
        if not rivals or any(one.number is None or one.is_fleeting for one in rivals):
            return True
        is_near = any(sighting.is_near(one) for one in all_seen if one is not sighting)
        return _was_doubted([owner, *rivals], now, _UNDECIDED_NEAR_S if is_near else _UNDECIDED_S)

    def _unseen_near(self, match: _Match, row: int, *, seen: int) -> list[Track]:
        """Who must be where a track's pose is, and has none, unless seen only once."""
        return [
            track
            for track, column, distance in zip(
                self._tracks, match.columns, match.apart[:, match.columns[row]], strict=True
            )
            if track.number is not None and not track.is_fleeting and column >= seen and distance < _AS_ONE
        ]

    def _rivals(self, match: _Match, row: int) -> list[Track]:
        """Who has another pose in the next best answer, unless that fits clearly worse; a track itself among them.

        Who was seen last says nothing here: of two who meet and are one pose for a while, it may be either.
        """
        columns = match.columns
        if np.count_nonzero(match.cost[:, columns[row]] < _MISSED) == 1:
            return []  # nobody but the owner comes into question
        without = match.cost.copy()
        without[row, columns[row]] = _NEVER
        others, rows = assign(without), range(len(columns))
        if match.change[rows, others].sum() - match.change[rows, columns].sum() >= _DOUBTFUL:
            return []
        return [self._tracks[one] for one in rows if columns[one] != others[one]]

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

    def _changes(self, sightings: list[Sighting], apart: Array) -> tuple[Costs, Costs]:
        """(tracks, sightings) twice: how far and how much larger, in squared body sizes, and how different otherwise.

        What cannot be is different without end.
        """
        gap = sightings[0].at - np.array([track.last_seen for track in self._tracks])[:, None]
        known, sizes = self._sizes(sightings)
        growth = np.log(sizes) - np.log(known)[:, None]
        unlike = np.array([_UNPROVEN * (track.number is None) for track in self._tracks])[:, None]
        unlike = unlike + (self._shades(sightings) / _SHADE) ** 2
        unlike[apart > np.minimum(_NEAR + _NEAR_PER_S * gap, _FARTHEST)] = _NEVER
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

    def _shades(self, sightings: list[Sighting]) -> Array:
        """(tracks, sightings) differences in look, grey levels; 0 where either is not known."""
        shades = np.zeros((len(self._tracks), len(sightings)), np.float32)
        for row, track in enumerate(self._tracks):
            for column, one in enumerate(sightings):
                if track.look is not None and one.look is not None:
                    shades[row, column] = difference(track.look, one.look)
        return shades


def _was_doubted(tracks: list[Track], now: float, patience_s: float) -> bool:
    """Whether it is longer ago than this that any of them was told apart from the others."""
    return now - max(one.sure_at for one in tracks) > patience_s


def _looked_at(sighting: Sighting, all_seen: list[Sighting], image: npt.NDArray[np.uint8]) -> Sighting:
    """With its look, unless somebody near may be in front."""
    if any(sighting.is_near(one, within=_BEFORE) for one in all_seen if one is not sighting):
        return sighting
    return replace(sighting, look=look_of(image, sighting.keypoints))
