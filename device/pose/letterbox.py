"""A picture scaled into a model's input without distortion, bars around it, and the way back for points.

Coordinates run along the edges of pixels: a picture of W columns reaches from 0 to W, whatever its size. Scaling then
is a multiplication, and the way back is exact, rounding of the scaled picture's size included.

    box = Letterbox.fit(image.shape, (256, 256))
    tensor = box.apply(image)                           # (256, 256, 3)
    pixels = box.to_picture(box.to_input(pixels))       # there and back, (..., 2) x, y
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Letterbox:
    """Where a picture lies in a model's input, all in pixels as (columns, rows).

    Attributes:
        picture: the size of the picture.
        size: the size of the model's input.
        inner: the size of the scaled picture inside of the input.
        corner: its top left corner there; it lies in the middle.
    """

    picture: tuple[int, int]
    size: tuple[int, int]
    inner: tuple[int, int]
    corner: tuple[int, int]

    @classmethod
    def fit(cls, shape: tuple[int, ...], into: tuple[int, int]) -> "Letterbox":
        """The largest place for a picture of this shape (H, W, ...) in an input of (rows, columns).

        Raises:
            ValueError: either has no pixels.
        """
        rows, columns = shape[:2]
        if min(rows, columns, *into) < 1:
            raise ValueError(f"a picture of {columns}x{rows} has no place in an input of {into[1]}x{into[0]}")
        scale = min(into[0] / rows, into[1] / columns)
        inner = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        corner = ((into[1] - inner[0]) // 2, (into[0] - inner[1]) // 2)
        return cls((columns, rows), (into[1], into[0]), inner, corner)

    def apply(self, image: Image, *, fill: int = 0) -> Image:
        """The model's input (rows, columns, 3) uint8 of a picture (H, W, 3); `fill` is the brightness of the bars.

        Raises:
            ValueError: the picture has another size than the one that this place is for.
        """
        import cv2

        if image.shape[1::-1] != self.picture:
            raise ValueError(f"the place is for {self.picture} pixels, the picture has {image.shape[1::-1]}")
        if self.inner != self.picture:
            image = np.asarray(cv2.resize(image, self.inner, interpolation=cv2.INTER_LINEAR), np.uint8)
        if self.inner == self.size:
            return image
        left, top = self.corner
        bars = (top, self.size[1] - self.inner[1] - top, left, self.size[0] - self.inner[0] - left)
        filled = cv2.copyMakeBorder(image, *bars, cv2.BORDER_CONSTANT, value=(fill, fill, fill))
        return np.asarray(filled, np.uint8)

    def to_picture(self, points: Array) -> Array:
        """Points (..., 2) x, y in pixels of the input as pixels of the picture; may lie outside of it."""
        return ((points - self._corner) / self._scale).astype(np.float32)

    def to_input(self, points: Array) -> Array:
        """Points (..., 2) x, y in pixels of the picture as pixels of the input."""
        return (points * self._scale + self._corner).astype(np.float32)

    def to_frame(self, points: Array) -> Array:
        """Points (..., 2) x, y in pixels of the input in heights of the picture, the unit of `core.skeleton.Pose`."""
        return self.to_picture(points) / np.float32(self.picture[1])

    @property
    def _scale(self) -> npt.NDArray[np.float64]:
        return np.divide(self.inner, self.picture)

    @property
    def _corner(self) -> npt.NDArray[np.float64]:
        return np.array(self.corner, np.float64)
