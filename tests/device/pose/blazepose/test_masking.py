"""Who is followed already is painted over, and nobody else."""

import numpy as np
import pytest

from core.skeleton import MEDIAPIPE33
from device.pose.blazepose.masking import bare_share, erase, hide
from tests.people import joints_at

LIMBS = [
    MEDIAPIPE33.joints.index(f"{side}_{part}") for side in ("left", "right") for part in ("elbow", "knee", "ankle")
]


def body(x: float = 0.0):
    """Somebody 200 pixels tall in the upper left of a picture, `x` heights to the right."""
    joints = joints_at("wave", 0.0)[:, :3].copy()
    joints[:, :2] = (joints[:, :2] - joints[:, :2].min(axis=0)) / np.ptp(joints[:, 1]) * 200 + (50 + 200 * x, 50)
    return joints


def test_head_and_torso_are_painted_over_in_a_copy():
    """Nose, shoulders' middle and hips' middle turn grey; hands, feet and the given picture stay as they were."""
    picture = np.zeros((300, 400, 3), np.uint8)
    joints = body()
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
    for paint in (hide, erase):
        assert paint(np.zeros((50, 60, 3), np.uint8), [joints, joints + 5000]).shape == (50, 60, 3)


def test_an_erased_body_gives_way_to_what_is_around_it():
    """Trunk and limbs become as bright as their surroundings, here a wall that is darker on the right; a copy."""
    wall = np.repeat(np.linspace(200, 100, 400, dtype=np.uint8)[None, :, None], 300, axis=0).repeat(3, axis=2)
    picture, joints = wall.copy(), body()
    places = np.concatenate([joints[LIMBS, :2], joints[[11, 12, 23, 24], :2].mean(axis=0)[None]]).round().astype(int)
    for x, y in places:
        picture[y - 3 : y + 4, x - 3 : x + 4] = 0
    erased = erase(picture, [joints])
    for x, y in places:
        assert abs(int(erased[y, x, 0]) - int(wall[y, x, 0])) < 20
        assert not picture[y, x].any()


def test_nothing_else_is_erased():
    """Two trunks away from anybody the picture is the same."""
    picture = np.random.default_rng(3).integers(0, 255, (300, 700, 3), np.uint8)
    np.testing.assert_array_equal(erase(picture, [body()])[:, 400:], picture[:, 400:])
    assert (erase(picture, [body()]) != picture).any()


def test_what_is_before_everything_leaves_a_picture_as_it_is():
    """Where nothing of the surroundings is left there is nothing to draw."""
    picture = np.full((6, 6, 3), 9, np.uint8)
    np.testing.assert_array_equal(erase(picture, [(body() - (100, 100, 0)) * 40]), picture)


@pytest.mark.parametrize("scale", [0.3, 1, 4])
def test_who_stands_beside_is_barer_the_farther_off(scale):
    """Nothing of somebody is seen where they were erased themselves, all beside them, and more with every step."""
    shares = [bare_share(body(x) * scale, [body() * scale]) for x in (0.0, 0.05, 0.1, 0.2, 1.5)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert bare_share(body(), []) == 1
