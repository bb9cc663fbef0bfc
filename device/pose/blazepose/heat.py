"""BlazePose's heat maps around single points: for each point a map of its own, before the sigmoid.

Of maps of 64 by 64 cells only 7 by 7 around each point are read. The models that `posefleet convert pose-models` writes
therefore end before the last layer, and `HeatHead` computes what is read, from its inputs and weights: that saves two
hundredths of a picture's time. MediaPipe's own models give whole maps, `HeatMaps`.

    heat = HeatMaps(maps)                   # or HeatHead(coarse, fine, kernel, bias)
    values = heat.around(cells)             # (N, 2) x, y -> (N, 7, 7), those of map n around cell n
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.skeleton import Array

REACH = 3  # cells around a point
STEPS = np.arange(-REACH, REACH + 1)
MAPS = 39  # joints, two points for the next region, four that nobody uses
CELLS = 64  # of a map, both ways
WHOLE = (1, CELLS, CELLS, MAPS)
COARSE, FINE = (1, CELLS // 2, CELLS // 2, 48), (1, CELLS, CELLS, 48)
KERNEL, BIAS = (MAPS, 1, 1, 48), (MAPS,)
HEAD = (COARSE, FINE, KERNEL, BIAS)  # what a model gives instead of whole maps

Cells = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """Whole maps, (rows, columns, maps)."""

    maps: Array

    def around(self, cells: Cells) -> Array:
        """(N, 2) x, y -> (N, 7, 7); beyond the edge what is at the edge."""
        rows, columns, maps = self.maps.shape
        places = _places(cells, rows, columns) * maps + np.arange(len(cells))[:, None, None]
        # By one number each instead of three: a third less time, in every picture.
        return np.asarray(self.maps.reshape(-1).take(places), np.float32)


@dataclass(frozen=True, eq=False)
class HeatHead:
    """What maps are made of: features of every cell, which each map weighs in its own way.

    Attributes:
        coarse: (32, 32, 48), to be twice as large both ways, linearly between the middles of cells.
        fine: (64, 64, 48), to be added.
        kernel: (maps, 48) weights of the sum.
        bias: (maps,).
    """

    coarse: Array
    fine: Array
    kernel: Array
    bias: Array

    def around(self, cells: Cells) -> Array:
        """(N, 2) x, y -> (N, 7, 7); beyond the edge something finite."""
        kernel = self.kernel[: len(cells), :, None]
        fine = _gather(self.fine, _places(cells, *self.fine.shape[:2])) @ kernel
        heat: Array = fine.reshape(-1, STEPS.size, STEPS.size) + self._coarse_around(cells, kernel)
        heat += self.bias[: len(cells), None, None]
        return heat

    def _coarse_around(self, cells: Cells, kernel: Array) -> Array:
        """Features are weighed before they are enlarged, which is the same and less to enlarge."""
        first = cells - REACH
        start, odd = (first - 1) >> 1, first & 1  # of the five coarse cells that seven lie between
        rows, columns = self.coarse.shape[:2]
        y, x = (start[:, axis, None] + np.arange(_WINDOW) for axis in (1, 0))
        places = (y.clip(0, rows - 1) * columns)[:, :, None] + x.clip(0, columns - 1)[:, None, :]
        window = (_gather(self.coarse, places) @ kernel).reshape(-1, _WINDOW, _WINDOW)
        enlarged: Array = _ENLARGE[odd[:, 1]] @ window @ _ENLARGE[odd[:, 0]].transpose(0, 2, 1)
        return enlarged


def _places(cells: Cells, rows: int, columns: int) -> Cells:
    """(N, 7, 7) numbers of the cells around others, row by row."""
    x, y = (cells[:, axis, None] + STEPS for axis in (0, 1))
    places: Cells = (y.clip(0, rows - 1) * columns)[:, :, None] + x.clip(0, columns - 1)[:, None, :]
    return places


def _gather(features: Array, places: Cells) -> Array:
    """(rows, columns, C) at (N, k, k) -> (N, k * k, C)."""
    channels = features.shape[-1]
    return features.reshape(-1, channels).take(places.reshape(len(places), -1), axis=0)


def _enlarging() -> Array:
    """(2, 7, 5): seven cells from five of twice the size, when the first is even, and odd."""
    matrices = np.zeros((2, STEPS.size, _WINDOW), np.float32)
    for odd, offset in enumerate((0.75, 0.25)):
        for step in range(STEPS.size):
            low, share = divmod(offset + step / 2, 1)
            matrices[odd, step, int(low)], matrices[odd, step, int(low) + 1] = 1 - share, share
    return matrices


_WINDOW = 5
_ENLARGE = _enlarging()
