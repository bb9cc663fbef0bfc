"""Joints as an estimator would have given them, without a picture: the truth, a little beside itself.

joints = guess(landmarks, camera, rng)      # (N, 33, 3) metres -> (N, 33, 4)
"""

import numpy as np

from core.skeleton import Array
from training.synthesis.scene import Camera, Vector

_OFF, _JITTER = 0.008, 0.004  # frame heights; a body is about 0.7 of them
_SCORE = 0.95


def guess(landmarks: Vector, camera: Camera, rng: np.random.Generator) -> Array:
    """(N, 33, 3) metres in the world -> (N, 33, 4) in frame heights: x, y, no depth, and score."""
    joints = np.zeros((*landmarks.shape[:2], 4))
    joints[..., :2] = camera.project(landmarks) / camera.height
    joints[..., :2] += _OFF * rng.normal(size=(1, landmarks.shape[1], 2))  # the same throughout: how it sees this body
    joints[..., :2] += _JITTER * rng.normal(size=(*landmarks.shape[:2], 2))
    joints[..., 3] = _SCORE
    return joints.astype(np.float32)
