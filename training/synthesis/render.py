"""Pictures of a person in a room: shaded, anti-aliased, with a shadow on the floor and the noise of a sensor.

The person is a mesh of about a thousand quads, drawn far to near (painter's algorithm) at twice the size and only in
the person's bounding box, then averaged down: that is what anti-aliases it.

    renderer = Renderer(build, Room(3), camera, yaw=0.2, noise=3.0, seed=1)
    shot = renderer.shoot(posture)      # picture and where every joint is in it
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.skeleton import Array
from training.synthesis.body import Build
from training.synthesis.figure import figure
from training.synthesis.kinematics import Skeleton, pose_body, rotation
from training.synthesis.mesh import Mesh
from training.synthesis.posture import SIDES, Posture
from training.synthesis.room import Light, Picture, Room
from training.synthesis.scene import Camera, Vector

_FINER = 2  # the person is drawn this many times larger
_SUBPIXEL_BITS = 2
_NOISE_TILES = 4  # different grains, shifted about: fresh noise for every pixel would cost more than all the rest


@dataclass(frozen=True, eq=False)
class Shot:
    """One frame.

    Attributes:
        picture: (height, width, 3) uint8, blue green red.
        joints: (33, 2) float32 pixels from the top left corner, order of MEDIAPIPE33.
    """

    picture: Picture
    joints: Array


class Renderer:
    """One person in one room before one camera.

    Args:
        build: the person.
        room: what is around and how it is lit.
        camera: where the picture is taken from.
        yaw: the person turns to its own left, radians; 0 faces the camera.
        aside_m: the person stands this far to the right in the picture.
        noise: standard deviation of the sensor's noise, grey levels.
        seed: of the noise.
    """

    def __init__(
        self,
        build: Build,
        room: Room,
        camera: Camera,
        *,
        yaw: float = 0.0,
        aside_m: float = 0.0,
        noise: float = 3.0,
        seed: int = 0,
    ) -> None:
        self._build, self._camera, self._light = build, camera, room.light
        self._mesh = figure(build)
        self._turn = rotation(turn=yaw)
        self._place = np.array([aside_m, 0.0, 0.0])
        self._empty = room.draw(camera)
        self._rng = np.random.default_rng(seed)
        self._grain = _grain(self._rng, self._empty.shape, noise)
        self._blob = _blob()

    def shoot(self, posture: Posture) -> Shot:
        """The person in a posture, now."""
        skeleton = pose_body(self._build, posture)
        picture = self._empty.copy()
        self._cast_shadow(picture, skeleton)
        vertices = self._mesh.place(skeleton.bones) @ self._turn.T + self._place
        paint(picture, self._camera, self._light, mesh=self._mesh, vertices=vertices)
        joints = self._camera.project(self._in_world(skeleton.landmarks)).astype(np.float32)
        return Shot(self._expose(picture), joints)

    def _in_world(self, points: Vector) -> Vector:
        placed: Vector = points @ self._turn.T + self._place
        return placed

    def _cast_shadow(self, picture: Picture, skeleton: Skeleton) -> None:
        """Soft dark spots on the floor: one under each foot, a wide one under the body."""
        away = np.array([-self._light.direction[0], 0.0, -0.3]) * 0.25
        pelvis = self._in_world(skeleton.points["pelvis"]) * np.array([1, 0, 1]) + away
        darken(picture, self._camera, pelvis, self._blob, radius=0.5, strength=0.28)
        for side in SIDES:
            foot = self._in_world((skeleton.points[f"{side}_heel"] + skeleton.points[f"{side}_foot_index"]) / 2)
            height = float(foot[1])
            darken(
                picture,
                self._camera,
                foot * np.array([1, 0, 1]),
                self._blob,
                radius=0.19,
                strength=0.6 / (1 + 12 * height),
            )

    def _expose(self, picture: Picture) -> Picture:
        """The lens blurs a little, the sensor adds its grain."""
        soft = cv2.GaussianBlur(picture, (3, 3), 0.55)
        high, wide = picture.shape[:2]
        tile = self._grain[int(self._rng.integers(len(self._grain)))]
        y, x = (int(self._rng.integers(tile.shape[axis] - (high, wide)[axis] + 1)) for axis in (0, 1))
        noisy = cv2.add(soft, tile[y : y + high, x : x + wide], dtype=cv2.CV_8U)
        return np.asarray(noisy, np.uint8)


def paint(
    picture: Picture,
    camera: Camera,
    light: Light,
    *,
    mesh: Mesh,
    vertices: Vector,
) -> None:
    """Draw a mesh, whose `vertices` are in the world by now, into a picture, in place."""
    seen = camera.see(vertices)
    flat = camera.flatten(seen)
    corners = flat[mesh.quads]
    facing = _signed_area(corners) < 0
    quads, corners = mesh.quads[facing], corners[facing]
    depth = seen[:, 2][quads].mean(axis=1) - mesh.nearer[facing]
    order = np.argsort(-depth)
    shades = shade(vertices[quads], mesh.colours[facing], light)[order]
    low = np.maximum(np.floor(flat.min(axis=0)).astype(int) - 2, 0)
    high = np.minimum(np.ceil(flat.max(axis=0)).astype(int) + 2, (camera.width, camera.height))
    if (high <= low).any():
        return
    canvas = np.zeros(((high[1] - low[1]) * _FINER, (high[0] - low[0]) * _FINER, 4), np.uint8)
    pixels = ((corners[order] - low) * _FINER - 0.5) * 2**_SUBPIXEL_BITS
    for quad, colour in zip(pixels.round().astype(np.int32), shades.tolist(), strict=True):
        cv2.fillConvexPoly(canvas, quad, colour, cv2.LINE_8, _SUBPIXEL_BITS)
    small = cv2.resize(canvas, None, fx=1 / _FINER, fy=1 / _FINER, interpolation=cv2.INTER_AREA)
    behind = picture[low[1] : high[1], low[0] : high[0]]
    # The canvas is black where nothing is drawn, so its average is already multiplied by its cover.
    cover = cv2.cvtColor(255 - small[..., 3], cv2.COLOR_GRAY2BGR)
    behind[:] = cv2.add(cv2.multiply(behind, cover, scale=1 / 255), np.ascontiguousarray(small[..., :3]))


def shade(corners: Vector, colours: Vector, light: Light) -> Vector:
    """Lambert's law: (M, 4, 3) quads and (M, 3) colours -> (M, 4) blue, green, red and 255, for every quad."""
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    # Half Lambert softens the terminator as many small lights in a room do.
    towards = (normal @ np.array(light.direction)) * 0.5 + 0.5
    bright = light.ambient + light.diffuse * towards**1.5
    shades = np.full((len(colours), 4), 255.0)
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


def _grain(rng: np.random.Generator, shape: tuple[int, ...], noise: float) -> npt.NDArray[np.int16]:
    """Noise a little larger than a picture, to be cut out anywhere; half of it is in all colours alike."""
    high, wide = shape[0] + 32, shape[1] + 32
    grey = rng.normal(0, noise * 0.7, (_NOISE_TILES, high, wide, 1))
    return (grey + rng.normal(0, noise * 0.7, (_NOISE_TILES, high, wide, 3))).round().astype(np.int16)


def _blob() -> Array:
    rows, columns = np.mgrid[-1:1:48j, -1:1:48j]
    blob: Array = (np.clip(1 - rows**2 - columns**2, 0, 1) ** 1.4).astype(np.float32)
    return blob
