"""Joint layouts and the maps between them."""

import numpy as np
import pytest

from core.skeleton import CORE15, CORE15_PARENTS, LAYOUTS, Pose, mirror_core15, to_core15


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_mirror_is_an_involution_that_keeps_sides_apart(layout):
    """Mirroring twice changes nothing, and every left joint meets its right one."""
    mirror = layout.mirror
    assert [mirror[mirror[i]] for i in range(layout.size)] == list(range(layout.size))
    for joint, other in zip(layout.joints, (layout.joints[i] for i in mirror), strict=True):
        assert ("left" in joint) == ("right" in other)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_maps_to_core15(name):
    """Joints with a name in both are copied; neck and hip centre are means, as sure as their least sure part."""
    layout = LAYOUTS[name]
    rng = np.random.default_rng(0)
    pose = Pose(
        rng.normal(size=(layout.size, 3)).astype(np.float32), rng.random(layout.size).astype(np.float32), layout.name
    )
    mapped = to_core15(pose)
    index = {joint: i for i, joint in enumerate(layout.joints)}
    assert np.array_equal(mapped[CORE15.joints.index("left_wrist"), :3], pose.joints[index["left_wrist"]])
    if "neck" not in index:
        parts = [index["left_shoulder"], index["right_shoulder"]]
        assert np.allclose(mapped[0, :3], pose.joints[parts].mean(axis=0))
        assert mapped[0, 3] == pose.score[parts].min()


def test_bones_form_a_tree_rooted_at_the_hips():
    """Following parents from any joint ends at mid_hip."""
    root = CORE15.joints.index("mid_hip")
    for joint in range(CORE15.size):
        steps = 0
        while joint != root:
            joint = CORE15_PARENTS[joint]  # noqa: PLW2901
            steps += 1
            assert steps < CORE15.size


def test_mirrored_keypoints_swap_sides_and_flip_x():
    """A raised left hand becomes a raised right hand on the other side of the picture."""
    keypoints = np.zeros((2, 15, 4), np.float32)
    keypoints[:, CORE15.joints.index("left_wrist")] = (0.3, 0.1, 0, 1)
    mirrored = mirror_core15(keypoints)
    assert np.allclose(mirrored[:, CORE15.joints.index("right_wrist")], (-0.3, 0.1, 0, 1))
    assert np.array_equal(mirror_core15(mirrored), keypoints)


def test_a_pose_of_the_wrong_size_is_a_programming_error():
    """A pose whose arrays do not fit its layout cannot be made."""
    with pytest.raises(ValueError, match=r"joints \(33, 3\)"):
        Pose(np.zeros((17, 3), np.float32), np.zeros(17, np.float32))
