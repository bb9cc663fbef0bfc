"""Other cameras as matrices on joints: turned, tilted, rolled, with another lens."""

import numpy as np
import numpy.typing as npt

from core.skeleton import Array

_Floats = npt.NDArray[np.float64]


def camera_matrices(
    rng: np.random.Generator, count: int, *, turns: tuple[float, float, float], stretch: float, shear: float
) -> Array:
    """Matrices (N, 3, 3) on x, y, z, each drawn anew.

    Args:
        rng: where chance comes from.
        count: how many.
        turns: largest angles about the x, y and z axis, radians; y is upright, z the line of sight.
        stretch: largest logarithm of an axis's scale.
        shear: largest slant of y against x.
    """
    about_x, about_y, about_z = (rng.uniform(-most, most, count) for most in turns)
    lens = np.zeros((count, 3, 3))
    lens[:, range(3), range(3)] = np.exp(rng.uniform(-stretch, stretch, (count, 3)))
    lens[:, 0, 1] = rng.uniform(-shear, shear, count)
    turned = _rotation(about_y, 2, 0) @ _rotation(about_x, 1, 2) @ _rotation(about_z, 0, 1)
    matrices: Array = (turned @ lens).astype(np.float32)
    return matrices


def _rotation(angle: _Floats, first: int, second: int) -> _Floats:
    """Turn the first axis towards the second."""
    matrices = np.tile(np.eye(3), (len(angle), 1, 1))
    matrices[:, first, first] = matrices[:, second, second] = np.cos(angle)
    matrices[:, second, first] = np.sin(angle)
    matrices[:, first, second] = -np.sin(angle)
    return matrices
