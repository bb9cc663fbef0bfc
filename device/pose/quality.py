"""What counts as a person: enough of a body is seen for its movement to be judged.

Models of single persons happily follow a foot, a face or the arm of a chair. Of a person two of the torso's four joints
are seen, five of the twelve of torso and limbs, and an elbow or a wrist, which a dog never has. So who is half out of
the picture, half behind a wall, or sits behind a table still counts (tests/device/pose/test_quality.py).

    if is_person(pose.joints, pose.score, aspect=width / height, min_visibility=0.5): ...
"""

from core.skeleton import MEDIAPIPE33, Array

_TORSO = [MEDIAPIPE33.joints.index(f"{side}_{part}") for part in ("shoulder", "hip") for side in ("left", "right")]
_ARMS = [MEDIAPIPE33.joints.index(f"{side}_{part}") for part in ("elbow", "wrist") for side in ("left", "right")]
_LEGS = [MEDIAPIPE33.joints.index(f"{side}_{part}") for part in ("knee", "ankle") for side in ("left", "right")]
_FEWEST_OF_TORSO = 2
_FEWEST = 5  # a face leaves at most shoulders and a raised hand, feet leave knees and ankles


def is_person(joints: Array, visibility: Array, *, aspect: float, min_visibility: float) -> bool:
    """Whether these joints are somebody whose movement can be judged.

    Args:
        joints: (33, at least 2) x, y in frame heights.
        visibility: (33,) in [0, 1].
        aspect: of the picture, width by height.
        min_visibility: from here on a joint is seen, if it is inside of the picture.
    """
    inside = ((joints[:, :2] >= 0) & (joints[:, :2] <= (aspect, 1))).all(axis=1)
    seen = inside & (visibility >= min_visibility)
    torso, arms, legs = (int(seen[part].sum()) for part in (_TORSO, _ARMS, _LEGS))
    return torso >= _FEWEST_OF_TORSO and arms > 0 and torso + arms + legs >= _FEWEST
