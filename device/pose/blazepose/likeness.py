"""Whether joints are a body of their own, or one that is known already.

The landmark model finds somebody in any region that shows a part of a body: also a known body once more, with left and
right exchanged, or the trunk of one with the legs of another. So bodies are compared by what stays when sides are
exchanged: the middle line from head to hips, and each leg with the nearer one of the other body.

    if is_known(sight.joints, [person.joints], size=person.region.size): ...
"""

from collections.abc import Sequence

import numpy as np

from core.skeleton import MEDIAPIPE33
from device.pose.blazepose.regions import Array


def _pairs(*parts: str) -> list[list[int]]:
    return [[MEDIAPIPE33.joints.index(f"{side}_{part}") for part in parts] for side in ("left", "right")]


_TRUNK = _pairs("ear", "shoulder", "hip")
LIMBS = _pairs("shoulder", "elbow", "wrist", "hip", "knee", "ankle")  # (side, part), of MEDIAPIPE33
_LEGS = [4, 5]  # of those
# All in region sizes, which are about 2.3 m. In 880 looks beside rendered people, middle lines of the same body were up
# to 0.04 apart, those of two bodies 30 cm apart at least 0.03, 40 cm apart 0.1.
_SAME = 0.045
_SAME_ERASED = 0.03  # of a body seen with the other one erased: only if it is nearer, it is what was left of that one
_LEGS_OF_ONE = 0.3  # of the distance of the middle lines; of two bodies they are about as far apart as those
_BORROWED = 0.045  # limbs this near are taken from somebody else
_BESIDE = 0.35  # from here on nothing is mixed up


def trunk_distance(joints: Array, other: Array) -> float:
    """How far the middle lines of two bodies are apart, joints (33, at least 2) each, whichever side is left."""
    return float(np.linalg.norm(_middle(joints) - _middle(other), axis=1).mean())


def is_known(joints: Array, others: Sequence[Array], *, size: float) -> bool:
    """Whether these joints are one of the others once more, or made up of parts of them.

    Args:
        joints: (33, at least 2).
        others: likewise.
        size: of the smallest region of all.
    """
    if not others:
        return False
    return _is_like(joints, others, size, _SAME) or limb_gap(joints, others, [size] * len(others)) < _BORROWED


def limb_gap(joints: Array, others: Sequence[Array], sizes: Sequence[float]) -> float:
    """Median distance from the joints of a body's limbs to the nearest other's same ones, whichever side is left.

    In sizes of those others' regions; at least one.
    """
    gaps = [_limb_distances(joints, other) / size for other, size in zip(others, sizes, strict=True)]
    return float(np.median(np.min(gaps, axis=0)))


def is_left_over(joints: Array, others: Sequence[Array], *, size: float) -> bool:
    """The same for joints that were seen with the others erased: those behind may be nearer, and limbs meet."""
    return bool(others) and _is_like(joints, others, size, _SAME_ERASED)


def _is_like(joints: Array, others: Sequence[Array], size: float, same: float) -> bool:
    """Whether the middle line is another's, or the legs are, with a middle line between two bodies."""
    apart = np.array([trunk_distance(joints, other) for other in others])
    legs = np.array([_leg_distance(joints, other) for other in others])
    mixed = (apart < _BESIDE * size) & (legs < _LEGS_OF_ONE * apart)
    return bool((apart < same * size).any() or mixed.any())


def freer_by(joints: Array, mixed: Array, others: Sequence[Array]) -> float:
    """By how much a body keeps clearer of the limbs of others than another one, on average; below 0 it borrows some.

    Args:
        joints: (33, at least 2), seen with the others erased.
        mixed: likewise, with the others in sight.
        others: likewise; at least one.
    """
    alone, together = (np.min([_limb_distances(one, other) for other in others], axis=0) for one in (joints, mixed))
    return float(alone.mean() - together.mean())


def limb_distance(joints: Array, other: Array) -> float:
    """How far the limbs of two bodies are apart, left from left and right from right."""
    return float(np.linalg.norm(joints[LIMBS, :2] - other[LIMBS, :2], axis=-1).mean())


def _middle(joints: Array) -> Array:
    return np.asarray(joints[_TRUNK, :2].mean(axis=0))


def _limb_distances(joints: Array, other: Array) -> Array:
    """From each joint of the limbs to the nearer of the other body's same two, (12,)."""
    ours, theirs = joints[LIMBS, :2], other[LIMBS, :2]  # (side, part, 2)
    return np.asarray(np.linalg.norm(ours[:, None] - theirs[None], axis=-1).min(axis=1)).reshape(-1)


def _leg_distance(joints: Array, other: Array) -> float:
    return float(_limb_distances(joints, other).reshape(2, -1)[:, _LEGS].mean())
