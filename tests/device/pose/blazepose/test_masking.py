"""Who is followed already is painted over, and nobody else."""

import numpy as np

from device.pose.blazepose.masking import hide
from tests.people import joints_at


def test_head_and_torso_are_painted_over_in_a_copy():
    """Nose, shoulders' middle and hips' middle turn grey; hands, feet and the given picture stay as they were."""
    picture = np.zeros((300, 400, 3), np.uint8)
    joints = joints_at("wave", 0.0)[:, :3].copy()
    joints[:, :2] = (joints[:, :2] - joints[:, :2].min(axis=0)) / np.ptp(joints[:, 1]) * 200 + 50
    painted = hide(picture, [joints])
    places = {
        "nose": joints[0],
        "chest": joints[[11, 12, 23, 24]].mean(axis=0),
        "hips": joints[[23, 24]].mean(axis=0),
        "left ankle": joints[27],
        "right ankle": joints[28],
    }
    grey = {name: bool(painted[round(float(at[1])), round(float(at[0]))].any()) for name, at in places.items()}
    assert grey == {"nose": True, "chest": True, "hips": True, "left ankle": False, "right ankle": False}
    assert not picture.any()


def test_people_outside_of_the_picture_do_no_harm():
    """Somebody half or wholly outside is painted as far as they are inside."""
    joints = np.random.default_rng(0).uniform(-500, 900, (33, 3)).astype(np.float32)
    assert hide(np.zeros((50, 60, 3), np.uint8), [joints, joints + 5000]).shape == (50, 60, 3)
