"""What somebody wears, in six numbers: it tells two people apart who pass each other.

    look = look_of(image, keypoints)                # (2, 3): blue, green, red of the shirt and of the trousers
    difference(look, look_of(next_image, ...))      # grey levels: 5 the same person, 60 somebody else

Nothing here leaves the tracker: it compares what it sees now with what it saw a moment ago.
"""

import numpy as np
import numpy.typing as npt

from core.skeleton import CORE15, Array

_JOINT = {name: place for place, name in enumerate(CORE15.joints)}
# Between which joints to look: shirts from the neck and both shoulders to the hips, trousers along the thighs.
_SHIRT = (("neck", "mid_hip"), ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"))
_TROUSERS = (("left_hip", "left_knee"), ("right_hip", "right_knee"))
_FROM, _TO = (np.array([_JOINT[pair[end]] for pair in (*_SHIRT, *_TROUSERS)]) for end in (0, 1))
_PLACES = np.array([0.25, 0.4, 0.55, 0.7], np.float32)[:, None, None]  # along each line; joints themselves are seams


def look_of(image: npt.NDArray[np.uint8], keypoints: Array) -> Array:
    """The colours of shirt and trousers, (2, 3) float32 0..255: medians of some pixels of each.

    Args:
        image: (H, W, 3) uint8.
        keypoints: (15, 4) in frame heights; what is outside the picture is taken from its edge.
    """
    start, end = keypoints[_FROM, :2], keypoints[_TO, :2]
    points = (start + (end - start) * _PLACES) * np.float32(image.shape[0])
    columns = points[..., 0].astype(np.int64).clip(0, image.shape[1] - 1)
    rows = points[..., 1].astype(np.int64).clip(0, image.shape[0] - 1)
    pixels = image[rows, columns].astype(np.float32)
    shirt, trousers = pixels[:, : len(_SHIRT)], pixels[:, len(_SHIRT) :]
    return np.stack([_median(shirt), _median(trousers)])


def difference(one: Array, other: Array) -> Array:
    """(..., 2, 3) twice -> (...) mean distance of the colours, grey levels."""
    apart: Array = np.abs(one - other).max(axis=-1).mean(axis=-1)
    return apart


def _median(pixels: Array) -> Array:
    """(4, n, 3) -> (3,); numpy's own median takes ten times as long for so few."""
    ordered = np.sort(pixels.reshape(-1, 3), axis=0)
    middle: Array = ordered[len(ordered) // 2]
    return middle
