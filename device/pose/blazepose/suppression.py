"""Weighted non-maximum suppression: many boxes for one thing become their mean, weighted by how sure each is.

BlazeFace (Bazarevsky et al. 2019), section 3.2: a blend jumps less from frame to frame than the best box alone.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


def blend_overlapping(boxes: Array, values: Array, scores: Array, *, overlap: float) -> tuple[Array, Array]:
    """One row of values for each group of overlapping boxes, the surest first.

    A group is the surest box left with all that overlap it by more than `overlap` (intersection over union).

    Args:
        boxes: (N, 4) left, top, right, bottom.
        values: (N, K) what to blend.
        scores: (N,) positive.
        overlap: in [0, 1).

    Returns:
        blended values (M, K) and the best score (M,) of each group.
    """
    left = np.argsort(-scores, kind="stable")
    blended, best = [], []
    while len(left):
        first = left[0]
        group = _intersection_over_union(boxes[first], boxes[left]) > overlap
        group[0] = True  # also a box without an area
        members = left[group]
        weights = scores[members] / scores[members].sum()
        blended.append(weights @ values[members])
        best.append(scores[first])
        left = left[~group]
    return np.array(blended, np.float32).reshape(-1, values.shape[1]), np.array(best, np.float32)


def _intersection_over_union(box: Array, boxes: Array) -> Array:
    corner, opposite = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.clip(opposite - corner, 0, None).prod(axis=1)
    union = _area(box[None])[0] + _area(boxes) - shared
    return np.asarray(shared / np.maximum(union, np.finfo(np.float32).tiny), np.float32)


def _area(boxes: Array) -> Array:
    return np.asarray(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1), np.float32)
