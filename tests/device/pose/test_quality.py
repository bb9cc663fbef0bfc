"""A person is somebody of whom enough is seen, wherever the rest of them is."""

import numpy as np
import pytest

from core.skeleton import MEDIAPIPE33
from device.pose.quality import is_person
from tests.people import joints_at

FACE = tuple(MEDIAPIPE33.joints[:11])
LEGS = ("knee", "ankle", "heel", "foot_index")
HAND = ("elbow", "wrist", "pinky", "index", "thumb")
LEFT = tuple(joint for joint in MEDIAPIPE33.joints if "left" in joint)


def both(*parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for side in ("left", "right") for part in parts)


SIGHTS = {
    "whole": (MEDIAPIPE33.joints, True),
    "half": (LEFT, True),
    "behind a table": ((*FACE, *both("shoulder", *HAND)), True),
    "sitting close": ((*both("shoulder", "hip", "elbow"),), True),
    "legs only": (both(*LEGS), False),
    "four legs": (both("shoulder", "hip", *LEGS), False),
    "feet": (both("ankle", "heel", "foot_index"), False),
    "face": (FACE, False),
    "face and a hand": ((*FACE, *both("shoulder"), "right_wrist", "right_index", "right_thumb"), False),
    "arm": (("left_shoulder", *(f"left_{part}" for part in HAND)), False),
    "nothing": ((), False),
}


@pytest.mark.parametrize("hidden_by", ["visibility", "frame"])
@pytest.mark.parametrize(("seen", "person"), SIGHTS.values(), ids=SIGHTS)
def test_a_person_is_whoever_shows_enough_of_a_body(seen, person, hidden_by):
    """Half a body is a person, a face, a foot or an arm is none; what is outside of the picture counts as not seen."""
    joints, visibility = joints_at("wave", 0.5)[:, :3].copy(), np.full(MEDIAPIPE33.size, 0.9, np.float32)
    joints[:, :2] = 0.5
    missing = [index for index, joint in enumerate(MEDIAPIPE33.joints) if joint not in seen]
    if hidden_by == "visibility":
        visibility[missing] = 0.4
    else:
        joints[missing, 0] = 1.4
    assert is_person(joints, visibility, aspect=4 / 3, min_visibility=0.5) == person


def test_the_least_visibility_is_a_choice():
    """The same sight is a person or not, depending on how visible a joint must be."""
    joints, visibility = np.full((33, 3), 0.5, np.float32), np.full(33, 0.6, np.float32)
    assert is_person(joints, visibility, aspect=1.0, min_visibility=0.6)
    assert not is_person(joints, visibility, aspect=1.0, min_visibility=0.61)
