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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.skeleton import Pose
from device.tracking.doubt import is_sure
from device.tracking.looks import look_of
from device.tracking.match import lost_one, matched
from device.tracking.track import PROOF_S, Sighting, Track

MAX_GAP_S = 0.7  # unseen for longer: the track ends ...
MAX_HIDDEN_S = 3.0  # ... where nobody else is in the way; with somebody in the way, after as long as this

_BEFORE = 0.25  # body sizes; of whose trunks are nearer to each other it is not seen what they wear ...
_ONE_PLACE = 0.06  # ... and nearer than this not even which of the poses is whose


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
        self._lost: list[Track] = []  # who has a number, and no pose in the newest picture
        self._begun = 0

    def update(
        self, poses: list[Pose], captured_at: float, image: npt.NDArray[np.uint8] | None = None
    ) -> tuple[list[tuple[int, Pose]], list[Departure]]:
        """Number the poses of one frame, in their order; also say which tracks have ended by now.

        A pose that may be a mistake (PROOF_S) is left out, and so are those of whom it cannot be said who they are.

        Args:
            poses: of one picture.
            captured_at: seconds on a clock that only goes forward.
            image: the picture, (H, W, 3) uint8; without it people are told apart by their places alone.
        """
        departures = self._depart(captured_at)
        sightings = [Sighting(pose, captured_at) for pose in poses]
        if image is not None:
            _look_at(sightings, image)
        # From left to right, so that nothing depends on the order in which an estimator names people.
        ordered = sorted(sightings, key=lambda one: one.middle)
        known = [track for track in self._tracks if track.number is not None]
        owners = list(self._owners(ordered))  # all of it before tracks change
        self._lost = [track for track in known if all(track is not owner for owner, _, _ in owners)]
        numbers: dict[int, int | None] = {}
        for owner, one, sure in owners:
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
        """Add a sighting to its track, or begin one; the track's number, once it has one and this can be said."""
        crowded = any(other.is_near(sighting) for other in known if other is not track)
        others = [one for one in all_seen if one is not sighting]
        if track is None:
            track = Track(sighting)
            self._tracks.append(track)
        else:
            track.see(sighting, crowded=crowded or any(sighting.is_near(one) for one in others))
        if any(sighting.is_near(one, within=_ONE_PLACE) for one in others):
            return None
        if track.number is None and (not crowded or sighting.at - track.began >= PROOF_S):
            self._number(track)
        return track.number

    def _number(self, track: Track) -> None:
        """Give a number to somebody who is there for sure: a new one, unless they were lost here a moment ago."""
        if lost := lost_one(self._lost, track.newest):
            track.number = lost.number
            self._lost.remove(lost)
            self._tracks.remove(lost)
        else:
            track.number = next(self._numbers)
            self._begun += 1

    def _owners(self, sightings: list[Sighting]) -> Iterator[tuple[Track | None, Sighting, bool]]:
        """Each sighting with its track, or None for somebody new, and whether that can be said already."""
        if not sightings or not self._tracks:
            yield from ((None, one, True) for one in sightings)
            return
        match = matched(self._tracks, sightings)
        for column, one in enumerate(sightings):
            if column in match.columns:
                row = match.columns.index(column)
                yield self._tracks[row], one, is_sure(match, row)
            else:
                yield None, one, True


def _look_at(sightings: list[Sighting], image: npt.NDArray[np.uint8]) -> None:
    """Give everybody a look, unless somebody near may be in front."""
    for one in sightings:
        if not any(one.is_near(other, within=_BEFORE) for other in sightings if other is not one):
            one.look = look_of(image, one.joints)
