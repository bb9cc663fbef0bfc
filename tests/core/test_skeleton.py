"""Joint layouts and the maps between them."""

import numpy as np
import pytest

from core.skeleton import (
    BODY25,
    COCO17,
    CORE15,
    CORE15_PARENTS,
    HAND21,
    HOLISTIC75,
    JHMDB15,
    KINECT20,
    LAYOUTS,
    MEDIAPIPE33,
    NTU25,
    OP18,
    Match,
    Pose,
    core15_sources,
    mirror_core15,
)

# One body, in frame heights: every name that any layout uses for a place on it. Sides differ, so a swap is noticed.
BODY = {
    "nose": (0.50, 0.20, -0.10),
    "head": (0.51, 0.18, -0.02),
    "face": (0.50, 0.19, -0.08),
    "neck": (0.50, 0.30, 0.0),
    "left_shoulder": (0.60, 0.31, 0.01),
    "right_shoulder": (0.40, 0.29, -0.01),
    "left_elbow": (0.65, 0.42, 0.02),
    "right_elbow": (0.34, 0.41, 0.03),
    "left_wrist": (0.70, 0.50, -0.05),
    "right_wrist": (0.30, 0.10, -0.06),
    "left_hip": (0.56, 0.61, 0.0),
    "right_hip": (0.44, 0.59, 0.0),
    "left_knee": (0.57, 0.75, -0.02),
    "right_knee": (0.43, 0.74, -0.01),
    "left_ankle": (0.58, 0.90, 0.02),
    "right_ankle": (0.42, 0.89, 0.03),
    "mid_hip": (0.50, 0.60, 0.0),
}
# What other sources call the same places; NTU's neck, under the head, is another one.
ALIASES = {"spine_shoulder": "neck", "shoulder_centre": "neck", "spine_base": "mid_hip"}
NEARLY = {("ntu25", "mid_hip"), ("ntu25", "nose"), ("kinect20", "nose"), ("jhmdb15", "nose")}
STAND_IN = {"ntu25": "head", "kinect20": "head", "jhmdb15": "face"}
BODIES = sorted(set(LAYOUTS) - {"hand21"})


def body_in(name: str) -> Pose:
    places = dict(BODY) | {alias: BODY[joint] for alias, joint in ALIASES.items()}
    if name == "ntu25":
        places["neck"] = (0.5, 0.25, 0.0)
    joints = [places.get(joint, (9.0, 9.0, 9.0)) for joint in LAYOUTS[name].joints]
    return Pose(np.array(joints, np.float32), np.full(len(joints), 0.8, np.float32), name)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_mirror_is_an_involution_that_keeps_sides_apart(layout):
    """Mirroring twice changes nothing, and every left joint meets its right one."""
    mirror = layout.mirror
    assert [mirror[mirror[i]] for i in range(layout.size)] == list(range(layout.size))
    assert len(set(layout.joints)) == layout.size
    for joint, other in zip(layout.joints, (layout.joints[i] for i in mirror), strict=True):
        assert ("left" in joint) == ("right" in other)


@pytest.mark.parametrize(
    ("layout", "swapped"),
    [
        (COCO17, [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)]),
        (OP18, [(2, 5), (3, 6), (4, 7), (8, 11), (9, 12), (10, 13), (14, 15), (16, 17)]),
        (BODY25, [(2, 5), (3, 6), (4, 7), (9, 12), (10, 13), (11, 14), (15, 16), (17, 18),
                  (19, 22), (20, 23), (21, 24)]),
        (NTU25, [(4, 8), (5, 9), (6, 10), (7, 11), (12, 16), (13, 17), (14, 18), (15, 19), (21, 23), (22, 24)]),
        (KINECT20, [(0, 1), (4, 5), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16), (17, 18)]),
        (JHMDB15, [(3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14)]),
        (HAND21, []),
        (MEDIAPIPE33, [(1, 4), (2, 5), (3, 6), (7, 8), (9, 10), *((i, i + 1) for i in range(11, 33, 2))]),
        (HOLISTIC75, [(1, 4), (2, 5), (3, 6), (7, 8), (9, 10), *((i, i + 1) for i in range(11, 33, 2)),
                      *((i, i + 21) for i in range(33, 54))]),
    ],
    ids=lambda one: getattr(one, "name", ""),
)  # fmt: skip
def test_mirrors_are_the_published_ones(layout, swapped):
    """The permutation that follows from the names swaps exactly the pairs of the sources' own documentation."""
    expected = list(range(layout.size))
    for one, other in swapped:
        expected[one], expected[other] = other, one
    assert list(layout.mirror) == expected


@pytest.mark.parametrize("name", BODIES)
def test_one_body_is_the_same_in_every_layout(name):
    """A body written in any source's joints comes back as the same fifteen; a near joint is half as sure."""
    mapped = body_in(name).core15
    for row, joint in zip(mapped, CORE15.joints, strict=True):
        nearly = (name, joint) in NEARLY
        place = STAND_IN[name] if nearly and joint == "nose" else joint
        assert row[:3] == pytest.approx(BODY[place], abs=1e-6), joint
        assert row[3] == pytest.approx(0.4 if nearly else 0.8), joint


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_mirrored_poses_map_to_mirrored_keypoints(name):
    """Mirroring in the source's layout and then mapping is mapping and then mirroring."""
    rng = np.random.default_rng(0)
    layout = LAYOUTS[name]
    joints, score = rng.normal(size=(layout.size, 3)).astype(np.float32), rng.random(layout.size).astype(np.float32)
    flipped = joints[list(layout.mirror)] * np.array([-1, 1, 1], np.float32)
    mirrored = Pose(flipped, score[list(layout.mirror)], name).core15
    known = mirrored[:, 3] > 0
    assert np.allclose(mirrored[known], mirror_core15(Pose(joints, score, name).core15)[known])


def test_means_are_as_sure_as_their_least_sure_part():
    """The neck of a COCO pose lies between the shoulders, and one unseen shoulder makes it unseen."""
    pose = body_in("coco17")
    pose.score[COCO17.index["left_shoulder"]] = 0.1
    mapped = pose.core15
    assert mapped[CORE15.index["neck"], 3] == pytest.approx(0.1)
    assert core15_sources("coco17")[0] == (Match.MEAN, (5, 6))


def test_a_hand_alone_has_no_body():
    """Every CORE15 joint of a hand is missing: no score, but a number, so that nothing downstream sees NaN."""
    mapped = Pose(np.ones((21, 3), np.float32), np.ones(21, np.float32), "hand21").core15
    assert (mapped[:, 3] == 0).all()
    assert np.isfinite(mapped).all()
    assert {match for match, _ in core15_sources("hand21")} == {Match.MISSING}


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
