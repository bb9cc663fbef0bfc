"""Whether joints are a body of their own, or one that is known already.

The landmark model finds somebody in any region that shows a part of a body: also a known body once more, with left and
right exchanged, or the trunk of one with the legs of another. So bodies are compared by what stays when sides are
exchanged: the middle line from head to hips, and each leg with the nearer one of the other body.

    if is_known(sight.joints, person.joints, size=person.region.size): ...
"""

import numpy as np

from core.skeleton import MEDIAPIPE33
from device.pose.blazepose.regions import Array


def _pairs(*parts: str) -> list[list[int]]:
    return [[MEDIAPIPE33.joints.index(f"{side}_{part}") for part in parts] for side in ("left", "right")]


_TRUNK = _pairs("ear", "shoulder", "hip")
_LEGS = _pairs("knee", "ankle")
_LIMBS = [*range(11, 17), *range(23, 29)]  # shoulders to wrists, hips to ankles
# All in region sizes, which are about 2.3 m. In 880 looks beside rendered people, middle lines of the same body were up
# to 0.04 apart, those of two bodies 30 cm apart at least 0.03, 40 cm apart 0.1.
_SAME = 0.045
_LEGS_OF_ONE = 0.3  # of the distance of the middle lines; of two bodies they are about as far apart as those
_BESIDE = 0.35  # from here on nothing is mixed up
_AGREE = 0.09  # limbs of two looks at the same body in one picture


def trunk_distance(joints: Array, other: Array) -> float:
    """How far the middle lines of two bodies are apart, joints (33, at least 2) each, whichever side is left."""
    return float(np.linalg.norm(_middle(joints) - _middle(other), axis=1).mean())


def is_known(joints: Array, other: Array, *, size: float) -> bool:
    """Whether these joints are another body once more, or made up of that one's legs and something else.

    Args:
        joints: (33, at least 2).
        other: likewise.
        size: of the other's region.
    """
    apart = trunk_distance(joints, other)
    return apart < _SAME * size or (apart < _BESIDE * size and _leg_distance(joints, other) < _LEGS_OF_ONE * apart)


def agree(joints: Array, other: Array, *, size: float) -> bool:
    """Whether two looks at one picture show the same."""
    return float(np.linalg.norm(joints[_LIMBS, :2] - other[_LIMBS, :2], axis=1).mean()) < _AGREE * size


def _middle(joints: Array) -> Array:
    return np.asarray(joints[_TRUNK, :2].mean(axis=0))


def _leg_distance(joints: Array, other: Array) -> float:
    legs, others = joints[_LEGS, :2], other[_LEGS, :2]  # (side, part, 2)
    return float(np.linalg.norm(legs[:, None] - others[None], axis=-1).min(axis=1).mean())
