"""What a rendered person is made of: lengths, widths, colours and clothes.

    build = random_build(np.random.default_rng(7))
    build.lengths.thigh         # metres

Ratios multiply the average proportions of Winter, "Biomechanics and Motor Control of Human Movement", table 4.1
(segment lengths as fractions of body height).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")

Colour = tuple[int, int, int]  # blue, green, red, 0..255, as OpenCV has them
Sleeves = Literal["none", "short", "long"]
Legwear = Literal["shorts", "long"]
Hair = Literal["bald", "short", "bob", "long"]
Pattern = Literal["plain", "striped", "panel"]

_SKIN: tuple[Colour, ...] = (
    *((178, 200, 236), (140, 170, 226), (112, 148, 205), (84, 120, 178), (60, 88, 140), (44, 62, 98)),
)
_HAIR: tuple[Colour, ...] = ((22, 24, 28), (30, 42, 62), (44, 70, 110), (80, 140, 190), (40, 70, 140), (140, 142, 146))
_TROUSERS: tuple[Colour, ...] = (
    *((112, 72, 48), (50, 46, 44), (82, 78, 76), (86, 120, 150), (60, 84, 70), (148, 140, 132), (60, 44, 90)),
)


@dataclass(frozen=True)
class Lengths:
    """Segment lengths and half widths of one person, metres."""

    thigh: float
    shank: float
    ankle: float  # height of the ankle joint above the floor
    foot: float
    trunk: float  # from the middle of the hips to the middle of the shoulders
    neck: float  # from the middle of the shoulders to the middle of the head, between the ears
    head: float  # half the height from chin to crown
    upper_arm: float
    forearm: float
    hand: float
    shoulders: float  # half the distance of the shoulder joints
    hips: float  # half the distance of the hip joints

    @property
    def leg(self) -> float:
        """From hip to ankle when straight."""
        return self.thigh + self.shank


@dataclass(frozen=True)
class Build:
    """One person's body and clothes; ratios are 1 for the average."""

    height_m: float = 1.72
    legs: float = 1.0
    arms: float = 1.0
    shoulders: float = 1.0
    hips: float = 1.0
    girth: float = 1.0
    head: float = 1.0
    skin: Colour = _SKIN[1]
    shirt: Colour = (70, 80, 190)
    second: Colour = (210, 214, 220)  # stripes or panel of the shirt
    trousers: Colour = _TROUSERS[0]
    shoes: Colour = (40, 36, 36)
    hair: Colour = _HAIR[1]
    sleeves: Sleeves = "short"
    legwear: Legwear = "long"
    hair_style: Hair = "short"
    pattern: Pattern = "plain"

    @cached_property
    def lengths(self) -> Lengths:
        """Segment lengths in metres; legs and trunk share the height, so that the sum stays `height_m`."""
        height = self.height_m
        leg = 0.491 * height * self.legs
        ankle = 0.039 * height
        head = 0.066 * height * self.head
        neck = 0.052 * height + head
        return Lengths(
            thigh=leg * 0.5,
            shank=leg * 0.5,
            ankle=ankle,
            foot=0.15 * height,
            trunk=height - ankle - leg - neck - head,
            neck=neck,
            head=head,
            upper_arm=0.180 * height * self.arms,
            forearm=0.148 * height * self.arms,
            hand=0.104 * height * self.arms,
            shoulders=0.112 * height * self.shoulders,
            hips=0.070 * height * self.hips,
        )


def random_build(rng: np.random.Generator) -> Build:
    """A person that nobody has met: every seed gives another one."""
    return Build(
        height_m=float(rng.uniform(1.52, 1.95)),
        legs=float(rng.uniform(0.96, 1.04)),
        arms=float(rng.uniform(0.95, 1.05)),
        shoulders=float(rng.uniform(0.93, 1.1)),
        hips=float(rng.uniform(0.92, 1.1)),
        girth=float(rng.uniform(0.88, 1.22)),
        head=float(rng.uniform(0.95, 1.06)),
        skin=_mix(_SKIN, rng),
        shirt=_cloth(rng),
        second=_cloth(rng),
        trousers=_TROUSERS[int(rng.integers(len(_TROUSERS)))],
        shoes=_colour(rng.choice([35.0, 70.0, 200.0]) + rng.uniform(-12, 12, 3)),
        hair=_HAIR[int(rng.integers(len(_HAIR)))],
        sleeves=_choice(rng, ("none", "short", "short", "long", "long")),
        legwear=_choice(rng, ("long", "long", "long", "shorts")),
        hair_style=_choice(rng, ("short", "short", "bob", "long", "bald")),
        pattern=_choice(rng, ("plain", "plain", "plain", "striped", "panel")),
    )


def tint(colour: Colour, factor: float) -> Colour:
    """The same colour darker (below 1) or lighter."""
    blue, green, red = (int(min(value * factor, 255)) for value in colour)
    return blue, green, red


def _choice(rng: np.random.Generator, options: tuple[T, ...]) -> T:
    return options[int(rng.integers(len(options)))]


def _mix(palette: tuple[Colour, ...], rng: np.random.Generator) -> Colour:
    """A colour between two neighbours of a palette."""
    place = rng.uniform(0, len(palette) - 1)
    low = int(place)
    first, second = np.array(palette[low]), np.array(palette[low + 1])
    return _colour(first + (second - first) * (place - low))


def _cloth(rng: np.random.Generator) -> Colour:
    """Any hue, from muted to bright."""
    return _colour(rng.uniform(50, 215) + rng.uniform(-70, 70, 3))


def _colour(values: npt.NDArray[np.float64]) -> Colour:
    blue, green, red = (int(value) for value in np.clip(values, 8, 245))
    return blue, green, red
