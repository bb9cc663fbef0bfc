"""Whether anything has changed outside of the people who are followed: where nothing has, nobody can have come.

Pictures are compared as a few hundred grey cells with the one of the last search, so what changes slowly counts, too. A
change is searched more than once: the newcomer may be found only in a part of the picture.

    if not stillness.holds(picture, regions): ...       # look for newcomers now
    stillness.remember(picture, regions)                # they have just been looked for
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from device.pose.blazepose.regions import Array, Image, Region

_CELLS = 24  # from top to bottom
_PIXELS = 5  # of a cell, both ways, that are looked at
_CHANGE = 10.0  # grey levels, of a cell; noise of 10 levels a pixel makes 2
_FEWEST = 4  # cells; a person a fifth as high as the picture fills as many
_REACH = 0.65  # around a region's middle; whoever stretches out more than in the picture before reaches 0.6
_SEARCHES, _SEARCHES_BESIDE = 6, 2  # for one change in an empty room, and beside somebody


class Stillness:
    """See the module; for pictures of one shape."""

    def __init__(self) -> None:
        self._cells: Array | None = None  # when people were last looked for
        self._taken = np.zeros(0, np.bool_)  # by those who were followed then
        self._searches_left = 0

    def holds(self, picture: Image, regions: Sequence[Region]) -> bool:
        """Whether a picture (H, W, 3) uint8 shows nothing new outside of the regions of people."""
        if self._cells is None or self._searches_left:
            return False
        cells = _cells(picture)
        free = ~(self._taken | _covered(cells.shape, picture.shape, regions))
        if int((np.abs(cells - self._cells) > _CHANGE)[free].sum()) < _FEWEST:
            return True
        self._searches_left = _SEARCHES_BESIDE if regions else _SEARCHES
        return False

    def remember(self, picture: Image, regions: Sequence[Region], *, has_met: bool = False) -> None:
        """People have just been looked for in this picture; those in the regions are followed.

        Somebody who was met in it was the change.
        """
        self._cells = _cells(picture)
        self._taken = _covered(self._cells.shape, picture.shape, regions)
        self._searches_left = 0 if has_met else max(0, self._searches_left - 1)


def _cells(picture: Image) -> Array:
    """Mean brightness of each cell, from some of its pixels; green stands for grey."""
    import cv2

    step = max(1, picture.shape[0] // (_CELLS * _PIXELS))
    some = np.ascontiguousarray(picture[::step, ::step, 1])
    size = (max(1, some.shape[1] // _PIXELS), max(1, some.shape[0] // _PIXELS))
    return np.asarray(cv2.resize(some, size, interpolation=cv2.INTER_AREA), np.float32)


def _covered(cells: tuple[int, ...], picture: tuple[int, ...], regions: Sequence[Region]) -> npt.NDArray[np.bool_]:
    """Which cells may show the people in regions."""
    scale = np.divide(picture[:2], cells)
    rows, columns = (np.arange(count) + 0.5 for count in cells)
    covered = np.zeros(cells, np.bool_)
    for region in regions:
        across, down = columns * scale[1] - region.centre[0], rows * scale[0] - region.centre[1]
        covered |= np.hypot(across[None], down[:, None]) < _REACH * region.size
    return covered
