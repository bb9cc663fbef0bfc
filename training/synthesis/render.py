"""Pictures of people in a room: shaded, anti-aliased, with shadows on the floor and the noise of a sensor.

A person is a mesh of about a thousand quads, see `paint`. `Renderer` shows one person, `Backdrop` any number:

    renderer = Renderer(build, Room(3), camera, yaw=0.2, noise=3.0, seed=1)
    shot = renderer.shoot(posture)      # picture and where every joint is in it

    backdrop = Backdrop(Room(3), camera)
    picture, cover = backdrop.shoot([Body(build).stand(posture, place=np.array([0.4, 0, 0]))])
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.skeleton import Array
from training.synthesis.body import Build
from training.synthesis.figure import figure
from training.synthesis.kinematics import pose_body, rotation
from training.synthesis.paint import Cover, Surface, darken, paint
from training.synthesis.posture import SIDES, Posture
from training.synthesis.room import Picture, Room
from training.synthesis.scene import Camera, Vector

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


@dataclass(frozen=True, eq=False)
class Spot:
    """A soft shadow on the floor.

    Attributes:
        place: (3,) metres in the world.
        radius: metres.
        strength: 0 invisible, 1 black.
    """

    place: Vector
    radius: float
    strength: float


@dataclass(frozen=True, eq=False)
class Figure:
    """Somebody or something in the world: what is seen of it and the shadows that it casts."""

    surface: Surface
    spots: tuple[Spot, ...]


@dataclass(frozen=True, eq=False)
class Standing(Figure):
    """A person as a figure; `landmarks` (33, 3) metres in the world, order of MEDIAPIPE33."""

    landmarks: Vector


class Body:
    """A person who can be put anywhere."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._mesh = figure(build)

    def stand(self, posture: Posture, *, place: Vector, yaw: float = 0.0) -> Standing:
        """The person at a place (3,), metres, turned to its own left by `yaw`, radians; 0 faces the camera."""
        skeleton = pose_body(self._build, posture)
        turn = rotation(turn=yaw)

        def in_world(points: Vector) -> Vector:
            placed: Vector = points @ turn.T + place
            return placed

        points = skeleton.points
        spots = [Spot(in_world(points["pelvis"]), 0.5, 0.28)]
        for side in SIDES:
            foot = in_world((points[f"{side}_heel"] + points[f"{side}_foot_index"]) / 2)
            spots.append(Spot(foot, 0.19, 0.6 / (1 + 12 * float(foot[1]))))
        surface = Surface(self._mesh, in_world(self._mesh.place(skeleton.bones)))
        return Standing(surface, tuple(spots), in_world(skeleton.landmarks))


class Backdrop:
    """A room before a camera, and whoever is in it.

    Args:
        room: what is around and how it is lit.
        camera: where the picture is taken from.
        noise: standard deviation of the sensor's noise, grey levels.
        seed: of the noise.
    """

    def __init__(self, room: Room, camera: Camera, *, noise: float = 3.0, seed: int = 0) -> None:
        self._camera, self._light = camera, room.light
        self._empty = room.draw(camera)
        self._rng = np.random.default_rng(seed)
        self._grain = _grain(self._rng, self._empty.shape, noise)
        self._blob = _blob()

    def shoot(self, figures: Sequence[Figure]) -> tuple[Picture, Cover]:
        """All figures, now; whose pixel is whose goes by their order."""
        picture = self._empty.copy()
        for one in figures:
            self._cast_shadow(picture, one.spots)
        cover = paint(picture, self._camera, self._light, [one.surface for one in figures])
        return self._expose(picture), cover

    def _cast_shadow(self, picture: Picture, spots: Sequence[Spot]) -> None:
        """Soft dark spots on the floor; the widest lies a little off the lamp."""
        away = np.array([-self._light.direction[0], 0.0, -0.3]) * 0.25
        for spot in spots:
            place = spot.place * np.array([1, 0, 1]) + away * (spot is spots[0])
            darken(picture, self._camera, place, self._blob, radius=spot.radius, strength=spot.strength)

    def _expose(self, picture: Picture) -> Picture:
        """The lens blurs a little, the sensor adds its grain."""
        soft = cv2.GaussianBlur(picture, (3, 3), 0.55)
        high, wide = picture.shape[:2]
        tile = self._grain[int(self._rng.integers(len(self._grain)))]
        y, x = (int(self._rng.integers(tile.shape[axis] - (high, wide)[axis] + 1)) for axis in (0, 1))
        noisy = cv2.add(soft, tile[y : y + high, x : x + wide], dtype=cv2.CV_8U)
        return np.asarray(noisy, np.uint8)


class Renderer:
    """One person in one room before one camera.

    Args:
        build: the person.
        room, camera, noise, seed: see `Backdrop`.
        yaw: the person turns to its own left, radians; 0 faces the camera.
        aside_m: the person stands this far to the right in the picture.
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
        self._body, self._camera, self._yaw = Body(build), camera, yaw
        self._place = np.array([aside_m, 0.0, 0.0])
        self._backdrop = Backdrop(room, camera, noise=noise, seed=seed)

    def shoot(self, posture: Posture) -> Shot:
        """The person in a posture, now."""
        person = self._body.stand(posture, place=self._place, yaw=self._yaw)
        picture, _ = self._backdrop.shoot([person])
        return Shot(picture, self._camera.project(person.landmarks).astype(np.float32))


def _grain(rng: np.random.Generator, shape: tuple[int, ...], noise: float) -> npt.NDArray[np.int16]:
    """Noise a little larger than a picture, to be cut out anywhere; half of it is in all colours alike."""
    high, wide = shape[0] + 32, shape[1] + 32
    grey = rng.normal(0, noise * 0.7, (_NOISE_TILES, high, wide, 1))
    return (grey + rng.normal(0, noise * 0.7, (_NOISE_TILES, high, wide, 3))).round().astype(np.int16)


def _blob() -> Array:
    rows, columns = np.mgrid[-1:1:48j, -1:1:48j]
    blob: Array = (np.clip(1 - rows**2 - columns**2, 0, 1) ** 1.4).astype(np.float32)
    return blob
