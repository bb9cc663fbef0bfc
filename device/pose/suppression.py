"""One box for each thing: of boxes that overlap, the best stays (greedy non-maximum suppression).

kept = suppress(boxes, score, most_overlap=0.65, most=3)        # indices, best first
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


def suppress(boxes: Array, score: Array, *, most_overlap: float, most: int) -> npt.NDArray[np.intp]:
    """Indices of the boxes (N, 4; left, top, right, bottom) to keep, best first, at most `most`.

    No two of them overlap by more than `most_overlap` of their union, and each box that is left out overlaps a better
    one that is kept, unless there are too many. The work is N times `most`.
    """
    waiting = np.argsort(-score, kind="stable")
    kept: list[int] = []
    while len(waiting) and len(kept) < most:
        kept.append(int(waiting[0]))
        waiting = waiting[1:]
        waiting = waiting[overlap(boxes[kept[-1]], boxes[waiting]) <= most_overlap]
    return np.array(kept, np.intp)


def overlap(box: Array, others: Array) -> Array:
    """Intersection over union of a box (4,) with others (N, 4); boxes without area overlap nothing."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    union = _area(box[None]) + _area(others) - shared
    return np.where(union > 0, shared / np.where(union > 0, union, 1), 0).astype(np.float32)


def _area(boxes: Array) -> Array:
    sides: Array = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return sides[:, 0] * sides[:, 1]
