"""One person who is followed from picture to picture: the next region comes from the joints found in the last one."""

import numpy as np
import numpy.typing as npt

from core.skeleton import MEDIAPIPE33
from device.pose.blazepose.landmarks import Sight
from device.pose.blazepose.regions import Region, region_around
from device.pose.blazepose.smoothing import JOINTS, REGION_POINTS, VISIBILITY_WEIGHT, LowPassFilter, OneEuroFilter

Array = npt.NDArray[np.float32]


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


def merge(people: list[Followed]) -> list[Followed]:
    """The same people without those whose region has slipped onto another's body; who was there first stays."""
    kept: list[Followed] = []
    for person in people:
        if not any(same_body(person.sight.joints, other.sight.joints, other.region.size) for other in kept):
            kept.append(person)
    return kept


def same_body(joints: Array, others: Array, size: float) -> bool:
    """Whether two sets of joints (33, 3) are of one body, found twice; `size` is that of its region."""
    return bool(np.linalg.norm(joints[:, :2] - others[:, :2], axis=1).mean() < _SAME_BODY * size)


_SAME_BODY = 0.1  # mean distance between the joints in region sizes; shoulders are about 0.2 apart
