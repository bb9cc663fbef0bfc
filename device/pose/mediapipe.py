"""MediaPipe's own Pose graph (BlazePose full, Bazarevsky et al. 2020): the reference, one person.

The model is the one bundled with the mediapipe package. MediaPipe loads TensorFlow when that is installed, for
documentation decorators only; a daemon has no memory for it, so the import is done as if it were not there.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.skeleton import MEDIAPIPE33, Array, Pose

_LARGEST_ROWS = 480  # the models see 224 and 256 pixels; more rows only cost time
_TORSO = tuple(MEDIAPIPE33.joints.index(name) for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip"))
_FEWEST_INSIDE = 0.5  # of the 33 joints, inside of the picture


class MediaPipeEstimator:
    """See the module."""

    def __init__(self, *, min_visibility: float) -> None:
        self._min_visibility = min_visibility
        self._graph = _load().Pose(model_complexity=1, enable_segmentation=False)

    def estimate(self, image: npt.NDArray[np.uint8], captured_at: float) -> list[Pose]:
        """See `device.pose.PoseEstimator`."""
        del captured_at  # the graph assumes 30 frames a second for its smoothing
        import cv2

        rows, columns = image.shape[:2]
        if rows > _LARGEST_ROWS:
            size = (round(columns * _LARGEST_ROWS / rows), _LARGEST_ROWS)
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        found = self._graph.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).pose_landmarks
        if found is None:
            return []
        landmarks = np.array([(one.x, one.y, one.z, one.visibility) for one in found.landmark], np.float32)
        if not is_person(landmarks, self._min_visibility):
            return []
        # Landmarks are shares of the picture's width (x, z) and height (y); ours are frame heights.
        aspect = np.float32(columns / rows)
        joints = landmarks[:, :3] * np.array([aspect, 1, aspect], np.float32)
        return [Pose(joints, landmarks[:, 3].clip(0, 1).copy())]

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


def _load() -> Any:  # noqa: ANN401 - mediapipe has no types
    try:
        import cv2

        with _without("tensorflow"):
            from mediapipe.python.solutions import pose
    except ImportError as exc:
        raise InputError(
            f"the MediaPipe estimator needs a package that is not installed ({exc.name}); "
            "install posefleet[device], or set pose.estimator to another one"
        ) from exc
    cv2.setNumThreads(1)  # small pictures: more threads cost more than they bring
    return pose


@contextmanager
def _without(name: str) -> Iterator[None]:
    """Let imports of a package fail inside the block, unless it is there already."""
    absent = name not in sys.modules
    if absent:
        sys.modules[name] = None  # type: ignore[assignment] # what the import system looks for
    try:
        yield
    finally:
        if absent:
            del sys.modules[name]
