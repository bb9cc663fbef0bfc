"""Joint layouts, the maps between them, and the pose that travels through the whole device.

Left and right are always the subject's own. A mirrored picture therefore needs x -> -x *and* the mirror permutation.

    pose = Pose(joints=joints, score=score, layout="mediapipe33")
    core = to_core15(pose)            # (15, 4): x, y, z, score
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layout:
    """The joints of one pose source, in its own order."""

    name: str
    joints: tuple[str, ...]

    @property
    def size(self) -> int:
        """Number of joints V."""
        return len(self.joints)

    @property
    def mirror(self) -> tuple[int, ...]:
        """The permutation that swaps left and right; applying it twice changes nothing."""
        index = {joint: i for i, joint in enumerate(self.joints)}
        return tuple(index[_other_side(joint)] for joint in self.joints)


def _other_side(joint: str) -> str:
    if "left" in joint:
        return joint.replace("left", "right")
    return joint.replace("right", "left")


# Google's MediaPipe Pose documentation, "Pose landmark model": 33 landmarks.
MEDIAPIPE33 = Layout(
    "mediapipe33",
    (
        *("nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer"),
        *("left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder"),
        *("left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky"),
        *("left_index", "right_index", "left_thumb", "right_thumb", "left_hip", "right_hip", "left_knee"),
        *("right_knee", "left_ankle", "right_ankle", "left_heel", "right_heel", "left_foot_index", "right_foot_index"),
    ),
)

# COCO keypoint challenge order.
COCO17 = Layout(
    "coco17",
    (
        *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow"),
        *("right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
        *("left_ankle", "right_ankle"),
    ),
)

# The fifteen joints that every source has, exactly or as a mean: what classifiers see.
CORE15 = Layout(
    "core15",
    (
        *("neck", "mid_hip", "nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
        *("left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
        *("left_ankle", "right_ankle"),
    ),
)

# Parent of each CORE15 joint, for bones; mid_hip is the root and its own parent.
CORE15_PARENTS = (1, 1, 0, 0, 0, 3, 4, 5, 6, 1, 1, 9, 10, 11, 12)

LAYOUTS = {layout.name: layout for layout in (MEDIAPIPE33, COCO17, CORE15)}

# Joints of CORE15 that a source has only as the mean of two of its own.
_MEANS = {"neck": ("left_shoulder", "right_shoulder"), "mid_hip": ("left_hip", "right_hip")}


@dataclass(frozen=True)
class Pose:
    """One person in one picture.

    Attributes:
        joints: (V, 3) float32; x and y in frame heights from the top left corner, z towards the camera negative, in
            the same unit.
        score: (V,) float32 in [0, 1], the estimator's visibility or confidence of each joint.
        layout: the name of the layout that gives V and the order.
    """

    joints: Array
    score: Array
    layout: str = MEDIAPIPE33.name

    def __post_init__(self) -> None:
        size = LAYOUTS[self.layout].size
        if self.joints.shape != (size, 3) or self.score.shape != (size,):
            raise ValueError(
                f"a {self.layout} pose has joints ({size}, 3) and score ({size},), not {self.joints.shape}"
            )


def core15_sources(layout: str) -> tuple[tuple[int, ...], ...]:
    """For each CORE15 joint, the indices in `layout` whose mean it is."""
    index = {joint: i for i, joint in enumerate(LAYOUTS[layout].joints)}
    return tuple(
        (index[joint],) if joint in index else tuple(index[part] for part in _MEANS[joint]) for joint in CORE15.joints
    )


# Both parts of each CORE15 joint, as index arrays; a joint that a layout has itself is twice the same part.
_CORE15_PARTS = {
    name: tuple(np.array([parts[end] for parts in core15_sources(name)]) for end in (0, -1)) for name in LAYOUTS
}


def to_core15(pose: Pose) -> Array:
    """Map a pose of any layout to (15, 4) float32: x, y, z in frame heights, and score.

    The score of a mean is the least of its parts.
    """
    first, second = _CORE15_PARTS[pose.layout]
    mapped = np.empty((CORE15.size, 4), np.float32)
    mapped[:, :3] = (pose.joints[first] + pose.joints[second]) / np.float32(2)
    mapped[:, 3] = np.minimum(pose.score[first], pose.score[second])
    return mapped


def mirror_core15(keypoints: Array) -> Array:
    """The same movement seen in a mirror: (..., 15, 4) -> (..., 15, 4)."""
    mirrored = keypoints[..., list(CORE15.mirror), :].copy()
    mirrored[..., 0] *= -1
    return mirrored
