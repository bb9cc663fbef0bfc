"""MediaPipe's own Pose graph (BlazePose full, Bazarevsky et al. 2020): the reference, one person.

The model is the one bundled with the mediapipe package. Of that package only the Pose solution is imported: the rest
loads Matplotlib, and TensorFlow where it is installed, which takes two seconds and 55 MB that a board does not have.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.skeleton import MEDIAPIPE33, Array, Pose
from device.pose import Effort

_LARGEST_ROWS = 480  # the models see 224 and 256 pixels; more rows only cost time
_TORSO = tuple(MEDIAPIPE33.joints.index(name) for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip"))
_FEWEST_INSIDE = 0.5  # of the 33 joints, inside of the picture
_MICROSECONDS = 1_000_000
_GRAPH_STEP_US = 33_333  # what the Python wrapper adds to its own clock before every picture


class MediaPipeEstimator:
    """See the module."""

    def __init__(self, *, min_visibility: float) -> None:
        self._min_visibility = min_visibility
        self._graph = _load().Pose(model_complexity=1, enable_segmentation=False)
        self._newest_us = -1
        # The first picture costs half a second; paid before a camera runs, it does not look like somebody's absence.
        self.estimate(np.zeros((_LARGEST_ROWS, _LARGEST_ROWS, 3), np.uint8), 0.0)

    def estimate(self, image: npt.NDArray[np.uint8], captured_at: float) -> list[Pose]:
        """See `device.pose.PoseEstimator`."""
        import cv2

        rows, columns = image.shape[:2]
        if rows > _LARGEST_ROWS:
            size = (round(columns * _LARGEST_ROWS / rows), _LARGEST_ROWS)
            # Averaging (INTER_AREA) takes fourteen times as long and moves no joint by more than 0.2 % of a body.
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        self._set_clock(captured_at)
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

    def adapt(self, effort: Effort) -> None:
        """There is nothing to choose."""

    def close(self) -> None:
        """Stop the graph's threads."""
        self._graph.close()

    def _set_clock(self, captured_at: float) -> None:
        """Tell the graph's smoothing the true time; it assumes 30 pictures a second, and lags when fewer come."""
        self._newest_us = max(int(captured_at * _MICROSECONDS), self._newest_us + 1)  # the graph wants it to grow
        self._graph._simulated_timestamp = self._newest_us - _GRAPH_STEP_US  # noqa: SLF001 - there is no other way in


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

        if "mediapipe" not in sys.modules:
            _place_bare_packages("mediapipe", "mediapipe.python", "mediapipe.python.solutions")
        from mediapipe.python.solutions import pose
    except ImportError as exc:
        raise InputError(
            f"the MediaPipe estimator needs a package that is not installed ({exc.name}); "
            "install posefleet[device], or set pose.estimator to another one"
        ) from exc
    cv2.setNumThreads(1)  # small pictures: more threads cost more than they bring
    return pose


def _place_bare_packages(*names: str) -> None:
    """From now on modules can be imported from these packages without running their __init__."""
    spec = find_spec(names[0])
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {names[0]!r}", name=names[0])
    root = Path(spec.submodule_search_locations[0])
    for name in names:
        package = ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
