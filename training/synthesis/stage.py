"""Several people and things in one picture: where each of them is, how much of each is seen, and who hides whom.

    stage = Stage(
        name="two", room_seed=3, seconds=4.0,
        actors=(
            Actor(person_seed=1, route=Route((Mark(0, x=-1.5), Mark(4, x=1.5)))),
            Actor(person_seed=2, route=Route((Mark(0, x=0.3, z=-0.6),)), script=script),
        ),
    )
    for captured_at, picture, truths in play(stage): ...

Ready-made stages are in `plays`; what an estimator sees of them is in `sightings`.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from core.skeleton import Array
from training.synthesis.body import random_build
from training.synthesis.kinematics import pose_body, rotation
from training.synthesis.paint import Cover, silhouette
from training.synthesis.posture import Posture
from training.synthesis.props import Prop, make_prop
from training.synthesis.render import Backdrop, Body, Standing
from training.synthesis.room import Picture, Room
from training.synthesis.route import Route, stroll
from training.synthesis.scene import Camera, Vector
from training.synthesis.script import Script, Segment, posture_at
from training.synthesis.style import random_style

STAGE_VERSION = 1  # raise it whenever the same stage gives other pixels or other ground truth


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody on a stage.

    Attributes:
        person_seed: decides build, clothes and manner.
        route: where the person is when.
        script: what the person does meanwhile, as far as walking lets the arms; stands at ease without.
        yaw: turned to its own left, radians, while standing; 0 faces the camera.
    """

    person_seed: int
    route: Route
    script: Script | None = None
    yaw: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One clip to be: who and what is before the camera. The same stage always gives the same clip.

    Attributes:
        name: what its files are called.
        room_seed: decides what is around, the light and the noise.
        seconds: how long it lasts.
        actors: the people; the order is that of the truths.
        props: things and animals.
        fps: frames per second.
        width: pixels, even.
        height: pixels, even.
        distance_m: of the camera from the middle of the stage.
        camera_height_m: of the camera above the floor.
        field_of_view: vertical, radians.
        noise: of the sensor, grey levels (standard deviation).

    Raises:
        ValueError: a size or rate that does not work.
    """

    name: str
    room_seed: int
    seconds: float
    actors: tuple[Actor, ...] = ()
    props: tuple[Prop, ...] = ()
    fps: float = 12.0
    width: int = 640
    height: int = 480
    distance_m: float = 4.0
    camera_height_m: float = 1.3
    field_of_view: float = 0.9
    noise: float = 3.0

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 64:  # noqa: PLR2004 - codecs want that
            raise ValueError(f"a picture of {self.width}x{self.height} cannot be filmed; take even sizes from 64 up")
        if not 1 <= self.fps <= 120 or self.distance_m <= 0:  # noqa: PLR2004 - what cameras do
            raise ValueError(f"{self.fps} frames a second from {self.distance_m} m cannot be filmed")

    @property
    def frames(self) -> int:
        """How many frames the clip has."""
        return max(1, round(self.seconds * self.fps))

    @property
    def camera(self) -> Camera:
        """Where the pictures are taken from; the middle of the stage's floor is a little above the picture's edge."""
        return Camera(self.width, self.height, self.distance_m, self.camera_height_m, self.field_of_view, feet=0.88)

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change whenever the clip would."""
        # Through JSON and back: 5 and 5.0 seconds are the same stage.
        same = msgspec.json.decode(msgspec.json.encode(self), type=Stage)
        return hashlib.sha256(msgspec.json.encode((STAGE_VERSION, same))).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Truth:
    """One actor in one frame.

    Attributes:
        joints: (33, 2) float32 pixels from the top left corner, order of MEDIAPIPE33, also of what is hidden.
        clear: (33,) bool; the joint is in the picture and neither another body nor a thing is before it. The person's
            own body may be.
        visible: share of the body's outline that is in the picture with nothing before it, 0..1.
        height: how tall the person would be standing there, pixels.
    """

    joints: Array
    clear: npt.NDArray[np.bool_]
    visible: float
    height: float


def play(stage: Stage) -> Iterator[tuple[float, Picture, tuple[Truth, ...]]]:
    """Every frame: seconds since the start, the picture, and the truth about each actor, in their order."""
    camera = stage.camera
    backdrop = Backdrop(Room(stage.room_seed), camera, noise=stage.noise, seed=stage.room_seed)
    players = [Player(actor, stage.seconds) for actor in stage.actors]
    props = [make_prop(prop) for prop in stage.props]
    for frame in range(stage.frames):
        t = frame / stage.fps
        standing = [player.stand(t) for player in players]
        picture, cover = backdrop.shoot([*standing, *(prop(t) for prop in props)])
        truths = (
            _truth(number, one, cover, camera=camera, height_m=player.height_m)
            for number, (one, player) in enumerate(zip(standing, players, strict=True))
        )
        yield t, picture, tuple(truths)


class Player:
    """An actor with a body, on a stage that lasts `seconds`."""

    def __init__(self, actor: Actor, seconds: float) -> None:
        rng = np.random.default_rng(actor.person_seed)
        self._build, self._style = random_build(rng), random_style(rng)
        self._actor = actor
        self._script = actor.script or Script((Segment("background", 0.0, seconds),))

    @property
    def height_m(self) -> float:
        """Of the crown above the floor, standing."""
        return self._build.height_m

    @cached_property
    def _body(self) -> Body:
        return Body(self._build)

    def stand(self, t: float) -> Standing:
        """The actor at a moment, to be drawn."""
        route = self._actor.route
        return self._body.stand(self._posture(t), place=route.place(t), yaw=self._heading(t))

    def landmarks(self, t: float) -> Vector:
        """(33, 3) metres in the world, order of MEDIAPIPE33: the joints alone, fifty times as quick as a picture."""
        joints = pose_body(self._build, self._posture(t)).landmarks
        placed: Vector = joints @ rotation(turn=self._heading(t)).T + self._actor.route.place(t)
        return placed

    def _posture(self, t: float) -> Posture:
        route = self._actor.route
        return stroll(
            posture_at(self._script, t, self._style), route.travelled(t) / self._build.lengths.leg, route.pace(t)
        )

    def _heading(self, t: float) -> float:
        return self._actor.route.heading(t, self._actor.yaw)


def _truth(number: int, standing: Standing, cover: Cover, *, camera: Camera, height_m: float) -> Truth:
    joints = camera.project(standing.landmarks).astype(np.float32)
    inside = ((joints >= 0) & (joints < np.array([camera.width, camera.height]))).all(axis=1)
    owner = cover.owner_at(joints)
    # At the very edge of a body a joint may miss its own outline by a pixel; the room behind hides nothing.
    clear = inside & ((owner == number) | (owner < 0))
    whole = silhouette(standing.surface, camera)
    feet = standing.landmarks[-2:].mean(axis=0) * np.array([1, 0, 1])
    height = np.linalg.norm(np.diff(camera.project(np.stack([feet, feet + np.array([0, height_m, 0])])), axis=0))
    return Truth(joints, clear, min(cover.pixels(number) / max(whole, 1), 1.0), float(height))
