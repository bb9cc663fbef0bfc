"""Where in the picture one person is: a square around the hips, turned so that the body stands upright in it.

region = region_around(hips, top)
crop = region.cut(picture, 256)                 # the person upright, (256, 256, 3)
pixels = region.to_picture(points, 256)         # points of the crop, in pixels of the picture
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

_MARGIN = 1.25  # around the circle that holds the body: what the landmark model was trained with


@dataclass(frozen=True)
class Region:
    """A turned square, in pixels of the picture.

    Attributes:
        centre: (x, y).
        size: the length of a side.
        angle: radians, clockwise on the screen; 0 is upright.
    """

    centre: tuple[float, float]
    size: float
    angle: float

    def matrix(self, pixels: int) -> npt.NDArray[np.float64]:
        """(2, 3): a point of a crop of `pixels` by `pixels` -> a point of the picture."""
        scale, half = self.size / pixels, pixels / 2
        cos, sin = scale * math.cos(self.angle), scale * math.sin(self.angle)
        x, y = self.centre
        return np.array([[cos, -sin, x - (cos - sin) * half], [sin, cos, y - (sin + cos) * half]])

    def cut(self, picture: Image, pixels: int) -> Image:
        """What is in the square (pixels, pixels, 3); beyond the picture its edges go on, as in MediaPipe's graph."""
        import cv2

        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        with _nearly_exact():
            crop = cv2.warpAffine(
                picture, self.matrix(pixels), (pixels, pixels), flags=flags, borderMode=cv2.BORDER_REPLICATE
            )
        return np.asarray(crop, np.uint8)

    def moved(self, across: float, down: float) -> "Region":
        """The same square elsewhere."""
        return Region((self.centre[0] + across, self.centre[1] + down), self.size, self.angle)

    def scaled(self, factor: float) -> "Region":
        """A larger or smaller square around the same centre."""
        return Region(self.centre, self.size * factor, self.angle)

    def to_crop(self, points: Array, pixels: int) -> Array:
        """Points (..., at least 2) of the picture, in pixels of a crop of that many."""
        matrix = self.matrix(pixels)
        return np.asarray((points[..., :2] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T, np.float32)

    def to_picture(self, points: Array, pixels: int) -> Array:
        """Points (..., 2) of a crop of that many pixels, in the picture."""
        matrix = self.matrix(pixels)
        return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


@contextmanager
def _nearly_exact() -> Iterator[None]:
    """On x86 a region is cut in 0.7 of the time, off by 2 of 255 grey levels at most; a setting of the whole thread."""
    import cv2

    before = cv2.ipp.useIPP_NotExact()
    cv2.ipp.setUseIPP_NotExact(True)
    try:
        yield
    finally:
        cv2.ipp.setUseIPP_NotExact(before)


def region_around(centre: Array, edge: Array) -> Region:
    """The region of a body whose hips are at `centre` (2,), in a circle through `edge` (2,) above its head."""
    across, down = (float(value) for value in edge - centre)
    turned = math.atan2(across, -down)  # from upright; y grows downwards
    return Region((float(centre[0]), float(centre[1])), 2 * _MARGIN * math.hypot(across, down), turned)
