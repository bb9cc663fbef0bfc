"""One person who is followed from picture to picture: the next region comes from the joints found in the last one."""

import numpy as np
import numpy.typing as npt

from core.skeleton import MEDIAPIPE33
from device.pose.blazepose.landmarks import Sight
from device.pose.blazepose.regions import Region, region_around
from device.pose.blazepose.smoothing import JOINTS, REGION_POINTS, VISIBILITY_WEIGHT, LowPassFilter, OneEuroFilter

Array = npt.NDArray[np.float32]


_SAME_BODY = 0.08  # distance between joints in region sizes; shoulders are about 0.2 apart


class Followed:
    """Somebody with a region and filters of their own, from the first sight on.

    Attributes:
        region: where to look in the next picture.
        sight: what was seen last, unfiltered.
        joints: (33, 3) filtered, pixels of the picture.
        visibility: (33,) filtered.
        convincing_at: when this last looked like a person, seconds.
    """

    def __init__(self, sight: Sight, at: float) -> None:
        self._joint_filter = OneEuroFilter(JOINTS)
        self._region_filter = OneEuroFilter(REGION_POINTS)
        self._visibility_filter = LowPassFilter(VISIBILITY_WEIGHT)
        self.convincing_at = at
        self.region: Region
        self.joints = np.zeros((MEDIAPIPE33.size, 3), np.float32)
        self.see(sight, at)

    def see(self, sight: Sight, at: float) -> None:
        """Go on with what the region showed at time `at`."""
        self.sight = sight
        size = 2 * float(np.hypot(*(sight.around[1] - sight.around[0])))
        self.visibility = self._visibility_filter.apply(sight.visibility)
        self.joints = self._joint_filter.apply(sight.joints, at=at, size=size)
        self.region = region_around(*self._region_filter.apply(sight.around, at=at, size=size))


def is_anyone(sight: Sight, people: list[Followed]) -> bool:
    """Whether a sight shows nobody new: its joints, or half of them, are where somebody's same joints are already.

    Also one body made up of parts of two, which the landmark model sees now and then.
    """
    if not people:
        return False
    apart = [np.linalg.norm(sight.joints[:, :2] - person.sight.joints[:, :2], axis=1) for person in people]
    size = min(person.region.size for person in people)
    nearest = np.min(apart, axis=0)
    return bool(min(nearest.mean(), np.median(nearest)) < _SAME_BODY * size)
