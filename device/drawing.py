"""Bodies drawn into pictures: left and right in two colours, unseen joints left out.

draw_skeleton(picture, keypoints[:, :2] * height, keypoints[:, 3])
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.skeleton import CORE15, CORE15_PARENTS, Array

LEFT, RIGHT, MIDDLE = (235, 120, 40), (40, 120, 235), (90, 90, 90)  # RGB
_SEEN = 0.1

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]


def bones() -> Iterator[tuple[int, int, Colour]]:
    """Child, parent and colour of every bone of CORE15; the colour says whose side it is."""
    for child, parent in enumerate(CORE15_PARENTS):
        if child != parent:
            name = CORE15.joints[child]
            yield child, parent, LEFT if "left" in name else RIGHT if "right" in name else MIDDLE


def draw_skeleton(picture: Picture, places: Array, score: Array, *, thickness: int = 2, bgr: bool = False) -> None:
    """Draw a body of CORE15 joints, (15, 2) pixels, into a picture; bones to unseen joints are left out.

    Args:
        bgr: the picture's colours come in OpenCV's order, blue first.
    """
    import cv2

    points = np.clip(np.nan_to_num(places), -1e4, 1e4).round().astype(int)
    for child, parent, colour in bones():
        if min(score[child], score[parent]) > _SEEN:
            ends = (int(points[child, 0]), int(points[child, 1])), (int(points[parent, 0]), int(points[parent, 1]))
            cv2.line(picture, *ends, colour[::-1] if bgr else colour, thickness, cv2.LINE_AA)
    for point, seen in zip(points, score, strict=True):
        if seen > _SEEN:
            cv2.circle(picture, (int(point[0]), int(point[1])), thickness + 1, MIDDLE, -1, cv2.LINE_AA)
