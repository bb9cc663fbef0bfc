"""MediaPipe's own Pose graph (BlazePose full, Bazarevsky et al. 2020): the reference, one person.

The model is the one bundled with the mediapipe package.
"""

import numpy as np
import numpy.typing as npt

from core.skeleton import Pose
from device.pose import Effort
from device.pose.graph import SolutionGraph
from device.pose.quality import is_person

_LARGEST_ROWS = 480  # the models see 224 and 256 pixels; more rows only cost time


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
        # Landmarks are shares of the picture's width (x, z) and height (y); ours are frame heights.
        aspect = image.shape[1] / image.shape[0]
        joints = landmarks[:, :3] * np.array([aspect, 1, aspect], np.float32)
        score = landmarks[:, 3].clip(0, 1)
        if not is_person(joints, score, aspect=aspect, min_visibility=self._min_visibility):
            return []
        return [Pose(joints, score)]

    def adapt(self, effort: Effort) -> None:
        """There is nothing to choose."""

    def close(self) -> None:
        """Stop the graph's threads."""
        self._graph.close()
