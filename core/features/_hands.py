"""What a hand does: measured from its own wrist in its own palm's size, so that it means the same near and far.

People hold and sign with hands of different sizes at different places. What they share is which fingers are stretched,
which touch, and where the hand is on the body.
"""

from itertools import pairwise

import numpy as np

from core.features._profiles import FeatureSpec
from core.features._series import Mask, flat, median_where
from core.layouts import HAND21
from core.skeleton import Array

_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
_WRIST = HAND21.index["wrist"]
_TIPS = [HAND21.index[f"{finger}_tip"] for finger in _FINGERS]
_KNUCKLES = [HAND21.index[f"{finger}_mcp"] for finger in _FINGERS]
_NEIGHBOURS = tuple(pairwise(_TIPS))
_PALM = ((_WRIST, HAND21.index["middle_mcp"]), (HAND21.index["index_mcp"], HAND21.index["pinky_mcp"]))
_SMALLEST_PALM = 0.05  # torsos


def hand_features(body: Array, seen: Mask, spec: FeatureSpec) -> list[Array]:
    """Of the left hand, then of the right one; all zero in a window that does not show it.

    Args:
        body: (..., T, V, D) places in torsos from the body's origin.
        seen: (..., T, V).
        spec: its layout has hands.
    """
    layout = spec.profile.joints
    parts: list[Array] = []
    for side in ("left", "right"):
        places = [layout.index[f"{side}_hand_{joint}"] for joint in HAND21.joints]
        parts += _one_hand(body[..., places, :], seen[..., places].all(axis=-1))
    return parts


def _one_hand(hand: Array, present: Mask) -> list[Array]:
    palm = median_where(_distances(hand, _PALM).sum(axis=-1), present, at_least=_SMALLEST_PALM)
    own = (hand - hand[..., _WRIST : _WRIST + 1, :]) / palm[..., None, None, None]
    known = present.any(axis=-1)[..., None, None].astype(np.float32)
    parts = [
        flat(own[..., [*_TIPS, *_KNUCKLES], :]),
        _distances(own, [(tip, _WRIST) for tip in _TIPS]),
        _distances(own, list(zip(_TIPS, _KNUCKLES, strict=True))),
        _distances(own, _NEIGHBOURS),
        hand[..., _WRIST, :],
    ]
    return [*(part * known for part in parts), present[..., None].astype(np.float32)]


def _distances(points: Array, pairs: "list[tuple[int, int]] | tuple[tuple[int, int], ...]") -> Array:
    """(..., V, D) -> (..., pairs)."""
    ends, starts = (list(side) for side in zip(*pairs, strict=True))
    lengths: Array = np.linalg.norm(points[..., ends, :] - points[..., starts, :], axis=-1)
    return lengths
