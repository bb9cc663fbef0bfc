"""What counts as a person: enough of a body is seen, and well enough, for its movement to be judged.

Models of single persons happily follow a foot, a face or the arm of a chair. A person shows most of their torso, and
most of their joints are in the picture; who is half out of it, or half behind a table, still counts.

    if is_person(pose.joints, pose.score, aspect=width / height, min_visibility=0.5): ...
"""

from core.skeleton import MEDIAPIPE33, Array

_TORSO = tuple(MEDIAPIPE33.joints.index(name) for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip"))
_FEWEST_INSIDE = 0.5  # of the 33 joints, inside of the picture


def is_person(joints: Array, visibility: Array, *, aspect: float, min_visibility: float) -> bool:
    """Whether these joints are somebody whose movement can be judged.

    Args:
        joints: (33, at least 2) x, y in frame heights.
        visibility: (33,) in [0, 1].
        aspect: of the picture, width by height.
        min_visibility: shoulders and hips must on average be this visible.
    """
    places = joints[:, :2]
    inside = ((places >= 0) & (places <= (aspect, 1))).all(axis=1).mean()
    return bool(visibility[list(_TORSO)].mean() >= min_visibility and inside >= _FEWEST_INSIDE)
