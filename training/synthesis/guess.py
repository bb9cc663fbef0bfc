"""Joints as an estimator would have given them, without a picture: the truth, a little beside itself.

joints = guess(landmarks, camera, rng)      # (N, 33, 3) metres -> (N, 33, 4)
"""

import numpy as np
import numpy.typing as npt

from core.skeleton import Array
from training.synthesis.scene import Camera, Vector

_OFF, _JITTER = 0.008, 0.004  # frame heights; a body is about 0.7 of them
_SCORE = 0.95
# Of joints behind something; `blazepose` was found to err by 0.04 there (median), with scores from nothing to all.
_OFF_HIDDEN, _JITTER_HIDDEN, _SCORES_HIDDEN = 0.03, 0.01, (0.1, 0.95)


def guess(
    landmarks: Vector, camera: Camera, rng: np.random.Generator, hidden: npt.NDArray[np.bool_] | None = None
) -> Array:
    """(N, 33, 3) metres in the world -> (N, 33, 4) in frame heights: x, y, no depth, and score.

    Args:
        landmarks: where the joints are.
        camera: what sees them.
        rng: where chance comes from.
        hidden: (N, 33), which joints are behind something; none when None.
    """
    count = landmarks.shape[1]
    joints = np.zeros((*landmarks.shape[:2], 4))
    joints[..., :2] = camera.project(landmarks) / camera.height
    joints[..., :2] += _OFF * rng.normal(size=(1, count, 2))  # the same throughout: how it sees this body
    joints[..., :2] += _JITTER * rng.normal(size=(*landmarks.shape[:2], 2))
    joints[..., 3] = _SCORE
    if hidden is not None:
        wrong = _OFF_HIDDEN * rng.normal(size=(1, count, 2))
        wrong = wrong + _JITTER_HIDDEN * rng.normal(size=(*landmarks.shape[:2], 2))
        joints[..., :2] += wrong * hidden[..., None]
        joints[..., 3] = np.where(hidden, rng.uniform(*_SCORES_HIDDEN, (1, count)), joints[..., 3])
    return joints.astype(np.float32)
