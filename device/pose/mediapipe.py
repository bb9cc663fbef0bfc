"""MediaPipe's own Pose graph (BlazePose full, Bazarevsky et al. 2020): the reference, one person.

The model is the one bundled with the mediapipe package.
"""

import numpy as np
import numpy.typing as npt

from core.skeleton import MEDIAPIPE33, Array, Pose
from device.pose import Effort
from device.pose.graph import SolutionGraph

_LARGEST_ROWS = 480  # the models see 224 and 256 pixels; more rows only cost time
_TORSO = tuple(MEDIAPIPE33.joints.index(name) for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip"))
_FEWEST_INSIDE = 0.5  # of the 33 joints, inside of the picture


class MediaPipeEstimator:
    """See the module."""

    def __init__(self, *, min_visibility: float) -> None:
        self._min_visibility = min_visibility
        self._graph = SolutionGraph(
            "pose", "Pose", largest_rows=_LARGEST_ROWS, model_complexity=1, enable_segmentation=False
        )

    def estimate(self, image: npt.NDArray[np.uint8], captured_at: float) -> list[Pose]:
        """See `device.pose.PoseEstimator`."""
        found = self._graph.process(image, captured_at).pose_landmarks
        if found is None:
            return []
        landmarks = np.array([(one.x, one.y, one.z, one.visibility) for one in found.landmark], np.float32)
        if not is_person(landmarks, self._min_visibility):
            return []
        # Landmarks are shares of the picture's width (x, z) and height (y); ours are frame heights.
        aspect = np.float32(image.shape[1] / image.shape[0])
        joints = landmarks[:, :3] * np.array([aspect, 1, aspect], np.float32)
        return [Pose(joints, landmarks[:, 3].clip(0, 1).copy())]

    def adapt(self, effort: Effort) -> None:
        """There is nothing to choose."""

    def close(self) -> None:
        """Stop the graph's threads."""
        self._graph.close()


def is_person(landmarks: Array, min_visibility: float) -> bool:
    """Whether landmarks (33, 4; x, y in [0, 1], z, visibility) are somebody whose movement can be judged.

    MediaPipe's tracker happily follows a foot or a face; a body shows its shoulders and hips, and most of it is in the
    picture.
    """
    inside = ((landmarks[:, :2] >= 0) & (landmarks[:, :2] <= 1)).all(axis=1).mean()
    visible = landmarks[list(_TORSO), 3].mean()
    return bool(visible >= min_visibility and inside >= _FEWEST_INSIDE)
