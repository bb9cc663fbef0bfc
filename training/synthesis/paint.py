"""Surfaces -> pixels: what stands in the world, drawn into a picture, with a record of whose pixel is whose.

All surfaces of a picture are drawn together, quad by quad, far to near (painter's algorithm): an arm that reaches in
front of somebody else is seen in front. It happens at twice the size and only in the surfaces' bounding box, then the
picture is averaged down: that is what anti-aliases it.

    cover = paint(picture, camera, light, [Surface(mesh, vertices), Surface(other_mesh, other_vertices)])
    cover.pixels(0)         # how much of the first one is seen
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.skeleton import Array
from training.synthesis.mesh import Mesh
from training.synthesis.room import Light, Picture
from training.synthesis.scene import Camera, Vector

Corner = npt.NDArray[np.int64]  # (2,) x and y

_FINER = 2  # surfaces are drawn this many times larger
_SUBPIXEL_BITS = 2
_LARGEST_SIDE = 8192  # of a silhouette, fine pixels: a foot at the lens is not drawn beyond that


@dataclass(frozen=True, eq=False)
class Surface:
    """A mesh whose `vertices` (N, 3) are in the world, metres."""

    mesh: Mesh
    vertices: Vector


@dataclass(frozen=True, eq=False)
class Cover:
    """Whose pixel is whose, at twice the picture's size.

    Attributes:
        owners: (h, w) uint8; 0 nobody's, k the k-th surface's, from 1.
        left: of the corner of `owners`, in fine pixels.
        top: the same, downward.
    """

    owners: npt.NDArray[np.uint8]
    left: int
    top: int

    def pixels(self, number: int) -> int:
        """How many fine pixels the surface with this number (from 0) has."""
        return int(np.count_nonzero(self.owners == number + 1))

    def owner_at(self, points: Array) -> npt.NDArray[np.int64]:
        """(N, 2) pixels of the picture -> (N,) numbers of surfaces, -1 where none is drawn."""
        columns, rows = (np.floor(points * _FINER).astype(int) - (self.left, self.top)).T
        high, wide = self.owners.shape
        inside = (rows >= 0) & (rows < high) & (columns >= 0) & (columns < wide)
        found = np.full(len(points), -1)
        found[inside] = self.owners[rows[inside], columns[inside]].astype(int) - 1
        return found


def paint(picture: Picture, camera: Camera, light: Light, surfaces: Sequence[Surface]) -> Cover:
    """Draw surfaces, at most 255, into a picture, in place."""
    nothing = Cover(np.zeros((0, 0), np.uint8), 0, 0)
    if not surfaces:
        return nothing
    drawn = [_project(surface, camera) for surface in surfaces]
    low = np.maximum(np.min([_low(one.flat) for one in drawn], axis=0), 0)
    high = np.minimum(np.max([_high(one.flat) for one in drawn], axis=0), (camera.width, camera.height))
    if (high <= low).any():
        return nothing
    shades = np.concatenate([shade(one.corners, one.colours, light, owner=at + 1) for at, one in enumerate(drawn)])
    depth = np.concatenate([one.depth for one in drawn])
    order = np.argsort(-depth)
    canvas = np.zeros(((high[1] - low[1]) * _FINER, (high[0] - low[0]) * _FINER, 4), np.uint8)
    outlines = np.concatenate([one.outlines for one in drawn])[order]
    for quad, colour in zip(_fixed(outlines, low), shades[order].tolist(), strict=True):
        cv2.fillConvexPoly(canvas, quad, colour, cv2.LINE_8, _SUBPIXEL_BITS)
    _lay(canvas, picture[low[1] : high[1], low[0] : high[0]])
    return Cover(canvas[..., 3], int(low[0]) * _FINER, int(low[1]) * _FINER)


def silhouette(surface: Surface, camera: Camera) -> int:
    """How many fine pixels a surface would have if nothing were before it and the picture had no edge."""
    outlines, flat = _project(surface, camera).outlines, camera.project(surface.vertices)
    low = _low(flat)
    wide, high = np.minimum((_high(flat) - low) * _FINER, _LARGEST_SIDE)
    canvas = np.zeros((high, wide), np.uint8)
    for quad in _fixed(outlines, low):
        cv2.fillConvexPoly(canvas, quad, (1,), cv2.LINE_8, _SUBPIXEL_BITS)
    return int(np.count_nonzero(canvas))


@dataclass(frozen=True, eq=False)
class _Projected:
    """The quads (M) of a surface that face the camera."""

    flat: Vector  # (N, 2) all vertices, pixels
    outlines: Vector  # (M, 4, 2) pixels
    corners: Vector  # (M, 4, 3) metres
    colours: Vector  # (M, 3)
    depth: Vector  # (M,) metres from the camera


def _project(surface: Surface, camera: Camera) -> _Projected:
    mesh = surface.mesh
    seen = camera.see(surface.vertices)
    flat = camera.flatten(seen)
    outlines = flat[mesh.quads]
    facing = _signed_area(outlines) < 0
    quads = mesh.quads[facing]
    return _Projected(
        flat,
        outlines[facing],
        surface.vertices[quads],
        mesh.colours[facing],
        seen[:, 2][quads].mean(axis=1) - mesh.nearer[facing],
    )


def _low(flat: Vector) -> Corner:
    corner: Corner = np.floor(flat.min(axis=0)).astype(np.int64) - 2
    return corner


def _high(flat: Vector) -> Corner:
    corner: Corner = np.ceil(flat.max(axis=0)).astype(np.int64) + 2
    return corner


def _fixed(outlines: Vector, low: Corner) -> npt.NDArray[np.int32]:
    """Outlines in pixels of a picture -> fixed-point fine pixels of a canvas that begins at `low`."""
    fine = ((outlines - low) * _FINER - 0.5) * 2**_SUBPIXEL_BITS
    return np.asarray(fine.round(), np.int32)


def _lay(canvas: Picture, behind: Picture) -> None:
    """Average the canvas down and lay it over the picture, in place."""
    small = cv2.resize(canvas, None, fx=1 / _FINER, fy=1 / _FINER, interpolation=cv2.INTER_AREA)
    _, drawn = cv2.threshold(canvas[..., 3], 0, 255, cv2.THRESH_BINARY)
    share = cv2.resize(drawn, None, fx=1 / _FINER, fy=1 / _FINER, interpolation=cv2.INTER_AREA)
    # The canvas is black where nothing is drawn, so its average is already multiplied by its cover.
    uncovered = cv2.cvtColor(255 - share, cv2.COLOR_GRAY2BGR)
    behind[:] = cv2.add(cv2.multiply(behind, uncovered, scale=1 / 255), np.ascontiguousarray(small[..., :3]))


def shade(corners: Vector, colours: Vector, light: Light, *, owner: int) -> Vector:
    """Lambert's law: (M, 4, 3) quads and (M, 3) colours -> (M, 4) blue, green, red and the owner, for each quad."""
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    # Half Lambert softens the terminator as many small lights in a room do.
    towards = (normal @ np.array(light.direction)) * 0.5 + 0.5
    bright = light.ambient + light.diffuse * towards**1.5
    shades = np.full((len(colours), 4), float(owner))
    shades[:, :3] = np.clip(colours * bright[:, None] * np.array(light.tint), 0, 255)
    return shades


def darken(picture: Picture, camera: Camera, place: Vector, blob: Array, *, radius: float, strength: float) -> None:
    """A soft spot of shadow on the floor, in place; `radius` in metres, `blob` (n, n) in 0..1."""
    offsets = radius * np.array([(-1.0, 0, 0), (1, 0, 0), (0, 0, -0.9), (0, 0, 0.9)])
    around = camera.project(place + offsets)
    left, top = np.floor(around.min(axis=0)).astype(int)
    right, bottom = np.ceil(around.max(axis=0)).astype(int) + 1
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, camera.width), min(bottom, camera.height)
    if x1 <= x0 or y1 <= y0:
        return
    spot = cv2.resize(blob, (int(right - left), int(bottom - top)))[y0 - top : y1 - top, x0 - left : x1 - left]
    region = picture[y0:y1, x0:x1]
    region[:] = (region * (1 - strength * spot[..., None])).astype(np.uint8)


def _signed_area(corners: Vector) -> Vector:
    first, second = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    area: Vector = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    return area
