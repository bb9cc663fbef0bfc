"""MediaPipe Holistic: body, face and both hands of one person, for models of signs and gestures.

All of its models are bundled with the mediapipe package. A hand or a face that is not found has a score of 0, and is
zeros in the vector that sign models take: 1662 values, pose 33 x (x, y, z, visibility), face 468 x 3, left hand 21 x 3,
right hand 21 x 3, as shares of the picture.

    estimator = HolisticEstimator(min_visibility=0.5)
    poses = estimator.estimate(image, captured_at)              # layout holistic75
    vector = estimator.look(image, captured_at).vector()        # (1662,)
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.skeleton import HAND21, HOLISTIC75, MEDIAPIPE33, Array, Pose
from device.pose import Effort
from device.pose.graph import SolutionGraph

VECTOR_SIZE = 1662
_FACE_POINTS = 468
_LARGEST_ROWS = 1080  # hands and faces are cut out of the picture: more rows show more of them
_SHOULDERS = [MEDIAPIPE33.index[name] for name in ("left_shoulder", "right_shoulder")]
_HIPS = [MEDIAPIPE33.index[name] for name in ("left_hip", "right_hip")]
_BEYOND_DOUBT = 0.98  # the visibility of signers' shoulders; a face's came to 0.94
_WRISTS = [MEDIAPIPE33.index[name] for name in ("left_wrist", "right_wrist")]


@dataclass(frozen=True)
class Landmarks:
    """What Holistic finds in a picture: shares of its width (x, z) and height (y). What is not found is zeros.

    Attributes:
        pose: (33, 4) x, y, z, visibility; z is zero between the hips.
        face: (468, 3).
        left_hand: (21, 3); z is zero at the wrist.
        right_hand: (21, 3), likewise.
    """

    pose: Array
    face: Array
    left_hand: Array
    right_hand: Array

    def vector(self) -> Array:
        """All of it, (1662,) float32."""
        return np.concatenate([part.ravel() for part in (self.pose, self.face, self.left_hand, self.right_hand)])

    def to_pose(self, aspect: float) -> Pose:
        """Body and hands in frame heights; `aspect` is the picture's width by its height."""
        hands = [self.left_hand.copy(), self.right_hand.copy()]
        found = [hand.any() for hand in hands]
        for hand, wrist, there in zip(hands, _WRISTS, found, strict=True):
            hand[:, 2] += self.pose[wrist, 2] * there
        joints = np.concatenate([self.pose[:, :3], *hands]) * (aspect, 1, aspect)
        score = np.concatenate([self.pose[:, 3].clip(0, 1), np.repeat(found, HAND21.size)])
        return Pose(joints.astype(np.float32), score.astype(np.float32), HOLISTIC75.name)


class HolisticEstimator:
    """See the module."""

    def __init__(self, *, min_visibility: float) -> None:
        self._min_visibility = min_visibility
        # What the graph reads of its options is only known once the face's own solution is loaded, too.
        self._graph = SolutionGraph(
            "holistic", "Holistic", largest_rows=_LARGEST_ROWS, also=("face_mesh",), model_complexity=1
        )

    def look(self, image: npt.NDArray[np.uint8], captured_at: float) -> Landmarks:
        """Whatever is found in a picture (H, W, 3) uint8 BGR, whether it is a person to judge or not."""
        found = self._graph.process(image, captured_at)
        pose = np.zeros((MEDIAPIPE33.size, 4), np.float32)
        pose[:, :3] = _points(found.pose_landmarks, MEDIAPIPE33.size)
        if found.pose_landmarks is not None:
            pose[:, 3] = [one.visibility for one in found.pose_landmarks.landmark]
        face = _points(found.face_landmarks, _FACE_POINTS)
        hands = (found.left_hand_landmarks, found.right_hand_landmarks)
        return Landmarks(pose, face, *(_points(hand, HAND21.size) for hand in hands))

    def estimate(self, image: npt.NDArray[np.uint8], captured_at: float) -> list[Pose]:
        """See `device.pose.PoseEstimator`."""
        landmarks = self.look(image, captured_at)
        if not is_signer(landmarks.pose, self._min_visibility):
            return []
        return [landmarks.to_pose(image.shape[1] / image.shape[0])]

    def adapt(self, effort: Effort) -> None:
        """There is nothing to choose."""

    def close(self) -> None:
        """Stop the graph's threads."""
        self._graph.close()


def is_signer(pose: Array, min_visibility: float) -> bool:
    """Whether landmarks (33, 4; x, y in [0, 1], z, visibility) are somebody whose hands can be judged.

    Both shoulders must be inside of the picture. Who signs often sits at a table: where hips are not seen, shoulders
    must be seen beyond doubt. In three recordings of signers they always were, in a close-up of a face almost never.
    """
    shoulders = pose[_SHOULDERS]
    inside = ((shoulders[:, :2] > 0) & (shoulders[:, :2] < 1)).all()
    torso = min(shoulders[:, 3].mean(), pose[_HIPS, 3].mean())
    visible = torso >= min_visibility or shoulders[:, 3].min() >= _BEYOND_DOUBT
    return bool(inside and visible)


def _points(found: Any, count: int) -> Array:  # noqa: ANN401 - mediapipe has no types
    if found is None:
        return np.zeros((count, 3), np.float32)
    return np.array([(one.x, one.y, one.z) for one in found.landmark], np.float32)
