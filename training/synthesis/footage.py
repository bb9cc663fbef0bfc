"""What is filmed: a person, a room, a camera and a script, all in one small specification that decides every pixel.

    footage = random_footage("anna", 0)                        # Anna's first take
    again = random_footage("anna", 1, ("wave", "clap"))        # the same Anna, elsewhere, doing less
    for captured_at, shot in film(footage): ...

A mirrored camera shows what a mirror shows: the picture is flipped, the person's left hand looks like a right hand,
and every estimator will call it that. So does the ground truth: its joints are flipped and left and right change
names.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import msgspec
import numpy as np

from core.skeleton import MEDIAPIPE33, Array
from training.synthesis.body import random_build
from training.synthesis.motions import ACTIONS
from training.synthesis.render import Renderer, Shot
from training.synthesis.room import Room
from training.synthesis.scene import Camera
from training.synthesis.script import Script, posture_at, random_script
from training.synthesis.style import random_style

RENDERER_VERSION = 3  # raise it whenever the same specification gives other pixels or other ground truth

_SHARES = (0.46, 0.80)  # of the picture's height that a person fills; raised hands need the rest
_SIZES = ((480, 360), (480, 360), (640, 480), (426, 320))


@dataclass(frozen=True, kw_only=True)
class Footage:
    """One clip to be. The same footage always gives the same clip.

    Attributes:
        name: what its files are called: letters, digits, dots, dashes and underscores.
        subject: who is filmed; people are kept apart by it when training and test sets are made.
        person_seed: decides build, clothes and manner.
        room_seed: decides what is around, the light and the noise.
        script: who does what when.
        fps: frames per second.
        width: pixels, even.
        height: pixels, even.
        distance_m: of the camera from the person.
        camera_height_m: of the camera above the floor.
        field_of_view: vertical, radians.
        aside_m: the person stands this far to the right of the picture's middle.
        yaw: the person turns to its left, radians; 0 faces the camera.
        mirrored: as a selfie camera shows it; the ground truth, too.
        noise: of the sensor, grey levels (standard deviation).

    Raises:
        ValueError: a name, size or rate that does not work.
    """

    name: str
    subject: str
    person_seed: int
    room_seed: int
    script: Script
    fps: float = 12.0
    width: int = 480
    height: int = 360
    distance_m: float = 3.0
    camera_height_m: float = 1.2
    field_of_view: float = 0.9
    aside_m: float = 0.0
    yaw: float = 0.0
    mirrored: bool = False
    noise: float = 3.0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w.-]*", self.name):
            raise ValueError(f"{self.name!r} cannot name a file; take letters, digits, dots, dashes and underscores")
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 64:  # noqa: PLR2004 - codecs want that
            raise ValueError(f"a picture of {self.width}x{self.height} cannot be filmed; take even sizes from 64 up")
        if not 1 <= self.fps <= 120 or self.distance_m <= 0:  # noqa: PLR2004 - what cameras do
            raise ValueError(f"{self.fps} frames a second from {self.distance_m} m cannot be filmed")

    @property
    def frames(self) -> int:
        """How many frames the clip has."""
        return max(1, round(self.script.duration_s * self.fps))

    @property
    def camera(self) -> Camera:
        """Where the pictures are taken from."""
        return Camera(self.width, self.height, self.distance_m, self.camera_height_m, self.field_of_view)

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change whenever the clip would."""
        # Through JSON and back: 5 and 5.0 frames a second are the same footage.
        same = msgspec.json.decode(msgspec.json.encode(self), type=Footage)
        return hashlib.sha256(msgspec.json.encode((RENDERER_VERSION, same))).hexdigest()[:12]


def film(footage: Footage) -> Iterator[tuple[float, Shot]]:
    """Every frame with the time since the start of the clip, seconds."""
    rng = np.random.default_rng(footage.person_seed)
    build, style = random_build(rng), random_style(rng)
    renderer = Renderer(
        build,
        Room(footage.room_seed),
        footage.camera,
        yaw=footage.yaw,
        aside_m=footage.aside_m,
        noise=footage.noise,
        seed=footage.room_seed,
    )
    # The same person sways otherwise in every take.
    style = replace(style, phase=style.phase + footage.room_seed % 1000)
    for frame in range(footage.frames):
        t = frame / footage.fps
        shot = renderer.shoot(posture_at(footage.script, t, style))
        yield t, mirror(shot) if footage.mirrored else shot


def mirror(shot: Shot) -> Shot:
    """The shot as a mirror shows it; mirroring twice changes nothing."""
    return Shot(np.asarray(cv2.flip(shot.picture, 1), np.uint8), mirror_joints(shot.joints, shot.picture.shape[1]))


def mirror_joints(joints: Array, width: int) -> Array:
    """(..., 33, 2) pixels in the flipped picture, the left joints under the right ones' names and the reverse."""
    mirrored = joints[..., list(MEDIAPIPE33.mirror), :].copy()
    mirrored[..., 0] = width - mirrored[..., 0]
    return mirrored


def random_footage(subject: str, take: int = 0, actions: tuple[str, ...] = ACTIONS, *, seed: int = 0) -> Footage:
    """One take of a person: the same subject and seed give the same person, another take another room and camera.

    Every action is done once, between stretches of background (`random_script`). The feet are in view, and so are
    raised hands.

    Raises:
        ValueError: an action that does not exist.
    """
    person_seed = _seed(seed, subject)
    rng = np.random.default_rng([person_seed, take])
    build = random_build(np.random.default_rng(person_seed))
    width, height = _SIZES[int(rng.integers(len(_SIZES)))]
    camera = Camera(width, height, 1.0, float(rng.uniform(0.9, 1.6)), float(rng.uniform(0.75, 1.0)))
    distance = camera.focal * build.height_m / (float(rng.uniform(*_SHARES)) * height)
    return Footage(
        name=f"{subject}-{take}",
        subject=subject,
        person_seed=person_seed,
        room_seed=int(rng.integers(2**31)),
        script=random_script(rng, actions),
        fps=float(rng.integers(9, 16)),
        width=width,
        height=height,
        distance_m=round(distance, 3),
        camera_height_m=round(camera.height_m, 3),
        field_of_view=round(camera.field_of_view, 3),
        aside_m=round(float(rng.uniform(-0.12, 0.12)) * distance, 3),
        yaw=round(float(rng.uniform(-0.6, 0.6)), 3),
        mirrored=bool(rng.random() < 0.5),  # noqa: PLR2004 - half of all cameras
        noise=round(float(rng.uniform(1.5, 5.0)), 2),
    )


def _seed(seed: int, subject: str) -> int:
    """The same on every machine and in every process, unlike `hash`."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{subject}".encode()).digest()[:6], "big")
