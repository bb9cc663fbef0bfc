"""Further movements look like what they are called, and no movement bends a joint further than people can."""

from functools import cache

import numpy as np
import pytest

from training.synthesis import ACTIONS, BACKGROUNDS, MOTIONS, REPERTOIRE, pose_body, random_build, random_style
from training.synthesis.posture import SIDES, other

PEOPLE = range(5)
RATE = 20.0
TIMES = np.arange(0, 6, 1 / RATE)
# Largest angles in degrees, between the mean and the most of healthy adults (Norkin and White, "Measurement of Joint
# Motion", appendix B); elbow and knee from straight, hip from standing, the others from upright and ahead.
LIMITS = {"elbow": 155, "knee": 145, "hip": 125, "shoulder_back": 60, "spine": 45, "head": 70}


@cache
def perform(motion, seed):
    """Six seconds of a movement: joint name -> (T, 3) metres; the skeletons; the person's build and style."""
    rng = np.random.default_rng(seed)
    build, style = random_build(rng), random_style(rng)
    skeletons = [pose_body(build, MOTIONS[motion](float(t), style)) for t in TIMES]
    points = {name: np.stack([one.points[name] for one in skeletons]) for name in skeletons[0].points}
    return points, skeletons, build, style


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_jump_leaves_the_floor_with_both_feet(seed):
    """Both ankles rise by a hand's breadth at the same time, after a crouch, three times in six seconds."""
    points, _, build, _ = perform("jump", seed)
    lifted = np.minimum(points["left_ankle"][:, 1], points["right_ankle"][:, 1]) - build.lengths.ankle
    air = lifted > 0.05
    assert lifted.max() > 0.09
    assert (np.diff(air.astype(int)) == 1).sum() >= 3
    takeoff = int(air.argmax())
    assert points["pelvis"][:takeoff, 1].min() < points["pelvis"][0, 1] - 0.1 * build.lengths.leg


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_kick_stretches_one_leg_to_the_front(seed):
    """The leading foot goes far ahead, above the knee's height, on a nearly straight leg; the other one stands."""
    points, _, build, style = perform("kick", seed)
    foot, hip = points[f"{style.lead}_ankle"], points[f"{style.lead}_hip"]
    ahead = foot[:, 2] - hip[:, 2]
    out = int(ahead.argmax())
    assert ahead[out] > 0.6 * build.lengths.leg
    assert foot[out, 1] > 0.35 * build.lengths.leg
    assert np.linalg.norm(foot[out] - hip[out]) > 0.84 * build.lengths.leg
    assert np.ptp(points[f"{other(style.lead)}_ankle"], axis=0).max() < 0.01


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_lunge_sinks_between_two_feet_in_turn(seed):
    """One foot is far ahead and the hips are low at the same moment; then the other foot; hands stay at the hips."""
    points, _, build, _ = perform("lunge", seed)
    apart = points["left_ankle"][:, 2] - points["right_ankle"][:, 2]
    drop = points["pelvis"][0, 1] - points["pelvis"][:, 1]
    for sign in (1, -1):
        deep = int((sign * apart).argmax())
        assert sign * apart[deep] > 0.45 * build.lengths.leg
        assert drop[deep] > 0.15 * build.lengths.leg
    later = TIMES > 1
    for side in SIDES:
        hand = np.linalg.norm(points[f"{side}_wrist"] - points["pelvis"], axis=1)[later]
        assert hand.max() < 0.5


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_pointing_arm_is_straight_and_level(seed):
    """The leading hand comes to the height of its shoulder with a straight arm, and sinks; the other one stays low."""
    points, _, build, style = perform("point", seed)
    wrist, shoulder = points[f"{style.lead}_wrist"], points[f"{style.lead}_shoulder"]
    reach = np.linalg.norm((wrist - shoulder)[:, [0, 2]], axis=1)
    held = reach > 0.99 * (build.lengths.upper_arm + build.lengths.forearm)
    assert held.sum() > 0.4 * RATE
    assert np.abs(wrist[held, 1] - shoulder[held, 1]).max() < 0.15
    assert (wrist[:, 1] < shoulder[:, 1] - 0.3).any()
    still = other(style.lead)
    assert (points[f"{still}_wrist"][:, 1] < points[f"{still}_shoulder"][:, 1] - 0.15).all()


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_side_bend_arches_the_far_arm_over_the_head(seed):
    """The neck goes well to one side of the hips with the other side's hand highest, then the reverse."""
    points, _, build, _ = perform("side_bend", seed)
    aside = points["neck"][:, 0] - points["pelvis"][:, 0]  # positive: to the person's left
    for far, sign in (("right", 1), ("left", -1)):
        bent = int((sign * aside).argmax())
        assert sign * aside[bent] > 0.22 * build.lengths.trunk
        assert points[f"{far}_wrist"][bent, 1] > points["head"][bent, 1] + 0.5 * build.lengths.head
        assert points[f"{other(far)}_wrist"][bent, 1] < points["neck"][bent, 1] - 0.2
    assert np.abs(points["neck"][:, 2] - points["pelvis"][:, 2]).max() < 0.25 * build.lengths.trunk


@pytest.mark.parametrize("motion", sorted(MOTIONS))
def test_no_joint_bends_further_than_peoples_do(motion):
    """Elbows, knees, hips, shoulders, spine and head stay within the range of healthy adults."""
    for seed in PEOPLE:
        points, skeletons, _, _ = perform(motion, seed)
        for frame, skeleton in enumerate(skeletons[::3]):
            here = {name: track[3 * frame] for name, track in points.items()}
            for joint, degrees in angles(here, skeleton.bones).items():
                assert degrees <= LIMITS[joint], (joint, seed, 3 * frame)


def angles(points, bones):
    """The largest angle of each kind of joint at one moment, degrees."""
    pelvis, chest, head = (bones[name][1] for name in ("pelvis", "chest", "head"))
    found = {"spine": between(pelvis[:, 1], chest[:, 1]), "head": between(chest[:, 2], head[:, 2])}
    for side in SIDES:
        shoulder, elbow, wrist, hip, knee, ankle = (
            points[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        )
        upper_arm = chest.T @ (elbow - shoulder)
        behind = np.degrees(np.arctan2(-upper_arm[2], -upper_arm[1])) if upper_arm[1] < 0 else 0.0
        limbs = {
            "elbow": between(elbow - shoulder, wrist - elbow),
            "knee": between(knee - hip, ankle - knee),
            "hip": between(-pelvis[:, 1], knee - hip),
            "shoulder_back": behind,
        }
        found |= {name: max(found.get(name, 0.0), degrees) for name, degrees in limbs.items()}
    return found


def between(one, two):
    cosine = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_the_repertoire_is_twelve_actions():
    """The demo's seven and five further ones, by name; none of them is background."""
    assert set(REPERTOIRE) - set(ACTIONS) == {"jump", "kick", "lunge", "point", "side_bend"}
    assert list(REPERTOIRE) == sorted(REPERTOIRE)
    assert set(MOTIONS) == {*REPERTOIRE, *BACKGROUNDS}
