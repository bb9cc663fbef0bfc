"""What may be taken for a person, a dog, a chair, a coat on a stand, a lone foot, or hides one, a cabinet, a post.

dog = make_prop(Prop("dog", Route((Mark(0, x=-1), Mark(4, x=1)))))
figure = dog(1.5)       # the dog after a second and a half
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sin
from typing import Literal

import numpy as np

from training.synthesis import mesh
from training.synthesis.body import Build, Colour, random_build, tint
from training.synthesis.figure import figure
from training.synthesis.kinematics import pose_body, rotation
from training.synthesis.mesh import Bones, Mesh, Ring
from training.synthesis.paint import Surface
from training.synthesis.posture import Posture
from training.synthesis.render import Figure, Spot
from training.synthesis.route import Route

Kind = Literal["cabinet", "chair", "coat_stand", "dog", "foot", "post"]
KINDS: tuple[Kind, ...] = ("cabinet", "chair", "coat_stand", "dog", "foot", "post")

_UPRIGHT, _FLOOR = np.eye(3), np.zeros(3)
_LYING = rotation(bend=pi / 2)  # y points forward
_FUR: tuple[Colour, ...] = ((40, 60, 90), (30, 30, 34), (120, 160, 190), (200, 205, 210))


@dataclass(frozen=True)
class Prop:
    """A thing or an animal on a stage; `route` says where it is when, `yaw` how it is turned while it stands."""

    kind: Kind
    route: Route
    yaw: float = 0.0
    seed: int = 0


def make_prop(prop: Prop) -> Callable[[float], Figure]:
    """A prop as a function of time, seconds."""
    rng = np.random.default_rng(prop.seed)
    shape, bones, radius = _MAKERS[prop.kind](rng)

    def at(t: float) -> Figure:
        place, turn = prop.route.place(t), rotation(turn=prop.route.heading(t, prop.yaw))
        points = shape.place(_trot(bones, prop.route, t)) @ turn.T + place
        return Figure(Surface(shape, points), (Spot(place, radius, 0.4),))

    return at


def _trot(bones: Bones, route: Route, t: float) -> Bones:
    """The legs of an animal swing as it goes."""
    swing = 0.45 * sin(2 * pi * route.travelled(t) / 0.7) * route.pace(t)
    moved = dict(bones)
    for name, (origin, axes) in bones.items():
        if name.startswith("leg"):
            moved[name] = (origin, rotation(bend=swing if name in {"leg0", "leg3"} else -swing) @ axes)
    return moved


def _dog(rng: np.random.Generator) -> tuple[Mesh, Bones, float]:
    """A big dog, 60 to 80 cm at the shoulder."""
    fur = _FUR[int(rng.integers(len(_FUR)))]
    size = float(rng.uniform(0.6, 0.8))
    trunk = [(-0.52, 0.10, 0.10), (-0.40, 0.19, 0.20), (0.0, 0.17, 0.17), (0.35, 0.20, 0.24), (0.5, 0.10, 0.14)]
    neck = [(-0.1, 0.15, 0.16), (0.3, 0.11, 0.12)]
    head = [(-0.16, 0.10, 0.10), (0.0, 0.13, 0.13), (0.12, 0.10, 0.11), (0.15, 0.06, 0.07), (0.34, 0.045, 0.05)]
    tail = [(0.0, 0.04, 0.04), (0.4, 0.015, 0.015)]
    leg = [(-0.62, 0.06, 0.07), (-0.58, 0.04, 0.045), (-0.1, 0.06, 0.08), (0.05, 0.09, 0.12)]
    ear = [(-0.16, 0.02, 0.04), (0.0, 0.015, 0.03)]
    parts = {"trunk": trunk, "neck": neck, "head": head, "tail": tail, "ear0": ear, "ear1": ear}
    parts |= {f"leg{number}": leg for number in range(4)}
    bones: Bones = {
        "trunk": (np.array([0, 0.78, 0]) * size, _LYING),
        "neck": (np.array([0, 0.88, 0.45]) * size, rotation(bend=0.7)),
        "head": (np.array([0, 1.18, 0.66]) * size, rotation(bend=1.7)),
        "tail": (np.array([0, 0.85, -0.5]) * size, rotation(bend=-0.8)),
        "ear0": (np.array([0.12, 1.28, 0.6]) * size, _UPRIGHT),
        "ear1": (np.array([-0.12, 1.28, 0.6]) * size, _UPRIGHT),
    }
    for number in range(4):
        x, z = (0.12, -0.12)[number % 2], (0.36, -0.38)[number // 2]
        bones[f"leg{number}"] = (np.array([x, 0.64, z]) * size, _UPRIGHT)
    tubes = [_tube(name, rows, fur, size) for name, rows in parts.items()]
    return mesh.join(tubes), bones, 0.4


def _chair(rng: np.random.Generator) -> tuple[Mesh, Bones, float]:
    """Seat, back and four legs."""
    wood: Colour = (40, 90, 140) if rng.random() < 0.5 else (60, 60, 64)  # noqa: PLR2004 - wood or plastic
    high = float(rng.uniform(0.42, 0.5))
    parts = [_box("seat", (0.22, 0.03, 0.22), wood), _box("back", (0.21, 0.25, 0.02), tint(wood, 1.1))]
    bones: Bones = {
        "seat": (np.array([0, high, 0]), _UPRIGHT),
        "back": (np.array([0, high + 0.28, -0.2]), rotation(bend=-0.12)),
    }
    for number in range(4):
        x, z = (0.19, -0.19)[number % 2], (0.19, -0.19)[number // 2]
        parts.append(_box(f"post{number}", (0.02, high / 2, 0.02), tint(wood, 0.85)))
        bones[f"post{number}"] = (np.array([x, high / 2, z]), _UPRIGHT)
    return mesh.join(parts), bones, 0.35


def _cabinet(rng: np.random.Generator) -> tuple[Mesh, Bones, float]:
    """A low cabinet, knee-high to hip-high: who stands behind it shows no legs."""
    half = (float(rng.uniform(0.4, 0.7)), float(rng.uniform(0.3, 0.45)), 0.18)
    bones: Bones = {"cabinet": (np.array([0, half[1], 0]), _UPRIGHT)}
    return _box("cabinet", half, _painted(rng)), bones, half[0]


def _post(rng: np.random.Generator) -> tuple[Mesh, Bones, float]:
    """A post of a palm's to two palms' width, higher than people: it hides an arm, sometimes a leg."""
    half = (float(rng.uniform(0.05, 0.1)), 1.3, 0.06)
    bones: Bones = {"post": (np.array([0, half[1], 0]), _UPRIGHT)}
    return _box("post", half, _painted(rng)), bones, half[0]


def _painted(rng: np.random.Generator) -> Colour:
    blue, green, red = (int(value) for value in np.clip(rng.uniform(40, 210) + rng.uniform(-35, 35, 3), 8, 245))
    return blue, green, red


def _coat_stand(rng: np.random.Generator) -> tuple[Mesh, Bones, float]:
    """A pole with a long coat on it and a hat on top: as tall as a person, and as broad."""
    build = random_build(rng)
    cloth, pole = build.shirt, (40, 70, 100)
    coat = [(0.55, 0.24, 0.14), (0.9, 0.20, 0.12), (1.3, 0.22, 0.12), (1.42, 0.2, 0.1), (1.5, 0.06, 0.06)]
    sleeve = [(-0.62, 0.05, 0.06), (-0.3, 0.055, 0.065), (0.0, 0.07, 0.08), (0.05, 0.03, 0.04)]
    hat = [(1.62, 0.16, 0.16), (1.64, 0.16, 0.16), (1.645, 0.1, 0.1), (1.74, 0.09, 0.09)]
    parts = [
        _tube("stand", [(0.0, 0.2, 0.2), (0.03, 0.2, 0.2), (0.04, 0.02, 0.02), (1.65, 0.02, 0.02)], pole),
        _tube("stand", coat, cloth),
        _tube("stand", hat, tint(cloth, 0.5)),
        _tube("sleeve0", sleeve, tint(cloth, 0.93)),
        _tube("sleeve1", sleeve, tint(cloth, 0.93)),
    ]
    bones: Bones = {
        "stand": (_FLOOR, _UPRIGHT),
        "sleeve0": (np.array([0.22, 1.4, 0.0]), rotation(lean=0.1)),
        "sleeve1": (np.array([-0.22, 1.4, 0.0]), rotation(lean=-0.1)),
    }
    return mesh.join(parts), bones, 0.3


def _foot(rng: np.random.Generator) -> tuple[Mesh, Bones, float]:
    """A shank with its foot; the rest of the person is nowhere."""
    build: Build = random_build(rng)
    whole, skeleton = figure(build), pose_body(build, Posture())
    kept = np.array([pair[0] in {"left_shank", "left_foot"} for pair in whole.bones])[whole.quads[:, 0]]
    lone = Mesh(whole.vertices, whole.bones, whole.weight, whole.quads[kept], whole.colours[kept], whole.nearer[kept])
    return lone, skeleton.bones, 0.2


def _tube(bone: str, rows: list[tuple[float, float, float]], colour: Colour, size: float = 1.0) -> Mesh:
    """Rings of (y, half width, half depth) times `size`."""
    return mesh.tube(bone, [Ring(y * size, x * size, z * size) for y, x, z in _closed(rows)], colour, sides=12)


def _closed(rows: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """The same with both ends drawn together."""
    (low, *_), (high, *_) = rows[0], rows[-1]
    return [(low - 1e-3, 1e-3, 1e-3), *rows, (high + 1e-3, 1e-3, 1e-3)]


def _box(bone: str, half: tuple[float, float, float], colour: Colour) -> Mesh:
    """An upright box about its bone's origin."""
    x, y, z = half
    corners = np.array([(i * x, j * y, k * z) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
    quads = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])
    # Each face in its own light, as a flat colour would hide the edges.
    paint = np.outer([0.9, 0.9, 0.7, 1.1, 0.8, 1.0], colour)
    return mesh.rigid(bone, corners, quads, paint)


_MAKERS: dict[Kind, Callable[[np.random.Generator], tuple[Mesh, Bones, float]]] = {
    "cabinet": _cabinet,
    "chair": _chair,
    "coat_stand": _coat_stand,
    "dog": _dog,
    "foot": _foot,
    "post": _post,
}
