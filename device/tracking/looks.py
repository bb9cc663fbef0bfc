"""What somebody wears, in six numbers: it tells two people apart who pass each other.

    look = look_of(image, joints)                   # blue, green, red of the shirt and of the trousers
    difference(look, look_of(next_image, ...))      # grey levels: 5 the same person, 60 somebody else

Nothing here leaves the tracker: it compares what it sees now with what it saw a moment ago.
"""

import numpy as np
import numpy.typing as npt

from core.skeleton import CORE15

Joint = tuple[float, float, float]  # x, y and score
Colour = tuple[float, float, float]
Look = tuple[Colour, Colour]

_JOINT = {name: place for place, name in enumerate(CORE15.joints)}
# Between which joints to look: shirts from the neck and both shoulders to the hips, trousers along the thighs.
_SHIRT = (("neck", "mid_hip"), ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"))
_TROUSERS = (("left_hip", "left_knee"), ("right_hip", "right_knee"))
_ENDS = [(_JOINT[start], _JOINT[end]) for start, end in (*_SHIRT, *_TROUSERS)]
_PLACES = (0.25, 0.4, 0.55, 0.7)  # along each line; joints themselves are seams
_SHIRT_PIXELS = len(_SHIRT) * len(_PLACES)


def look_of(image: npt.NDArray[np.uint8], joints: list[Joint]) -> Look:
    """The colours of shirt and trousers, 0 to 255: medians of some pixels of each.

    Args:
        image: (H, W, 3) uint8.
        joints: in the order of CORE15, in frame heights; what is outside the picture is taken from its edge.
    """
    height, width = image.shape[:2]
    pixels: list[list[int]] = []
    for start, end in _ENDS:
        x, y, _ = joints[start]
        dx, dy = joints[end][0] - x, joints[end][1] - y
        for place in _PLACES:
            column = min(max(int((x + dx * place) * height), 0), width - 1)
            row = min(max(int((y + dy * place) * height), 0), height - 1)
            pixels.append(image[row, column].tolist())
    return _median(pixels[:_SHIRT_PIXELS]), _median(pixels[_SHIRT_PIXELS:])


def difference(one: Look, other: Look) -> float:
    """Mean distance of the colours, grey levels."""
    apart = [max(abs(a - b) for a, b in zip(*colours, strict=True)) for colours in zip(one, other, strict=True)]
    return sum(apart) / len(apart)


def blend(one: Look, other: Look, share: float) -> Look:
    """Between two looks, `share` of the way from the one to the other."""
    (a, b, c), (d, e, f) = (
        [x + (y - x) * share for x, y in zip(*colours, strict=True)] for colours in zip(one, other, strict=True)
    )
    return (a, b, c), (d, e, f)


def _median(pixels: list[list[int]]) -> Colour:
    """Channel by channel; of so few, quicker than numpy."""
    blue, green, red = (float(sorted(channel)[len(channel) // 2]) for channel in zip(*pixels, strict=True))
    return blue, green, red
