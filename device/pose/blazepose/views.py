"""What the detector is shown: the whole picture, or a part of it in which small people are large enough.

It finds a body that fills about half of its input, and misses one of a fifth: who stands far away is only found in a
part of the picture. One view is looked at at a time. After every change those come first in which people as large as
the ones already followed would be found, close to them and beside them, with the whole picture in between, where larger
ones are found; then all others, every second one the whole picture.

    views = Views(picture.shape)
    view = views.next()                     # and again, in the next picture
    detections = detector.detect(view.cut(picture))
    views.seek(regions)                     # somebody was found or lost
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from device.pose.blazepose.regions import Image, Region

_REGION_SHARE = 0.9  # of a view's side that a region fills at best; the body is three quarters of that
_REGION_SHARE_CLOSE = 0.75  # likewise, for people who stand close to the one followed, who is in the middle
_HIPS = 0.42  # where the hips are in a view at best, in sides from its top
_ALIKE = 1.3  # sizes this near are found in the same views
_WHOLE = 0.8  # a view of more than this share of the picture is the whole picture
_STEP = 2 / 3  # between neighbouring views, in sides: whoever is on the edge of one is within the next
_SIDES = (1.0, 2 / 3)  # of the smaller side of the picture


@dataclass(frozen=True)
class View:
    """A rectangle in a picture, in whole pixels."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, picture: Image) -> Image:
        """What is in it; no copy."""
        return picture[self.top : self.top + self.height, self.left : self.left + self.width]


class Views:
    """The order in which parts of pictures (H, W, ...) are looked at."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._rows, self._columns = shape[:2]
        self._whole = View(0, 0, self._columns, self._rows)
        self._everywhere = cycle(self._all())
        self._wanted: list[View] = []

    @property
    def seeking(self) -> bool:
        """Whether views are left to look at since the last change."""
        return bool(self._wanted)

    def next(self) -> View:
        """What to look at now."""
        return self._wanted.pop(0) if self._wanted else next(self._everywhere)

    def seek(self, regions: Sequence[Region], *, rounds: int = 1) -> None:
        """Start again: close to these people, in the whole picture, where who is nearer is larger, then beside them.

        In further rounds close to them again and, as everybody walks on meanwhile, the whole picture.
        """
        close = list(dict.fromkeys(self._around(region, _REGION_SHARE_CLOSE)[1] for region in regions))
        beside, size = list[View](), math.inf
        for region in sorted(regions, key=lambda one: -one.size):
            if region.size * _ALIKE < size:
                beside += self._beside(region)
                size = region.size
        self._wanted = [*dict.fromkeys([*close, self._whole, *beside]), *[*close, self._whole] * (rounds - 1)]

    def _beside(self, region: Region) -> list[View]:
        """A row of views at the height of a region; none where the whole picture is no larger than one."""
        side, view = self._around(region, _REGION_SHARE)
        if view == self._whole:
            return []
        return [View(left, view.top, view.width, view.height) for left in _places(self._columns, side)]

    def _around(self, region: Region, share: float) -> tuple[int, View]:
        """The side of views in which such a region fills a share, and the one with it in the middle."""
        side = round(region.size / share)
        if side > _WHOLE * max(self._rows, self._columns):
            return side, self._whole
        left, top = region.centre[0] - side / 2, region.centre[1] - _HIPS * side
        width, height = min(side, self._columns), min(side, self._rows)
        return side, View(_within(left, self._columns - width), _within(top, self._rows - height), width, height)

    def _all(self) -> Iterator[View]:
        parts = [view for share in _SIDES for view in self._tiles(round(share * min(self._rows, self._columns)))]
        for view in parts:
            yield self._whole
            yield view

    def _tiles(self, side: int) -> list[View]:
        return [
            View(left, top, side, side) for top in _places(self._rows, side) for left in _places(self._columns, side)
        ]


def _within(place: float, room: int) -> int:
    return round(min(max(0.0, place), room))


def _places(length: int, side: int) -> list[int]:
    """Where views of a side begin, evenly from one end of a length to the other."""
    room = length - side
    if room <= 0:
        return [0]
    steps = math.ceil(room / (side * _STEP))
    return [round(room * step / steps) for step in range(steps + 1)]
