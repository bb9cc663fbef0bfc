"""Two looks at one body, two bodies, and one body made up of both."""

import numpy as np
import pytest

from core.skeleton import MEDIAPIPE33
from device.pose.blazepose.likeness import (
    freer_by,
    is_known,
    is_left_over,
    limb_distance,
    limb_gap,
    trunk_distance,
)
from tests.people import joints_at

SIZE = 200.0  # of the region, pixels
LEGS = [MEDIAPIPE33.joints.index(f"{side}_{part}") for side in ("left", "right") for part in ("knee", "ankle")]


def body(x: float = 0.0):
    """Somebody whose middle is `x` region sizes from the left."""
    joints = (joints_at("wave", 0.3)[:, :2] * SIZE / 1.3).astype(np.float32)
    joints[:, 0] += np.float32(x * SIZE)
    return joints


def turned(joints):
    """The same body with left and right exchanged."""
    order = [
        MEDIAPIPE33.joints.index(
            name.replace("left", "?").replace("right", "left").replace("?", "right")
            if name.startswith(("left", "right", "mouth"))
            else name
        )
        for name in MEDIAPIPE33.joints
    ]
    return joints[order]


@pytest.mark.parametrize("other", [body(0.0), body(0.03), turned(body(0.0))])
def test_a_body_seen_twice_is_known(other):
    """Also some pixels beside itself, and taken for its own back."""
    assert is_known(other, [body(1.0), body()], size=SIZE)


@pytest.mark.parametrize("apart", [0.1, 0.2, 1.0])
def test_another_body_is_not(apart):
    """From a quarter of a metre on people are two, however much they overlap."""
    assert not is_known(body(apart), [body()], size=SIZE)
    assert trunk_distance(body(apart), body()) == pytest.approx(apart * SIZE, rel=1e-3)


def test_a_trunk_on_somebody_elses_legs_is_known():
    """One body made up of parts of two is nobody new."""
    mixed = body(0.15)
    mixed[LEGS] = body()[LEGS]
    assert is_known(mixed, [body()], size=SIZE)


def test_a_body_of_parts_of_two_is_known():
    """The arms and shoulders of one on the hips and legs of another are nobody new, wherever its middle is."""
    mixed = body()
    mixed[[11, 13, 15, 23, 25, 27]] = body(-0.2)[[11, 13, 15, 23, 25, 27]]
    mixed[[12, 14, 16, 24, 26, 28]] = body(0.2)[[12, 14, 16, 24, 26, 28]]
    assert is_known(mixed, [body(-0.2), body(0.2)], size=SIZE)
    assert not is_known(body(), [body(-0.2), body(0.2)], size=SIZE)


def test_who_is_behind_an_erased_body_may_be_nearer():
    """What was left of the one in front is where that one was; the same look a tenth of a metre off is another body."""
    assert is_left_over(turned(body(0.01)), [body(1.0), body()], size=SIZE)
    assert not is_left_over(body(0.04), [body()], size=SIZE)
    assert not is_left_over(body(), [], size=SIZE)


def test_a_body_of_its_own_is_freer_than_a_mixture():
    """With a leg and an arm of somebody else a body is nearer to that one's limbs than it is by itself."""
    mixed = body(0.2)
    mixed[[11, 13, 15, 23, 25, 27]] = body()[[11, 13, 15, 23, 25, 27]]
    others = [body(1.0), body()]
    assert freer_by(body(0.2), mixed, others) > 0.03 * SIZE
    assert freer_by(mixed, body(0.2), others) == pytest.approx(-freer_by(body(0.2), mixed, others))
    assert abs(freer_by(body(0.21), body(0.2), [body()])) < 0.02 * SIZE


def test_the_gap_between_limbs_is_in_sizes_of_the_other():
    """A body is as far from the nearest other as it was shifted, whoever that one takes for left, near or far away."""
    assert limb_gap(body(0.1), [turned(body()), body(3.0)], [SIZE, SIZE]) == pytest.approx(0.1, rel=0.01)
    assert limb_gap(body(0.1), [body()], [2 * SIZE]) == pytest.approx(0.05, rel=0.01)


def test_limbs_know_left_from_right():
    """A shifted body is as far away as it was shifted; one that is turned round is not where it was."""
    assert limb_distance(body(0.1), body()) == pytest.approx(0.1 * SIZE, rel=1e-3)
    assert limb_distance(turned(body()), body()) > 0.05 * SIZE
    assert trunk_distance(turned(body()), body()) == pytest.approx(0, abs=1e-3)
