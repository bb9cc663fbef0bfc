"""Surfaces out of quads: tubes through rings, and flat patches; each vertex hangs on one or two bones.

mesh = join([tube("left_forearm", rings, skin), patch("head", corners, dark)])
points = mesh.place(skeleton.bones)       # (N, 3) metres
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.synthesis.body import Colour

Vector = npt.NDArray[np.float64]
Bones = dict[str, tuple[Vector, Vector]]


@dataclass(frozen=True)
class Ring:
    """A cross-section of a tube, metres: where it is along y, half extents in x and z, and the shift of its centre."""

    y: float
    x: float
    z: float
    shift_x: float = 0.0
    shift_z: float = 0.0
    square: float = 0.0  # 0 an ellipse, towards 1 a rounded box


@dataclass(frozen=True, eq=False)
class Mesh:
    """Vertices in the axes of their bones, and coloured quads.

    Attributes:
        vertices: (2, N, 3) metres, relative to a first and a second bone.
        bones: the names of each vertex's two bones.
        weight: (N,) share of the second bone.
        quads: (M, 4) indices, counter-clockwise seen from outside.
        colours: (M, 3) blue, green, red 0..255.
        nearer: (M,) metres by which a patch is drawn before what lies under it.
    """

    vertices: Vector
    bones: tuple[tuple[str, str], ...]
    weight: Vector
    quads: npt.NDArray[np.int64]
    colours: Vector
    nearer: Vector

    def place(self, bones: Bones) -> Vector:
        """(N, 3): every vertex where its bones are now."""
        names = sorted(bones)
        number = {name: place for place, name in enumerate(names)}
        origins = np.stack([bones[name][0] for name in names])
        axes = np.stack([bones[name][1] for name in names])
        index = self._bone_numbers(number)
        placed = np.einsum("knij,knj->kni", axes[index], self.vertices) + origins[index]
        weight = self.weight[:, None]
        blended: Vector = placed[0] * (1 - weight) + placed[1] * weight
        return blended

    def _bone_numbers(self, number: dict[str, int]) -> npt.NDArray[np.int64]:
        cached: npt.NDArray[np.int64] | None = self.__dict__.get("_numbers")
        if cached is None:
            cached = np.array([[number[pair[place]] for pair in self.bones] for place in (0, 1)])
            object.__setattr__(self, "_numbers", cached)
        return cached


def tube(bone: str, rings: Sequence[Ring], colours: Colour | Sequence[Colour], *, sides: int = 10) -> Mesh:
    """A closed tube through rings in ascending y; one colour, or one for each band between two rings."""
    vertices = np.concatenate([_outline(ring, sides) for ring in rings])
    bands = len(rings) - 1
    quads = np.concatenate([_band(row, sides) for row in range(bands)])
    per_band = [colours] * bands if isinstance(colours[0], int) else colours
    paint = np.repeat(np.array(per_band, np.float64), sides, axis=0)
    return rigid(bone, vertices, quads, paint)


def rigid(bone: str, vertices: Vector, quads: npt.NDArray[np.int64], colours: Vector, *, nearer: float = 0.0) -> Mesh:
    """Everything on one bone. The axes of a left hand are mirrored, so its quads are turned round to face outward."""
    if bone in {"left_hand", "left_fingers"}:
        quads = quads[:, ::-1]
    count = len(vertices)
    return Mesh(
        vertices=np.stack([vertices, vertices]),
        bones=((bone, bone),) * count,
        weight=np.zeros(count),
        quads=quads,
        colours=colours,
        nearer=np.full(len(quads), nearer),
    )


def patch(bone: str, corners: Vector, colour: Colour, *, nearer: float) -> Mesh:
    """A flat convex polygon (even number of corners, counter-clockwise seen from outside) just above a surface."""
    count = len(corners)
    quads = np.array([(0, place, place + 1, place + 2) for place in range(1, count - 2, 2)])
    return rigid(bone, corners, quads, np.tile(np.array(colour, np.float64), (len(quads), 1)), nearer=nearer)


def between(mesh: Mesh, *, second: str, offset: Vector, weight: Vector) -> Mesh:
    """The same mesh hanging partly on a second bone, whose origin rests at `offset` from the first one's."""
    first = mesh.bones[0][0]
    return Mesh(
        vertices=np.stack([mesh.vertices[0], mesh.vertices[0] - offset]),
        bones=((first, second),) * len(mesh.weight),
        weight=weight,
        quads=mesh.quads,
        colours=mesh.colours,
        nearer=mesh.nearer,
    )


def join(meshes: Sequence[Mesh]) -> Mesh:
    """All meshes as one."""
    starts = np.cumsum([0, *(len(mesh.weight) for mesh in meshes[:-1])])
    return Mesh(
        vertices=np.concatenate([mesh.vertices for mesh in meshes], axis=1),
        bones=tuple(pair for mesh in meshes for pair in mesh.bones),
        weight=np.concatenate([mesh.weight for mesh in meshes]),
        quads=np.concatenate([mesh.quads + start for mesh, start in zip(meshes, starts, strict=True)]),
        colours=np.concatenate([mesh.colours for mesh in meshes]),
        nearer=np.concatenate([mesh.nearer for mesh in meshes]),
    )


def _outline(ring: Ring, sides: int) -> Vector:
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    x, z = np.cos(angle), np.sin(angle)
    # Superellipse: exponent 1 is an ellipse, smaller ones go towards a box.
    power = 1 - 0.6 * ring.square
    x, z = np.sign(x) * np.abs(x) ** power, np.sign(z) * np.abs(z) ** power
    return np.stack([x * ring.x + ring.shift_x, np.full(sides, ring.y), z * ring.z + ring.shift_z], axis=1)


def _band(row: int, sides: int) -> npt.NDArray[np.int64]:
    here = row * sides + np.arange(sides)
    following = row * sides + (np.arange(sides) + 1) % sides
    return np.stack([here, here + sides, following + sides, following], axis=1)
