"""A body keeps its lengths, stands on the floor and knows its left from its right."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.skeleton import MEDIAPIPE33
from training.synthesis import MOTIONS, Build, Posture, pose_body, random_build, random_style
from training.synthesis.kinematics import bend_limb, rotation
from training.synthesis.posture import SIDES, Arm, blend

SEEDS = st.integers(0, 10_000)


def person(seed):
    rng = np.random.default_rng(seed)
    return random_build(rng), random_style(rng)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, motion=st.sampled_from(sorted(MOTIONS)), t=st.floats(0, 20))
def test_bones_keep_their_length(seed, motion, t):
    """Whatever a person does, no bone grows or shrinks."""
    build, style = person(seed)
    points, size = pose_body(build, MOTIONS[motion](t, style)).points, build.lengths
    bones = {("shoulder", "elbow"): size.upper_arm, ("elbow", "wrist"): size.forearm}
    bones |= {("hip", "knee"): size.thigh, ("knee", "ankle"): size.shank}
    for side in SIDES:
        for (start, end), length in bones.items():
            measured = np.linalg.norm(points[f"{side}_{end}"] - points[f"{side}_{start}"])
            assert measured == pytest.approx(length, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, motion=st.sampled_from(sorted(MOTIONS)), t=st.floats(0, 20))
def test_nobody_sinks_into_the_floor(seed, motion, t):
    """Every landmark stays above the floor."""
    build, style = person(seed)
    assert pose_body(build, MOTIONS[motion](t, style)).landmarks[:, 1].min() > 0


def test_a_standing_person_is_as_tall_as_its_build_says():
    """Build.height_m is the height of the crown above the floor, for any proportions."""
    for seed in range(20):
        build, _ = person(seed)
        crown = pose_body(build, Posture()).points["head"][1] + build.lengths.head
        assert crown == pytest.approx(build.height_m, rel=0.02)


def test_left_is_the_persons_own_left():
    """X grows to the person's left, and the nose is in front of the ears."""
    points = pose_body(Build(), Posture()).points
    for joint in MEDIAPIPE33.joints:
        if "left" in joint:
            assert points[joint][0] > points[joint.replace("left", "right")][0]
    assert points["nose"][2] > points["left_ear"][2]


def test_swapped_sides_give_a_mirrored_body():
    """The same arm on the other side gives the same body in a mirror."""
    raised = Arm(lift=2.0, swing=1.0, fore_lift=2.8, fore_swing=0.4)
    one = pose_body(Build(), Posture(left_arm=raised)).landmarks
    two = pose_body(Build(), Posture(right_arm=raised)).landmarks
    assert np.allclose(one * [-1, 1, 1], two[list(MEDIAPIPE33.mirror)])


def test_hands_meet_in_the_middle_whatever_the_build():
    """hands_together brings the wrists together for broad and narrow shoulders, long and short arms."""
    arm = Arm(lift=0.5, swing=0.6, fore_lift=1.7, fore_swing=-0.4)
    for shoulders in (0.9, 1.1):
        for arms in (0.95, 1.05):
            build = Build(shoulders=shoulders, arms=arms)
            points = pose_body(build, Posture(left_arm=arm, right_arm=arm, hands_together=1.0)).points
            assert np.linalg.norm(points["left_wrist"] - points["right_wrist"]) < 0.08


@given(
    goal=st.tuples(*[st.floats(-2, 2)] * 3).filter(lambda g: np.linalg.norm(g) > 0.05),
    pole=st.tuples(*[st.floats(-1, 1)] * 3),
)
def test_two_bones_reach_what_can_be_reached(goal, pole):
    """Inverse kinematics keeps both lengths; the end is at the goal, or on the way to one too far away."""
    middle, end = bend_limb(np.zeros(3), np.array(goal), (0.4, 0.3), pole=np.add(pole, [0.0, 0.0, 1.5]))
    assert np.linalg.norm(end - middle) == pytest.approx(0.3, abs=1e-6) or np.linalg.norm(np.cross(goal, pole)) < 1e-6
    distance = np.linalg.norm(goal)
    assert np.linalg.norm(end) == pytest.approx(np.clip(distance, 0.101, 0.7), abs=1e-3)


def test_rotation_is_lean_then_bend_then_turn():
    """The closed form equals the product of the three elementary rotations."""
    axes = rotation(bend=0.3, turn=-0.7, lean=0.2)
    assert np.allclose(axes, rotation(turn=-0.7) @ rotation(bend=0.3) @ rotation(lean=0.2))
    assert np.allclose(axes @ axes.T, np.eye(3))
    assert np.linalg.det(axes) == pytest.approx(1)


def test_blending_goes_from_one_posture_to_the_other():
    """Blend is the start at 0, the end at 1, and half of both between."""
    start, end = Posture(), replace(Posture(), left_arm=Arm(lift=2.14), hands_together=1.0)
    assert blend(start, end, 0) == start
    assert blend(start, end, 1) == end
    assert blend(start, end, 0.5).left_arm.lift == pytest.approx((0.14 + 2.14) / 2)
    assert blend(start, end, 0.5).hands_together == 0.5
