"""Where the camera stands and how it sees: a pinhole, looking down or up so that the floor is where it should be.

World: metres, y up, the person's place on the floor is the origin, the camera stands at z = distance and looks
towards -z. Picture: pixels from the top left corner, x right, y down; pixel (i, j) covers [i, i+1) x [j, j+1).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

_NEAREST_M = 0.1  # what is closer to the camera is not drawn


@dataclass(frozen=True)
class Camera:
    """A camera on a shelf or a tripod.

    Attributes:
        width: of the picture, pixels.
        height: of the picture, pixels.
        distance_m: from the person, along the floor.
        height_m: above the floor.
        field_of_view: vertical, radians.
        feet: the row of the person's place on the floor, as a fraction of the picture's height.
    """

    width: int
    height: int
    distance_m: float
    height_m: float
    field_of_view: float
    feet: float = 0.93

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return 0.5 * self.height / float(np.tan(self.field_of_view / 2))

    @cached_property
    def axes(self) -> Vector:
        """(3, 3): rows are the camera's right, down and forward in the world."""
        to_feet = np.arctan2(self.height_m, self.distance_m)
        below_centre = np.arctan2((self.feet - 0.5) * self.height, self.focal)
        pitch = to_feet - below_centre  # downward
        return np.array(
            [
                [1.0, 0.0, 0.0],
                [0.0, -np.cos(pitch), np.sin(pitch)],
                [0.0, -np.sin(pitch), -np.cos(pitch)],
            ]
        )

    def see(self, points: Vector) -> Vector:
        """World (..., 3) -> camera (..., 3): right, down, forward in metres."""
        seen: Vector = (points - np.array([0.0, self.height_m, self.distance_m])) @ self.axes.T
        return seen

    def project(self, points: Vector) -> Vector:
        """World (..., 3) -> picture (..., 2) pixels."""
        return self.flatten(self.see(points))

    def flatten(self, seen: Vector) -> Vector:
        """Camera (..., 3) -> picture (..., 2) pixels."""
        depth = np.maximum(seen[..., 2:], _NEAREST_M)
        flat: Vector = seen[..., :2] / depth * self.focal + np.array([self.width / 2, self.height / 2])
        return flat

    def outline(self, corners: Vector) -> Vector:
        """World polygon (N, 3) -> picture (M, 2), cut off in front of the camera; M is 0 when all of it is behind."""
        seen = self.see(corners)
        kept: list[Vector] = []
        for here, following in zip(seen, np.roll(seen, -1, axis=0), strict=True):
            if here[2] >= _NEAREST_M:
                kept.append(here)
            if (here[2] >= _NEAREST_M) != (following[2] >= _NEAREST_M):
                kept.append(here + (following - here) * (_NEAREST_M - here[2]) / (following[2] - here[2]))
        return self.flatten(np.array(kept)) if kept else np.empty((0, 2))
