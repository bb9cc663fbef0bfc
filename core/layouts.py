"""The joints of every pose source that can be imported, each in the source's own order.

Left and right are always the subject's own, so a layout's mirror permutation follows from its names alone.

    LAYOUTS["ntu25"].joints[20]        # 'spine_shoulder'
    COCO17.mirror                      # (0, 2, 1, 4, 3, ...)
"""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Layout:
    """The joints of one pose source, in its own order."""

    name: str
    joints: tuple[str, ...]

    @property
    def size(self) -> int:
        """Number of joints V."""
        return len(self.joints)

    @cached_property
    def index(self) -> dict[str, int]:
        """Where each joint is."""
        return {joint: i for i, joint in enumerate(self.joints)}

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """The permutation that swaps left and right; applying it twice changes nothing.

        A joint without a counterpart, as in a hand on its own, stays where it is.
        """
        return tuple(self.index[_other_side(joint)] for joint in self.joints)


def _other_side(joint: str) -> str:
    if "left" in joint:
        return joint.replace("left", "right")
    return joint.replace("right", "left")


def _both_sides(*parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for part in parts for side in ("left", "right"))


# Google's MediaPipe Pose documentation, "Pose landmark model": 33 landmarks.
MEDIAPIPE33 = Layout(
    "mediapipe33",
    (
        *("nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer"),
        *("left_ear", "right_ear", "mouth_left", "mouth_right"),
        *_both_sides("shoulder", "elbow", "wrist", "pinky", "index", "thumb"),
        *_both_sides("hip", "knee", "ankle", "heel", "foot_index"),
    ),
)

# COCO keypoint challenge order.
COCO17 = Layout("coco17", ("nose", *_both_sides("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")))

# OpenPose documentation, "Output format", COCO model; also the order of Kinetics-skeleton.
OP18 = Layout(
    "op18",
    (
        *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
        *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
        *("right_eye", "left_eye", "right_ear", "left_ear"),
    ),
)

# OpenPose documentation, "Output format", BODY_25.
BODY25 = Layout(
    "body25",
    (
        *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
        *("mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
        *("right_eye", "left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel"),
        *("right_big_toe", "right_small_toe", "right_heel"),
    ),
)

# Kinect v2 as in the NTU RGB+D papers, whose joint 1 is our 0. Between the shoulders is `spine_shoulder`, not `neck`.
NTU25 = Layout(
    "ntu25",
    (
        *("spine_base", "spine_mid", "neck", "head", "left_shoulder", "left_elbow", "left_wrist", "left_hand"),
        *("right_shoulder", "right_elbow", "right_wrist", "right_hand", "left_hip", "left_knee", "left_ankle"),
        *("left_foot", "right_hip", "right_knee", "right_ankle", "right_foot", "spine_shoulder"),
        *("left_hand_tip", "left_thumb", "right_hand_tip", "right_thumb"),
    ),
)

# Kinect v1 in the order of MSR-Action3D's files.
KINECT20 = Layout(
    "kinect20",
    (
        *("left_shoulder", "right_shoulder", "shoulder_centre", "spine", "left_hip", "right_hip", "hip_centre"),
        *_both_sides("elbow", "wrist", "hand", "knee", "ankle", "foot"),
        "head",
    ),
)

# JHMDB's README.
JHMDB15 = Layout(
    "jhmdb15",
    (
        *("neck", "belly", "face", "right_shoulder", "left_shoulder", "right_hip", "left_hip", "right_elbow"),
        *("left_elbow", "right_knee", "left_knee", "right_wrist", "left_wrist", "right_ankle", "left_ankle"),
    ),
)

# Google's MediaPipe Hands documentation, "Hand landmark model"; which hand it is, the layout does not say.
HAND21 = Layout(
    "hand21",
    (
        "wrist",
        *("thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip"),
        *(
            f"{finger}_{part}"
            for finger in ("index", "middle", "ring", "pinky")
            for part in ("mcp", "pip", "dip", "tip")
        ),
    ),
)

# MediaPipe Holistic without the face: the pose, then the left hand, then the right one.
HOLISTIC75 = Layout(
    "holistic75",
    (*MEDIAPIPE33.joints, *(f"{side}_hand_{joint}" for side in ("left", "right") for joint in HAND21.joints)),
)

# The fifteen joints that every body source has, exactly, as a mean or nearly: what classifiers see.
CORE15 = Layout(
    "core15",
    ("neck", "mid_hip", "nose", *_both_sides("shoulder", "elbow", "wrist", "hip", "knee", "ankle")),
)

LAYOUTS = {
    layout.name: layout
    for layout in (*(MEDIAPIPE33, COCO17, CORE15, OP18, BODY25, NTU25, KINECT20, JHMDB15, HAND21, HOLISTIC75),)
}
