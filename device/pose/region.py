"""An upright rectangle of a picture as a model's input, and the way back for points.

Coordinates run along the edges of pixels, as in `device.pose.letterbox`. What lies outside of the picture is black.

    region = Region.around((left, top, right, bottom), (256, 192))      # rows, columns of the input
    places = region.to_picture(decode(model.run(region.cut(image))))
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Region:
    """A rectangle in pixels of a picture, with the proportions of the input that it fills.

    Attributes:
        left: where it begins; may lie outside of the picture, like all of it.
        top: likewise.
        scale: pixels of the input for one of the picture.
        size: the input's rows and columns.
    """

    left: float
    top: float
    scale: float
    size: tuple[int, int]

    @classmethod
    def around(cls, box: tuple[float, float, float, float], size: tuple[int, int]) -> "Region":
        """The smallest region around a box (left, top, right, bottom) with the same centre; it has a pixel at least."""
        left, top, right, bottom = box
        width, height = max(right - left, 1.0), max(bottom - top, 1.0)
        rows, columns = size
        scale = min(columns / width, rows / height)
        return cls((left + right - columns / scale) / 2, (top + bottom - rows / scale) / 2, scale, size)

    def cut(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The model's input (rows, columns, 3) of a picture (H, W, 3)."""
        import cv2

        # OpenCV counts from the centres of pixels, half a pixel inside of their edges.
        shift = self.to_input(np.array((0.5, 0.5), np.float32)) - 0.5
        matrix = np.array([[self.scale, 0, shift[0]], [0, self.scale, shift[1]]], np.float64)
        return np.asarray(cv2.warpAffine(image, matrix, self.size[::-1], flags=cv2.INTER_LINEAR), np.uint8)

    def to_picture(self, points: Array) -> Array:
        """Points (..., 2) x, y in pixels of the input as pixels of the picture."""
        return (points / self.scale + (self.left, self.top)).astype(np.float32)

    def to_input(self, points: Array) -> Array:
        """Points (..., 2) x, y in pixels of the picture as pixels of the input."""
        return ((points - (self.left, self.top)) * self.scale).astype(np.float32)
