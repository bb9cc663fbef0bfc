"""Rooms to stand in: walls, floor, furniture and light, drawn once per clip from a seed.

room = Room(seed=3)
picture = room.draw(camera)         # (height, width, 3) uint8
light = room.light                  # how the person in it is lit
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from training.synthesis.body import Colour
from training.synthesis.scene import Camera, Vector

Picture = npt.NDArray[np.uint8]

_SUBPIXEL_BITS = 4
_CEILING_M = 2.6


@dataclass(frozen=True)
class Light:
    """One lamp or window, and the light from everywhere.

    Attributes:
        direction: (x, y, z) unit vector towards the lamp, in the world.
        ambient: share of light that has no direction.
        diffuse: share of light from the lamp.
        tint: blue, green, red factors around 1.
    """

    direction: tuple[float, float, float]
    ambient: float
    diffuse: float
    tint: tuple[float, float, float]


@dataclass(frozen=True)
class Room:
    """A room that a seed decides."""

    seed: int

    @cached_property
    def light(self) -> Light:
        """From above, from one side or the other, more or less behind the camera."""
        rng = np.random.default_rng([self.seed, 1])
        direction = np.array([rng.uniform(-0.8, 0.8), rng.uniform(0.5, 0.9), rng.uniform(0.3, 0.9)])
        x, y, z = direction / np.linalg.norm(direction)
        warm = rng.uniform(-0.07, 0.07)
        bright = rng.uniform(0.82, 1.08)
        return Light(
            direction=(float(x), float(y), float(z)),
            ambient=float(rng.uniform(0.42, 0.6)),
            diffuse=float(rng.uniform(0.5, 0.68)),
            tint=(bright * (1 - warm), bright, bright * (1 + warm)),
        )

    def draw(self, camera: Camera) -> Picture:
        """The empty room as the camera sees it, (height, width, 3) uint8."""
        drawing = _Drawing(camera, np.random.default_rng([self.seed, 2]))
        drawing.shell()
        drawing.on_the_walls()
        drawing.on_the_floor()
        return drawing.finish(self.light)


class _Drawing:
    """A picture under construction: the far things first."""

    def __init__(self, camera: Camera, rng: np.random.Generator) -> None:
        self.camera, self.rng = camera, rng
        self.picture = np.zeros((camera.height, camera.width, 3), np.uint8)
        turn = rng.uniform(-0.35, 0.35)
        self._turn = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
        self.back, self.side = rng.uniform(1.0, 2.6), rng.uniform(1.9, 3.2)
        self.wall = _pale(rng)
        self.floor = _wood(rng) if rng.random() < 0.6 else _pale(rng) * 0.6  # noqa: PLR2004 - most floors are wood

    def shell(self) -> None:
        """Floor, three walls, ceiling, boards."""
        front, back, side, top = 9.0, -self.back, self.side, _CEILING_M
        self._fill([(-side, 0, back), (side, 0, back), (side, 0, front), (-side, 0, front)], self.floor)
        self._floor_lines(front)
        self._fill(
            [(-side, top, back), (side, top, back), (side, top, front), (-side, top, front)], self.wall * 0.3 + 165
        )
        for sign, factor in ((-1, 0.86), (1, 0.93)):
            x = sign * side
            self._fill([(x, 0, back), (x, 0, front), (x, top, front), (x, top, back)], self.wall * factor)
            self._fill([(x, 0, back), (x, 0, front), (x, 0.09, front), (x, 0.09, back)], self.wall * 0.3 + 150)
        self._fill([(-side, 0, back), (side, 0, back), (side, top, back), (-side, top, back)], self.wall)
        self._fill([(-side, 0, back), (side, 0, back), (side, 0.09, back), (-side, 0.09, back)], self.wall * 0.3 + 160)

    def _floor_lines(self, front: float) -> None:
        """Joints between boards, or tiles."""
        step = self.rng.uniform(0.14, 0.45)
        for place in np.arange(-self.side, self.side, step):
            line = [
                (place, 0, -self.back),
                (place + 0.012, 0, -self.back),
                (place + 0.012, 0, front),
                (place, 0, front),
            ]
            self._fill(line, self.floor * 0.84)
        if step > 0.3:  # noqa: PLR2004 - tiles have joints across, too
            for place in np.arange(-self.back, 2.0, step):
                line = [
                    (-self.side, 0, place),
                    (self.side, 0, place),
                    (self.side, 0, place + 0.02),
                    (-self.side, 0, place + 0.02),
                ]
                self._fill(line, self.floor * 0.84)

    def on_the_walls(self) -> None:
        """A door or a window, pictures, a shelf."""
        rng = self.rng
        if rng.random() < 0.6:  # noqa: PLR2004 - more often than not
            self._opening(float(rng.uniform(-self.side + 0.5, self.side - 1.3)), is_door=bool(rng.random() < 0.5))  # noqa: PLR2004
        for _ in range(int(rng.integers(0, 4))):
            x, y = rng.uniform(-self.side + 0.1, self.side - 0.7), rng.uniform(1.1, 1.8)
            wide, high = rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.55)
            self._on_back_wall(x - 0.03, y - 0.03, wide + 0.06, high + 0.06, rng.uniform(20, 230, 3))
            self._on_back_wall(x, y, wide, high, _paint(rng))
            self._on_back_wall(x + wide * 0.2, y + high * 0.1, wide * 0.5, high * 0.4, _paint(rng))

    def _opening(self, x: float, *, is_door: bool) -> None:
        low, high, wide = (0.0, 2.05, 0.9) if is_door else (0.9, 1.25, 1.3)
        frame = np.full(3, self.rng.uniform(190, 240))
        self._on_back_wall(x - 0.07, low, wide + 0.14, high + 0.07, frame)
        inside = _wood(self.rng) if is_door else np.array([245.0, 235, 225]) * self.rng.uniform(0.8, 1.0)
        self._on_back_wall(x, low + (0 if is_door else 0.06), wide, high - 0.06, inside)
        if is_door:
            self._on_back_wall(x + 0.06, 1.0, 0.1, 0.03, np.array([90.0, 110, 120]))
        else:
            self._on_back_wall(x + wide / 2 - 0.02, low, 0.04, high, frame)

    def on_the_floor(self) -> None:
        """A rug, and furniture along the walls."""
        rng = self.rng
        if rng.random() < 0.4:  # noqa: PLR2004 - some rooms have a rug
            wide, deep = rng.uniform(0.8, 1.5), rng.uniform(0.5, 0.9)
            rug = _paint(rng)
            for scale, factor in ((1.0, 0.8), (0.9, 1.0)):
                x, z = wide * scale, deep * scale
                self._fill([(-x, 0, -z), (x, 0, -z), (x, 0, z), (-x, 0, z)], rug * factor)
        for _ in range(int(rng.integers(1, 5))):
            wide, high, deep = rng.uniform(0.4, 1.7), float(rng.choice([0.45, 0.75, 1.1, 1.8])), rng.uniform(0.3, 0.6)
            x = rng.uniform(-self.side, self.side - wide)
            self._box((x, 0, -self.back), (wide, high, deep), _wood(rng) if rng.random() < 0.6 else _paint(rng))  # noqa: PLR2004
        if rng.random() < 0.5:  # noqa: PLR2004 - half of them have a plant
            self._plant(float(rng.choice([-1, 1])) * (self.side - 0.5), -self.back + 0.4)

    def _box(self, corner: tuple[float, float, float], size: tuple[float, float, float], colour: Vector) -> None:
        (x, y, z), (wide, high, deep) = corner, size
        front = z + deep
        for edge, factor in ((x, 0.7), (x + wide, 0.78)):
            self._fill([(edge, y, z), (edge, y, front), (edge, y + high, front), (edge, y + high, z)], colour * factor)
        self._fill(
            [(x, y + high, z), (x + wide, y + high, z), (x + wide, y + high, front), (x, y + high, front)],
            colour * 1.15,
        )
        self._fill([(x, y, front), (x + wide, y, front), (x + wide, y + high, front), (x, y + high, front)], colour)
        doors = max(1, int(wide / 0.45))
        for number in range(doors):  # a seam and a handle on each door
            left = x + wide * number / doors
            self._fill(_upright(left, y, front, 0.012, high), colour * 0.7)
            self._fill(_upright(left + wide / doors * 0.8, y + high * 0.6, front, 0.03, 0.08), colour * 0.5)

    def _plant(self, x: float, z: float) -> None:
        self._box((x - 0.15, 0, z - 0.15), (0.3, 0.35, 0.3), _paint(self.rng))
        for _ in range(14):
            angle, length = self.rng.uniform(-1.1, 1.1), self.rng.uniform(0.4, 0.9)
            tip = (x + np.sin(angle) * length, 0.35 + np.cos(angle) * length, z)
            green = np.array([50.0, 110, 60]) * self.rng.uniform(0.6, 1.2)
            self._fill([(x - 0.05, 0.35, z), (tip[0] - 0.04, tip[1] - 0.2, z), tip, (x + 0.05, 0.35, z)], green)

    def _on_back_wall(self, x: float, y: float, wide: float, high: float, colour: Vector) -> None:
        self._fill(_upright(x, y, -self.back, wide, high), colour)

    def _fill(self, corners: Sequence[tuple[float, float, float]], colour: Vector) -> None:
        outline = self.camera.outline(np.array(corners, np.float64) @ self._turn.T)
        if len(outline):
            points = np.clip(outline * 2**_SUBPIXEL_BITS, -(2**18), 2**18).round().astype(np.int32)
            cv2.fillPoly(self.picture, [points], _bgr(colour), cv2.LINE_AA, _SUBPIXEL_BITS)

    def finish(self, light: Light) -> Picture:
        """Uneven light, plaster and dirt, the lens."""
        high, wide = self.picture.shape[:2]
        rows, columns = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
        spot = 1.02 + 0.14 * light.direction[0] * columns - 0.08 * rows - 0.10 * (columns**2 + rows**2)
        cloudy = cv2.resize(self.rng.normal(0, 1, (9, 12)), (wide, high), interpolation=cv2.INTER_CUBIC)
        grain = cv2.resize(self.rng.normal(0, 1, (high // 3, wide // 3)), (wide, high), interpolation=cv2.INTER_LINEAR)
        shade = (spot + 0.02 * cloudy)[..., None] * np.array(light.tint)
        lit = self.picture * shade + 2.2 * grain[..., None]
        blurred = cv2.GaussianBlur(lit, (0, 0), float(self.rng.uniform(0.5, 1.3)) * high / 360)
        picture: Picture = np.clip(blurred, 0, 255).astype(np.uint8)
        return picture


def _upright(x: float, y: float, z: float, wide: float, high: float) -> list[tuple[float, float, float]]:
    return [(x, y, z), (x + wide, y, z), (x + wide, y + high, z), (x, y + high, z)]


def _pale(rng: np.random.Generator) -> Vector:
    return rng.uniform(120, 225) + rng.uniform(-22, 22, 3)


def _paint(rng: np.random.Generator) -> Vector:
    return rng.uniform(60, 200) + rng.uniform(-45, 45, 3)


def _wood(rng: np.random.Generator) -> Vector:
    return np.array([70.0, 110.0, 150.0]) * rng.uniform(0.55, 1.35) + rng.uniform(-12, 12, 3)


def _bgr(colour: Vector) -> Colour:
    blue, green, red = (int(value) for value in np.clip(colour, 0, 255))
    return blue, green, red
