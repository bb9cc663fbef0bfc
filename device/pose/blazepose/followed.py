"""One person who is followed from picture to picture: the next region comes from the joints found in the last one."""

import numpy as np
import numpy.typing as npt

from core.skeleton import MEDIAPIPE33
from device.pose.blazepose.landmarks import Sight
from device.pose.blazepose.likeness import is_known, is_left_over, limb_distance, limb_gap
from device.pose.blazepose.masking import bare_share
from device.pose.blazepose.regions import Region, region_around
from device.pose.blazepose.smoothing import JOINTS, REGION_POINTS, VISIBILITY_WEIGHT, LowPassFilter, OneEuroFilter

Array = npt.NDArray[np.float32]

_GAP_WEIGHT = 4.0  # of region sizes, against a share of the body
_BARE = 1 / 3  # share of a body that must not lie where others were erased; of what is made up there at most a quarter
_STEADY_S = 0.3  # over so long a velocity is averaged


class Followed:
    """Somebody with a region and filters of their own, from the first sight on.

    Attributes:
        region: where to look in the next picture.
        sight: what was seen last, unfiltered.
        joints: (33, 3) filtered, pixels of the picture.
        visibility: (33,) filtered.
        seen_at: when this was seen last, seconds.
        behind: whether this was seen last with others erased who are before them.
        clear_at: when enough of this was last seen to be sure that it is somebody, seconds.
        convincing_at: when this last looked like a person, seconds.
    """

    def __init__(self, sight: Sight, at: float) -> None:
        self._joint_filter = OneEuroFilter(JOINTS)
        self._region_filter = OneEuroFilter(REGION_POINTS)
        self._visibility_filter = LowPassFilter(VISIBILITY_WEIGHT)
        self.seen_at = self.clear_at = self.convincing_at = at
        self.behind = False
        self._velocity = np.zeros(2, np.float32)  # of the hips, pixels per second
        self.region: Region
        self.sight = sight
        self.joints = np.zeros((MEDIAPIPE33.size, 3), np.float32)
        self.see(sight, at)

    def see(self, sight: Sight, at: float) -> None:
        """Go on with what the region showed at time `at`."""
        elapsed = at - self.seen_at
        if elapsed > 0:
            now = (sight.around[0] - self.sight.around[0]) / np.float32(elapsed)
            self._velocity += (now - self._velocity) * np.float32(elapsed / (elapsed + _STEADY_S))
        self.sight, self.seen_at = sight, at
        size = 2 * float(np.hypot(*(sight.around[1] - sight.around[0])))
        self.visibility = self._visibility_filter.apply(sight.visibility)
        self.joints = self._joint_filter.apply(sight.joints, at=at, size=size)
        self.region = region_around(*self._region_filter.apply(sight.around, at=at, size=size))

    def expected(self, at: float) -> Region:
        """Where to look at time `at` for somebody who has been out of sight."""
        across, down = self._way(at)
        return self.region.moved(float(across), float(down))

    def expected_joints(self, at: float) -> Array:
        """(33, 2) where they must be at time `at`, pixels."""
        return np.asarray(self.sight.joints[:, :2] + self._way(at), np.float32)

    def surprise(self, sight: Sight, at: float) -> float:
        """How far the limbs are from where they must be, in region sizes."""
        return limb_distance(sight.joints, self.expected_joints(at)) / self.region.size

    def _way(self, at: float) -> Array:
        return np.asarray(self._velocity * np.float32(at - self.seen_at), np.float32)


def is_anyone(sight: Sight, people: list[Followed]) -> bool:
    """Whether a sight shows nobody new, but somebody who is followed, or parts of them."""
    return is_known(sight.joints, [person.sight.joints for person in people], size=_least_size(people))


def is_remainder(sight: Sight, people: list[Followed]) -> bool:
    """Whether a sight with people erased shows what was left of them."""
    return is_left_over(sight.joints, [person.sight.joints for person in people], size=_least_size(people))


def apartness(sight: Sight, people: list[Followed]) -> float:
    """How much a sight with people erased is a body of its own: seen beside them, its limbs not where theirs are.

    What is made up of somebody's remains mostly has less than 0.6; who is half hidden 0.7.
    """
    if not people:
        return float("inf")
    others = [person.sight.joints for person in people]
    gap = limb_gap(sight.joints, others, [person.region.size for person in people])
    return bare_share_of(sight, people) + _GAP_WEIGHT * gap


def is_bare(sight: Sight, people: list[Followed]) -> bool:
    """Whether enough of somebody is seen beside people."""
    return bare_share_of(sight, people) >= _BARE


def bare_share_of(sight: Sight, people: list[Followed]) -> float:
    """How much of somebody is seen beside people."""
    return bare_share(sight.joints, [person.sight.joints for person in people])


def _least_size(people: list[Followed]) -> float:
    return min((person.region.size for person in people), default=0.0)
