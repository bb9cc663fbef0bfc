"""How far poses are from rendered people, of whom the renderer knows where they are.

away = distances(poses, truths, stage.height, hidden=False)     # (people, poses), in body heights
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.skeleton import Pose
from training.synthesis import Truth

_LIMBS = slice(11, 29)  # shoulders to ankles of MEDIAPIPE33
_NOWHERE = 1.0  # body heights, from somebody of whom no joint counts


def distances(poses: Sequence[Pose], truths: Sequence[Truth], rows: int, *, hidden: bool) -> npt.NDArray[np.float64]:
    """Mean distance (people, poses) of the limbs' joints, in heights of the person's body.

    Args:
        poses: joints in picture heights.
        truths: joints in pixels.
        rows: the picture's height, pixels.
        hidden: whether joints that something is before count as well; if none does, a person is far from every pose.
    """
    return np.array([[_distance(pose, truth, rows, hidden=hidden) for pose in poses] for truth in truths])


def _distance(pose: Pose, truth: Truth, rows: int, *, hidden: bool) -> float:
    apart = np.linalg.norm(pose.joints[_LIMBS, :2] * rows - truth.joints[_LIMBS], axis=1)
    counted = apart if hidden else apart[truth.clear[_LIMBS]]
    return float(counted.mean() / truth.height) if counted.size else _NOWHERE
