"""People with a cup or a telephone at their face: the same movement, told apart by nothing but the thing in the hand.

    take = handling_take("drink", "anna", 0)        # a Recording with joints and with the boxes of a detector

Joints are the renderer's truth as an estimator would give it, with its jitter; boxes are the truth as a detector would
give it: late and loose, sometimes missing, and now and then the other thing. No picture is drawn. Drinking and
telephoning draw their person, manner and timing from the same distributions, so that a pose alone cannot tell them
apart. In some takes the other thing lies on a table near by: being in view says less than being in the hand.
"""

import hashlib
from dataclasses import dataclass, replace
from math import pi, sin

import numpy as np

from core.skeleton import MEDIAPIPE33, Array
from training.datasets.recording import Recording
from training.synthesis.body import random_build
from training.synthesis.guess import guess
from training.synthesis.kinematics import Vector, pose_body, rotation
from training.synthesis.motions import BACKGROUND, Motion, wave
from training.synthesis.posture import Arm, Posture, blend
from training.synthesis.rest import at_ease, smooth
from training.synthesis.scene import Camera
from training.synthesis.style import MotionStyle, random_style

HANDLINGS = ("drink", "phone", "wave")
THINGS = ("cup", "phone")

_HELD = {"drink": "cup", "phone": "phone"}
_SIZES_M = {"cup": (0.085, 0.10), "phone": (0.075, 0.14)}
_FPS = 15.0
_EASE_S, _ACTION_S = 3.0, 5.0  # before and after; in between
_RISE_S = 0.8
_ON_TABLE = 0.35  # probability


@dataclass(frozen=True)
class Detector:
    """How an object detector errs.

    Attributes:
        miss: share of the frames in which it does not see a thing.
        lapse: probability that it loses a thing for a whole second of a take, behind fingers or in bad light.
        confuse: share of the frames in which it takes one thing for the other.
        jitter: of place and size, as a share of the size.
    """

    miss: float = 0.15
    lapse: float = 0.3
    confuse: float = 0.04
    jitter: float = 0.12


def hold_to_face(t: float, style: MotionStyle) -> Posture:
    """One hand rises to the face, stays there, moving a little, and goes down after four seconds."""
    up = smooth(t / _RISE_S) - smooth((t - _ACTION_S + _RISE_S) / _RISE_S)
    slow = 0.08 * sin(2 * pi * 0.4 * style.tempo * t + style.phase)
    raised = Arm(
        lift=0.55 + 0.45 * style.elbow + slow,
        swing=0.35 + 0.6 * style.sideways,
        fore_lift=2.55 + 0.2 * style.reach + slow,
        fore_swing=-0.2 - 0.4 * style.elbow,
        palm=0.6,
        fist=0.7,
    )
    posture = at_ease(t, style)
    posture = posture.with_arm(style.lead, blend(posture.arm(style.lead), raised, up))
    return replace(posture, trunk=replace(posture.trunk, nod=posture.trunk.nod - 0.15 * up * style.depth))


def handling_take(action: str, subject: str, take: int, detector: Detector = Detector()) -> Recording:
    """Standing at ease, then an action of five seconds, then at ease again.

    Raises:
        ValueError: an action that is none of HANDLINGS.
    """
    if action not in HANDLINGS:
        raise ValueError(f"no handling {action!r}; there are {', '.join(HANDLINGS)}")
    # Neither the action nor the thing decides who does it and how: only the number of the take does.
    rng = np.random.default_rng([_number(subject), take])
    build, style = random_build(np.random.default_rng(_number(subject))), random_style(rng)
    camera = Camera(640, 480, float(rng.uniform(2.2, 4.0)), float(rng.uniform(0.9, 1.6)), float(rng.uniform(0.8, 1.0)))
    place, yaw = np.array([rng.uniform(-0.4, 0.4), 0.0, 0.0]), float(rng.uniform(-0.6, 0.6))
    times = np.arange(0.0, _ACTION_S + 2 * _EASE_S, 1 / _FPS)
    motion = wave if action == "wave" else hold_to_face
    turned = rotation(turn=yaw).T
    landmarks = np.stack([pose_body(build, _posture(motion, t, style)).landmarks @ turned + place for t in times])
    during = (times >= _EASE_S) & (times < _EASE_S + _ACTION_S)
    return Recording(
        name=f"{action}-{subject}-{take}",
        subject=subject,
        times=times,
        joints=guess(landmarks, camera, rng),
        labels=np.where(during, HANDLINGS.index(action) + 1, 0),
        classes=(BACKGROUND, *HANDLINGS),
        has_depth=False,
        objects=_detect(_things(action, landmarks, style, rng), camera, detector, rng),
        object_names=THINGS,
    )


def _posture(motion: Motion, t: float, style: MotionStyle) -> Posture:
    """At ease, into the action and out of it again."""
    during = smooth((t - _EASE_S) / _RISE_S) - smooth((t - _EASE_S - _ACTION_S + _RISE_S) / _RISE_S)
    return blend(at_ease(t, style), motion(max(t - _EASE_S, 0.0), style), during)


def _things(action: str, landmarks: Vector, style: MotionStyle, rng: np.random.Generator) -> Vector:
    """(N, things, 3) metres: in the hand, on the table, or NaN where there is none."""
    wrist, knuckle = (MEDIAPIPE33.index[f"{style.lead}_{joint}"] for joint in ("wrist", "index"))
    places = np.full((len(landmarks), len(THINGS), 3), np.nan)
    for number, thing in enumerate(THINGS):
        on_table = np.array([rng.choice([-1, 1]) * rng.uniform(0.4, 0.7), rng.uniform(0.7, 0.9), 0.2])
        is_there = rng.random() < _ON_TABLE
        if thing == _HELD.get(action):
            places[:, number] = (landmarks[:, wrist] + landmarks[:, knuckle]) / 2
        elif is_there:
            places[:, number] = on_table
    return places


def _detect(things: Vector, camera: Camera, detector: Detector, rng: np.random.Generator) -> Array:
    """(N, things, 5) boxes in frame heights; see Detector."""
    frames = len(things)
    seen = camera.see(things)
    sizes = np.array([_SIZES_M[thing] for thing in THINGS]) * camera.focal / seen[..., 2:] / camera.height
    places = camera.flatten(seen) / camera.height
    boxes = np.concatenate([places, sizes, rng.uniform(0.45, 0.95, (frames, len(THINGS), 1))], axis=-1)
    boxes[..., :4] += detector.jitter * np.tile(sizes, 2) * rng.normal(size=(frames, len(THINGS), 4))
    boxes[rng.random((frames, len(THINGS))) < detector.miss] = 0
    for number in range(len(THINGS)):
        start = int(rng.integers(frames)) if rng.random() < detector.lapse else frames
        boxes[start : start + round(_FPS), number] = 0
    boxes[np.isnan(boxes).any(axis=-1)] = 0
    confused = rng.random(frames) < detector.confuse
    boxes[confused] = boxes[confused, ::-1]
    found: Array = boxes.astype(np.float32)
    return found


def _number(subject: str) -> int:
    """The same on every machine and in every process, unlike `hash`."""
    return int.from_bytes(hashlib.sha256(subject.encode()).digest()[:6], "big")
