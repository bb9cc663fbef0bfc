"""When it is not said whose pose it is: of two who meet and are one pose for a while, it may be either, or a mixture.

    match = matched(tracks, sightings)
    is_sure(match, row)             # whether the pose of the track of this row can be named

Nobody is doubted for long: after a second the best answer is given.
"""

from device.tracking.assignment import Costs, assign
from device.tracking.match import MISSED, NEVER, Match
from device.tracking.track import Track

_DOUBTFUL = 3.0  # less than this between the best answer and another one: who it is cannot be said ...
_UNDECIDED_S = 0.6  # ... and is not said, for as long as this since both were last told apart ...
_UNDECIDED_NEAR_S = 1.0  # ... or this while poses are so near to each other that it is hard to see what they wear
_AS_ONE = 0.15  # body sizes: one pose where two must be this near may slide from the one to the other ...
_AS_ONE_S = 1.0  # ... so it is not said either, for this long: then one stands still behind the other
_STRANGE = 30.0  # grey levels: a pose that wears something else where somebody is hidden is a mixture, or nobody ...
_JUMP = 0.15  # ... and so is one that is farther than so many body sizes from where it must be ...
_BESIDE = 1.0  # ... with somebody else, whom it may be mixed up with, as near as this ...
_STRANGE_S = 1.0  # ... unless they were not seen for as long as this: then it is the light that has changed


def is_sure(match: Match, row: int) -> bool:
    """Whether it can be said that a track has its pose, or could not for so long that the best answer must be given.

    A track remembers when it was beyond doubt.
    """
    owner, sighting = match.tracks[row], match.sightings[match.columns[row]]
    if _is_mixture(match, row):
        return False
    if as_one := [match.tracks[one] for one in match.unseen if match.apart[one][match.columns[row]] < _AS_ONE]:
        return _was_doubted([owner, *as_one], sighting.at, _AS_ONE_S)
    rivals = _rivals(match, row)
    if not rivals:
        owner.sure_at = sighting.at
    if not rivals or any(one.is_fleeting(sighting.at) for one in rivals):
        return True
    is_near = any(sighting.is_near(one) for one in match.sightings if one is not sighting)
    return _was_doubted([owner, *rivals], sighting.at, _UNDECIDED_NEAR_S if is_near else _UNDECIDED_S)


def _is_mixture(match: Match, row: int) -> bool:
    """Whether a pose does not wear what its track does, where one of those is hidden or it jumps beside others."""
    column = match.columns[row]
    owner, sighting = match.tracks[row], match.sightings[column]
    if match.shades[row][column] <= _STRANGE:
        return False
    unseen = [track for one in match.unseen if (track := match.tracks[one]).is_near(sighting)]
    seen_at = max(one.last_seen for one in (owner, *unseen))
    has_jumped = match.apart[row][column] > _JUMP and any(
        apart[column] < _BESIDE for one, apart in enumerate(match.apart) if one != row
    )
    return (has_jumped or owner.is_hidden or bool(unseen)) and sighting.at - seen_at <= _STRANGE_S


def _rivals(match: Match, row: int) -> list[Track]:
    """Who has another pose in the next best answer, unless that fits clearly worse; a track itself among them.

    Who was seen last says nothing here: of two who meet and are one pose for a while, it may be either.
    """
    columns = match.columns
    if sum(costs[columns[row]] < MISSED for costs in match.cost) == 1:
        return []  # nobody but the owner comes into question
    without = [costs.copy() for costs in match.cost]
    without[row][columns[row]] = NEVER
    others = assign(without)
    if _sum(match.change, others) - _sum(match.change, columns) >= _DOUBTFUL:
        return []
    return [track for track, one, other in zip(match.tracks, columns, others, strict=True) if one != other]


def _sum(costs: Costs, columns: list[int]) -> float:
    """Of one cost in every row."""
    return sum(row[column] for row, column in zip(costs, columns, strict=True))


def _was_doubted(tracks: list[Track], now: float, patience_s: float) -> bool:
    """Whether it is longer ago than this that any of them was told apart from the others."""
    return now - max(one.sure_at for one in tracks) > patience_s
