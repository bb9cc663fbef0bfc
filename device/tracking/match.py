"""What it costs to give each pose to each person who is known, and the cheapest answer for all of them at once.

    match = matched(tracks, sightings)
    match.columns[row]              # the place of the pose that continues a track, or more than there are poses

Time is in seconds and distance in body sizes. Everybody is expected where their own velocity leads, as large as they
were, in the same clothes.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from device.tracking.assignment import Costs, assign
from device.tracking.looks import difference
from device.tracking.track import Sighting, Track

NEVER = 1e6  # the cost of what cannot be
MISSED = 1e3  # the cost of leaving a track without a pose: more than that of any match that can be

_BLUR = 0.05  # body sizes: how far joints of the same person are from their prediction, at once ...
_BLUR_PER_S = 0.3  # ... and the more the longer ago the person was seen
_GROWTH = 4.0  # blurs by which the logarithm of the same person's size differs
_SHADE = 20.0  # grey levels by which the look of the same person differs
_NEAR, _NEAR_PER_S = 0.25, 0.6  # body sizes from the prediction; who is farther off is somebody else
_FARTHEST = 1.0
_SAME_SHADE = 25.0  # grey levels; who is new and looks no more different from somebody who was lost ...
_SAME_PLACE = 0.6  # ... within so many body sizes is that person
_UNPROVEN = 12.0  # added to the cost of a track that may be a mistake, though not where it is doubted who is who


@dataclass(frozen=True, eq=False)
class Match:
    """Who has which pose.

    Attributes:
        tracks: everybody known.
        sightings: all poses of one picture.
        cost: for every track, what each pose costs, and after those what none does.
        change: likewise, as if everybody had been seen just now and nobody might be a mistake.
        apart: for every track, how far each pose is from where that must be, body sizes.
        shades: for every track, by how many grey levels each pose looks different; 0 where either look is not known.
        columns: of every track in `cost`; the sum is least.
    """

    tracks: list[Track]
    sightings: list[Sighting]
    cost: Costs
    change: Costs
    apart: Costs
    shades: Costs
    columns: list[int]

    @cached_property
    def unseen(self) -> list[int]:
        """The rows of those who have no pose, unless they are or were a mistake, it seems."""
        return [
            row
            for row, (track, column) in enumerate(zip(self.tracks, self.columns, strict=True))
            if column >= len(self.sightings)
            and track.number is not None
            and not track.is_fleeting(self.sightings[0].at)
        ]


def matched(tracks: list[Track], sightings: list[Sighting]) -> Match:
    """The best answer; of at least one track and one sighting."""
    blurs = [_BLUR + _BLUR_PER_S * (sightings[0].at - track.last_seen) for track in tracks]
    apart = [[track.distance(one) / max(track.size, one.size) for one in sightings] for track in tracks]
    shades = [[_shade(track, one) for one in sightings] for track in tracks]
    cost, change, sharpest = [], [], min(blurs)
    for row, (track, blur) in enumerate(zip(tracks, blurs, strict=True)):
        away = [
            here**2 + (math.log(one.size / track.size) / _GROWTH) ** 2
            for here, one in zip(apart[row], sightings, strict=True)
        ]
        unlike = _unlike(apart[row], shades[row], sightings[0].at - track.last_seen)
        # A Gaussian's own height: who was seen just now claims what is near with more right than who has been missed
        # for a while and may be anywhere. What may be a mistake has less right still.
        right = 4 * math.log(blur / _BLUR) + _UNPROVEN * (track.number is None)
        alone = [MISSED if one == row else NEVER for one in range(len(tracks))]
        cost.append([a / blur**2 + b + right for a, b in zip(away, unlike, strict=True)] + alone)
        change.append([a / sharpest**2 + b for a, b in zip(away, unlike, strict=True)] + alone)
    return Match(tracks, sightings, cost=cost, change=change, apart=apart, shades=shades, columns=assign(cost))


def lost_one(tracks: list[Track], sighting: Sighting) -> Track | None:
    """Who of those that have no pose now is seen here again, by what they wear, farther off than they could go.

    A pose that is nobody's can lead a track astray; then somebody who was there all the time would be new.
    """
    near = [
        (away, track)
        for track in tracks
        if not track.is_fleeting(sighting.at)
        and track.look is not None
        and sighting.look is not None
        and difference(track.look, sighting.look) < _SAME_SHADE
        and (away := track.distance(sighting) / max(track.size, sighting.size)) < _SAME_PLACE
    ]
    return min(near, key=lambda one: one[0])[1] if near else None


def _unlike(apart: list[float], shades: list[float], gap_s: float) -> list[float]:
    """By how much else each pose differs from somebody; what cannot be is different without end."""
    reach = min(_NEAR + _NEAR_PER_S * gap_s, _FARTHEST)
    return [NEVER if here > reach else (shade / _SHADE) ** 2 for here, shade in zip(apart, shades, strict=True)]


def _shade(track: Track, sighting: Sighting) -> float:
    return 0.0 if track.look is None or sighting.look is None else difference(track.look, sighting.look)
