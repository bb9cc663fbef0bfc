"""Who is new: the landmark model finds somebody in the remains of whoever was erased, too, so looks are compared.

Where nobody is followed yet one clear look is enough. Beside people who are followed several must agree, and the more,
the less of the body stands out. Of 119 rendered people 20 to 50 cm beside or behind somebody, at least half of each
visible, 96 % were met in one picture by these numbers; in 139 pictures without anybody else, somebody was in 3.

    newcomers = Newcomers(people)                   # for one picture, and until somebody is met
    if newcomers.is_met(sight, region.size): ...
"""

import numpy as np

from device.pose.blazepose.followed import Followed, apartness, is_remainder
from device.pose.blazepose.landmarks import Sight
from device.pose.blazepose.likeness import LIMBS, limb_distance

_CLEAR_SCORE = 0.9  # of one look at least
_VAGUE_SCORE = 0.8  # beside others; less says nothing
_AGREES = 0.05  # region sizes between the limbs of two looks at one body
_APART = ((2, 0.7), (6, 0.5))  # so many looks that agree, and their mean apartness
_FAR = 1.2  # from here on somebody is no part of others, however little is seen, at a table say
_SEEN = 0.8  # of limbs otherwise, on average: an arm and a flower pot became a body of which half as much was seen
_HARDLY_APART = 0.5  # whose apartness is less is not worth another look


class Newcomers:
    """Looks at bodies in one picture with people erased. See the module."""

    def __init__(self, people: list[Followed]) -> None:
        self._people = people
        self._looks: list[Sight] = []

    def is_anyone(self, sight: Sight) -> bool:
        """Whether a look counts: a body rather than what is left of people."""
        if not self._people:
            return True
        is_body = sight.visibility[LIMBS].mean() >= _SEEN or apartness(sight, self._people) >= _FAR
        return bool(is_body) and sight.score >= _VAGUE_SCORE and not is_remainder(sight, self._people)

    def is_hopeless(self, sight: Sight) -> bool:
        """Whether this is too much like the people for another look."""
        return apartness(sight, self._people) < _HARDLY_APART

    def is_met(self, sight: Sight, size: float) -> bool:
        """Whether a look, which counts, and those before it are enough; `size` of its region, pixels."""
        self._looks.append(sight)
        alike = [one for one in self._looks if limb_distance(one.joints, sight.joints) <= _AGREES * size]
        is_clear = max(look.score for look in alike) >= _CLEAR_SCORE
        if not self._people:
            return is_clear or len(alike) > 1
        apart = float(np.mean([apartness(look, self._people) for look in alike]))
        return is_clear and any(len(alike) >= looks and apart >= least for looks, least in _APART)
