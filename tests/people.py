"""People made of formulas, for tests that need poses and no pictures: (33, 4) MediaPipe joints at any moment.

x, y and z are in frame heights, the fourth number is the visibility. The actions are those of `tests.tiny`.
"""

import functools
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.skeleton import MEDIAPIPE33, Pose
from core.window import WindowSpec

Array = npt.NDArray[np.float32]
_INDEX = {name: number for number, name in enumerate(MEDIAPIPE33.joints)}
_JITTER = np.random.default_rng(0).uniform(1, 9, (MEDIAPIPE33.size, 2))  # an estimator's; any numbers will do

# Somebody who stands; the unit is the torso, the origin is between the hips, y points down.
_STANDING = {
    "nose": (0.0, -1.45),
    "left_shoulder": (0.35, -1.0),
    "right_shoulder": (-0.35, -1.0),
    "left_elbow": (0.45, -0.5),
    "right_elbow": (-0.45, -0.5),
    "left_wrist": (0.45, 0.0),
    "right_wrist": (-0.45, 0.0),
    "left_hip": (0.2, 0.0),
    "right_hip": (-0.2, 0.0),
    "left_knee": (0.2, 0.8),
    "right_knee": (-0.2, 0.8),
    "left_ankle": (0.2, 1.6),
    "right_ankle": (-0.2, 1.6),
}


def joints_at(action: str, seconds: float, *, seed: int = 0) -> Array:
    """(33, 4) joints of somebody (who, where and how fast depends on the seed) in the middle of an action."""
    torso, left, top, pace, phase = _person(seed)
    body = {name: np.array(place) for name, place in _STANDING.items()}
    _move(body, action, math.sin(2 * math.pi * pace * seconds + phase))
    joints = np.zeros((MEDIAPIPE33.size, 4), np.float32)
    joints[:, :2] = body["nose"]
    for name, place in body.items():
        joints[_INDEX[name], :2] = place
    joints[:, :2] += 0.01 * np.sin(_JITTER * (seconds * 97 + phase))
    joints[:, :2] = joints[:, :2] * torso + (left, top)
    joints[:, 3] = 0.95
    return joints


@functools.cache
def _person(seed: int) -> tuple[float, float, float, float, float]:
    """Torso length, place, pace in movements per second, phase."""
    low, high = (0.15, 0.4, 0.45, 0.8, 0.0), (0.22, 0.9, 0.55, 1.2, 2 * math.pi)
    torso, left, top, pace, phase = np.random.default_rng(seed).uniform(low, high)
    return float(torso), float(left), float(top), float(pace), float(phase)


def _move(body: dict[str, npt.NDArray[np.float64]], action: str, swing: float) -> None:
    if action == "wave":
        body["right_elbow"] = np.array([-0.75, -1.15])
        body["right_wrist"] = np.array([-0.75 + 0.35 * swing, -1.65])
    elif action == "clap":
        for side, sign in (("left", 1), ("right", -1)):
            body[f"{side}_elbow"] = np.array([sign * 0.45, -0.6])
            body[f"{side}_wrist"] = np.array([sign * (0.3 + 0.28 * swing), -0.7])
    elif action == "squat":
        down = 0.4 * (1 + swing)
        for name in body:
            if "ankle" not in name:
                body[name] += (0, down if "knee" not in name else down / 3)
    else:
        for side in ("left", "right"):
            body[f"{side}_wrist"] += (0.03 * swing, 0)


def pose_at(action: str, seconds: float, *, seed: int = 0) -> Pose:
    """The same as a Pose."""
    joints = joints_at(action, seconds, seed=seed)
    return Pose(joints[:, :3], joints[:, 3])


@functools.cache
def windows(labels: tuple[str, ...], each: int, *, seed: int = 0) -> tuple[Array, npt.NDArray[np.int64]]:
    """Keypoint windows (N, T, 15, 4) and their labels (N,): `each` people per label."""
    spec = WindowSpec()
    times = np.arange(spec.length) / spec.rate_hz
    keypoints = [
        [pose_at(label, float(t), seed=seed + 1000 * person).core15 for t in times]
        for label in labels
        for person in range(each)
    ]
    return np.array(keypoints, np.float32), np.repeat(np.arange(len(labels)), each)


def write_recording(path: Path, script: Sequence[tuple[str, float]], *, fps: float = 15.0, seed: int = 0) -> float:
    """Stored keypoints, as the `recording` pose estimator replays them: actions with their lengths in seconds.

    Returns the recording's length in seconds. An action called `nobody` is an empty room.
    """
    times: list[float] = []
    joints: list[Array] = []
    for action, seconds in script:
        for _ in range(round(seconds * fps)):
            times.append(len(times) / fps)
            joints.append(
                np.full((MEDIAPIPE33.size, 4), np.nan, np.float32)
                if action == "nobody"
                else joints_at(action, times[-1], seed=seed)
            )
    np.savez(path, times=np.array(times), joints=np.array(joints))
    return len(times) / fps
