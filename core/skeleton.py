"""Joint layouts, the maps between them, and the pose that travels through the whole device.

Left and right are always the subject's own. A mirrored picture therefore needs x -> -x *and* the mirror permutation.

    pose = Pose(joints=joints, score=score, layout="mediapipe33")
    pose.core15                       # (15, 4): x, y, z, score
"""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.layouts import (
    BODY25,
    COCO17,
    CORE15,
    HAND21,
    HOLISTIC75,
    JHMDB15,
    KINECT20,
    LAYOUTS,
    MEDIAPIPE33,
    NTU25,
    OP18,
    Layout,
)

__all__ = [
    "BODY25",
    "COCO17",
    "CORE15",
    "CORE15_PARENTS",
    "HAND21",
    "HOLISTIC75",
    "JHMDB15",
    "KINECT20",
    "LAYOUTS",
    "MEDIAPIPE33",
    "NTU25",
    "OP18",
    "Array",
    "Layout",
    "Match",
    "Pose",
    "core15_sources",
    "mirror_core15",
]

Array = npt.NDArray[np.float32]

# Parent of each CORE15 joint, for bones; mid_hip is the root and its own parent.
CORE15_PARENTS = (1, 1, 0, 0, 0, 3, 4, 5, 6, 1, 1, 9, 10, 11, 12)


class Match(Enum):
    """How well a source knows a joint of CORE15."""

    EXACT = "exact"
    MEAN = "mean"
    APPROXIMATE = "approximate"  # another joint close by: half as sure
    MISSING = "missing"


_TRUST = {Match.EXACT: 1.0, Match.MEAN: 1.0, Match.APPROXIMATE: 0.5, Match.MISSING: 0.0}

# Where CORE15's own joints come from, best first. All others have the same name everywhere. NTU's `neck` is higher than
# everybody else's, so its `spine_shoulder` comes first. A Kinect v1's hip centre lies some 11 cm behind its hips.
_CANDIDATES: dict[str, tuple[tuple[Match, tuple[str, ...]], ...]] = {
    "neck": (
        (Match.EXACT, ("spine_shoulder",)),
        (Match.EXACT, ("shoulder_centre",)),
        (Match.EXACT, ("neck",)),
        (Match.MEAN, ("left_shoulder", "right_shoulder")),
    ),
    "mid_hip": (
        (Match.EXACT, ("mid_hip",)),
        (Match.APPROXIMATE, ("spine_base",)),
        (Match.MEAN, ("left_hip", "right_hip")),
    ),
    "nose": ((Match.EXACT, ("nose",)), (Match.APPROXIMATE, ("head",)), (Match.APPROXIMATE, ("face",))),
}


@dataclass(frozen=True)
class Pose:
    """One person in one picture.

    Attributes:
        joints: (V, 3) float32; x and y in frame heights from the top left corner, z towards the camera negative, in
            the same unit.
        score: (V,) float32 in [0, 1], the estimator's visibility or confidence of each joint.
        layout: the name of the layout that gives V and the order.
    """

    joints: Array
    score: Array
    layout: str = MEDIAPIPE33.name

    def __post_init__(self) -> None:
        size = LAYOUTS[self.layout].size
        if self.joints.shape != (size, 3) or self.score.shape != (size,):
            raise ValueError(
                f"a {self.layout} pose has joints ({size}, 3) and score ({size},), not {self.joints.shape}"
            )

    @cached_property
    def core15(self) -> Array:
        """The same in the order of CORE15, (15, 4) float32: x, y, z in frame heights, and score; read-only.

        The score of a mean is the least of its parts, that of an approximation half of its source's, and that of a
        joint which the layout lacks is 0.
        """
        parts = _MAPS[self.layout]
        mapped = np.empty((CORE15.size, 4), np.float32)
        mapped[:, :3] = (self.joints[parts.first] + self.joints[parts.second]) / np.float32(2)
        mapped[:, 3] = np.minimum(self.score[parts.first], self.score[parts.second])
        if parts.trust is not None:
            mapped[:, 3] *= parts.trust
        mapped.setflags(write=False)  # whoever asks gets the same one
        return mapped


def core15_sources(layout: str) -> tuple[tuple[Match, tuple[int, ...]], ...]:
    """For each CORE15 joint, how `layout` knows it, and the indices of the joints whose mean it is."""
    index = LAYOUTS[layout].index
    return tuple(_source_of(joint, index) for joint in CORE15.joints)


def _source_of(joint: str, index: dict[str, int]) -> tuple[Match, tuple[int, ...]]:
    for match, parts in _CANDIDATES.get(joint, ((Match.EXACT, (joint,)),)):
        if all(part in index for part in parts):
            return match, tuple(index[part] for part in parts)
    return Match.MISSING, ()


@dataclass(frozen=True)
class _Map:
    """`core15_sources` as index arrays: a joint that a layout has itself is twice the same part."""

    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    trust: Array | None  # None where every score stays what it is


def _map_of(layout: str) -> _Map:
    sources = core15_sources(layout)
    first, second = (np.array([parts[end] if parts else 0 for _, parts in sources]) for end in (0, -1))
    trust = np.array([_TRUST[match] for match, _ in sources], np.float32)
    return _Map(first, second, None if (trust == 1).all() else trust)


_MAPS = {name: _map_of(name) for name in LAYOUTS}


def mirror_core15(keypoints: Array) -> Array:
    """The same movement seen in a mirror: (..., 15, 4) -> (..., 15, 4)."""
    mirrored = keypoints[..., list(CORE15.mirror), :].copy()
    mirrored[..., 0] *= -1
    return mirrored
