"""Every movement looks like what it is called, whoever does it, and like nothing else."""

from functools import cache

import numpy as np
import pytest

from training.synthesis import (
    ACTIONS,
    BACKGROUNDS,
    LABELS,
    MOTIONS,
    Posture,
    pose_body,
    random_build,
    random_style,
)

PEOPLE = range(5)
RATE = 20.0
TIMES = np.arange(0, 5, 1 / RATE)


@cache
def perform(motion, seed):
    """Five seconds of a movement: joint name -> (T, 3) metres; and the person's build and style."""
    rng = np.random.default_rng(seed)
    build, style = random_build(rng), random_style(rng)
    frames = [pose_body(build, MOTIONS[motion](float(t), style)).points for t in TIMES]
    return {name: np.stack([frame[name] for frame in frames]) for name in frames[0]}, build, style


def gap(points, one, two):
    return np.linalg.norm(points[one] - points[two], axis=1)


@pytest.mark.parametrize("seed", PEOPLE)
def test_raising_the_arms_brings_both_hands_over_the_head_and_down_again(seed):
    """Both hands go from below the shoulders to above the head, together, more than once in five seconds."""
    points, build, _ = perform("raise_arms", seed)
    crown = points["head"][:, 1] + build.lengths.head
    up = (points["left_wrist"][:, 1] > crown) & (points["right_wrist"][:, 1] > crown)
    assert up.any()
    assert not up[0]
    assert (np.diff(up.astype(int)) == 1).sum() >= 1
    low = points["left_wrist"][:, 1] < points["left_shoulder"][:, 1] - 0.3
    assert low.any()
    assert np.abs(points["left_wrist"][:, 1] - points["right_wrist"][:, 1]).max() < 0.15
    assert gap(points, "left_ankle", "right_ankle").std() < 0.01


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_wave_swings_one_raised_hand_from_side_to_side(seed):
    """One hand stays above its shoulder and goes to and fro sideways; the other one stays down."""
    points, _, style = perform("wave", seed)
    lead, still = style.lead, {"left": "right", "right": "left"}[style.lead]
    assert (points[f"{lead}_wrist"][:, 1] > points[f"{lead}_shoulder"][:, 1]).all()
    assert (points[f"{still}_wrist"][:, 1] < points[f"{still}_shoulder"][:, 1] - 0.15).all()
    sideways = points[f"{lead}_wrist"][:, 0]
    assert np.ptp(sideways) > 0.12
    turns = (np.diff(np.sign(np.diff(sideways))) != 0).sum()
    assert 10 <= turns <= 22  # 1 to 2.2 waves a second


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_squat_lowers_the_hips_and_stretches_the_arms_forward(seed):
    """Hips go down by a quarter of the leg at least, arms point ahead at the bottom, and all comes up again."""
    points, build, _ = perform("squat", seed)
    hips = points["pelvis"][:, 1]
    bottom = int(hips.argmin())
    assert hips.max() - hips.min() > 0.25 * build.lengths.leg
    for side in ("left", "right"):
        assert points[f"{side}_wrist"][bottom, 2] > points[f"{side}_shoulder"][bottom, 2] + 0.35
        assert abs(points[f"{side}_wrist"][bottom, 1] - points[f"{side}_shoulder"][bottom, 1]) < 0.3
    assert (hips[bottom:] > hips.max() - 0.05).any()


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_jumping_jack_spreads_the_feet_while_the_hands_go_overhead(seed):
    """Feet are apart and hands above the head at the same time, and feet together when the hands are down."""
    points, build, _ = perform("jumping_jack", seed)
    feet = gap(points, "left_ankle", "right_ankle")
    high = np.minimum(points["left_wrist"][:, 1], points["right_wrist"][:, 1]) - points["head"][:, 1]
    assert high[feet.argmax()] > build.lengths.head
    assert high[feet.argmin()] < -0.3
    assert feet.max() - feet.min() > 0.4 * build.lengths.leg
    assert np.corrcoef(feet, high)[0, 1] > 0.9


@pytest.mark.parametrize("seed", PEOPLE)
def test_clapping_hands_meet_in_front_of_the_chest(seed):
    """Hands touch, part widely, and touch again, in front of the chest and below the chin."""
    points, _, _ = perform("clap", seed)
    apart = gap(points, "left_wrist", "right_wrist")
    assert apart.min() < 0.08
    assert apart.max() > 0.3
    touching = (apart < 0.12).astype(int)
    assert (np.diff(touching) == 1).sum() >= 5
    closed = apart.argmin()
    middle = (points["left_wrist"] + points["right_wrist"])[closed] / 2
    assert points["pelvis"][closed, 1] < middle[1] < points["nose"][closed, 1]
    assert middle[2] > points["neck"][closed, 2] + 0.12


@pytest.mark.parametrize("seed", PEOPLE)
def test_punches_shoot_out_in_turn(seed):
    """Each fist goes to nearly a whole arm's length ahead and comes back to the guard, never both at once."""
    points, build, _ = perform("punch", seed)
    arm = build.lengths.upper_arm + build.lengths.forearm
    ahead = {s: points[f"{s}_wrist"][:, 2] - points[f"{s}_shoulder"][:, 2] for s in ("left", "right")}
    for side, reach in ahead.items():
        assert reach.max() > 0.85 * arm
        assert reach.min() < 0.55 * arm
        level = points[f"{side}_wrist"][reach.argmax(), 1] - points[f"{side}_shoulder"][reach.argmax(), 1]
        assert abs(level) < 0.15
    assert not ((ahead["left"] > 0.75 * arm) & (ahead["right"] > 0.75 * arm)).any()


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_bow_bends_the_trunk_forward_with_low_hands(seed):
    """The shoulders come forward and down over standing feet while the hands hang below the hips' height, almost."""
    points, build, _ = perform("bow", seed)
    deep = int(points["neck"][:, 1].argmin())
    assert points["neck"][0, 1] - points["neck"][deep, 1] > 0.22 * build.lengths.trunk
    assert points["neck"][deep, 2] - points["pelvis"][deep, 2] > 0.55 * build.lengths.trunk
    assert points["pelvis"][0, 1] - points["pelvis"][deep, 1] < 0.08 * build.lengths.leg
    for side in ("left", "right"):
        assert points[f"{side}_wrist"][deep, 1] < points["pelvis"][deep, 1]


@pytest.mark.parametrize("motion", BACKGROUNDS)
@pytest.mark.parametrize("seed", PEOPLE)
def test_background_is_no_action(motion, seed):
    """Nobody squats, spreads the legs or has both hands up; only a scratching hand passes a shoulder."""
    points, build, _ = perform(motion, seed)
    assert np.ptp(points["pelvis"][:, 1]) < 0.08 * build.lengths.leg
    assert np.ptp(gap(points, "left_ankle", "right_ankle")) < 0.2 * build.lengths.leg
    raised = [points[f"{side}_wrist"][:, 1] > points[f"{side}_shoulder"][:, 1] for side in ("left", "right")]
    assert not (raised[0] & raised[1]).any()
    if motion == "scratching_head":
        hand = "left_index" if raised[0].any() else "right_index"
        assert gap(points, hand, "head").min() < 1.6 * build.lengths.head
    else:
        assert not (raised[0] | raised[1]).any()


@pytest.mark.parametrize("motion", sorted(MOTIONS))
def test_movements_are_as_fast_as_people(motion):
    """No joint ever leaps: the fastest hand stays below nine metres a second."""
    for seed in PEOPLE:
        points, _, _ = perform(motion, seed)
        for track in points.values():
            speed = np.linalg.norm(np.diff(track, axis=0), axis=1) * RATE
            assert speed.max() < 9.0


@pytest.mark.parametrize("motion", sorted(MOTIONS))
def test_movements_are_functions_of_time_alone(motion):
    """The same moment and style give the same posture, whatever was asked before."""
    style = random_style(np.random.default_rng(3))
    first = MOTIONS[motion](1.3, style)
    MOTIONS[motion](9.9, style)
    assert MOTIONS[motion](1.3, style) == first
    assert isinstance(first, Posture)


def test_people_move_differently():
    """Two styles give two postures at the same moment of the same action."""
    one, two = (random_style(np.random.default_rng(seed)) for seed in (1, 2))
    for action in ACTIONS:
        assert MOTIONS[action](1.0, one) != MOTIONS[action](1.0, two)


def test_labels_are_the_actions_and_one_background():
    """What the demo teaches: seven actions, and everything else."""
    assert set(ACTIONS) == {"bow", "clap", "jumping_jack", "punch", "raise_arms", "squat", "wave"}
    assert (*ACTIONS, "background") == LABELS
