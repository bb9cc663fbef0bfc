import numpy as np

from core.skeleton import CORE15
from device.drawing import LEFT, RIGHT, bones, draw_skeleton


def picture_of(score: np.ndarray, *, bgr: bool = False) -> np.ndarray:
    places = np.array([(10 + 12 * joint, 50 + 40 * (joint % 2)) for joint in range(CORE15.size)], np.float32)
    picture = np.zeros((140, 220, 3), np.uint8)
    draw_skeleton(picture, places, score, bgr=bgr)
    return picture


def colours(picture: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(int(value) for value in colour) for colour in np.unique(picture.reshape(-1, 3), axis=0)}


def test_every_joint_but_the_root_hangs_on_a_bone():
    """Fourteen bones connect the fifteen joints, six of each side."""
    found = list(bones())
    assert len({child for child, _, _ in found}) == CORE15.size - 1
    assert [sum(colour == side for _, _, colour in found) for side in (LEFT, RIGHT)] == [6, 6]


def test_the_sides_have_their_colours_in_either_order():
    """Left and right are drawn in two colours, whose order of channels is the picture's."""
    seen = np.ones(CORE15.size, np.float32)
    assert {LEFT, RIGHT} <= colours(picture_of(seen))
    np.testing.assert_array_equal(picture_of(seen, bgr=True), picture_of(seen)[..., ::-1])


def test_who_is_not_seen_is_not_drawn():
    """Unseen joints, and the bones to them, leave the picture as it was."""
    assert not picture_of(np.zeros(CORE15.size, np.float32)).any()
