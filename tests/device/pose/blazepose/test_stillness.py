"""A change outside of the people who are followed is seen, noise and those people are not."""

import numpy as np
import pytest

from device.pose.blazepose.regions import Region
from device.pose.blazepose.stillness import Stillness

SHAPE = (480, 640, 3)
SOMEBODY = Region((200.0, 240.0), 200.0, 0.0)


def room(seed=0, *, grey=120.0, noise=8.0):
    """An empty picture from a noisy camera."""
    return np.random.default_rng(seed).normal(grey, noise, SHAPE).clip(0, 255).astype(np.uint8)


def with_body(x, *, height=100):
    """The room with something dark as high as a fifth of it."""
    picture = room(x)
    picture[240 : 240 + height, x : x + height // 3] = 40
    return picture


@pytest.fixture
def stillness():
    """One that has seen the empty room."""
    made = Stillness()
    made.remember(room(), [SOMEBODY])
    return made


def test_nothing_is_known_at_first():
    """Before the first search no picture counts as still."""
    assert not Stillness().holds(room(), [])


def test_noise_is_still(stillness):
    """What a camera adds to a picture is no change."""
    assert all(stillness.holds(room(seed), [SOMEBODY]) for seed in range(1, 6))


@pytest.mark.parametrize(("regions", "searches"), [([], 6), ([SOMEBODY], 2)])
def test_somebody_new_is_a_change(stillness, regions, searches):
    """A body a fifth as high as the picture is noticed, and for some searches after the first one, too."""
    assert not stillness.holds(with_body(500), regions)
    for _ in range(searches - 1):
        stillness.remember(with_body(500), regions)
        assert not stillness.holds(with_body(500), regions)
    stillness.remember(with_body(500), regions)
    assert stillness.holds(with_body(500), regions)


def test_who_is_met_was_the_change(stillness):
    """After somebody was met in it nothing more is looked for in a picture."""
    assert not stillness.holds(with_body(500), [SOMEBODY])
    stillness.remember(with_body(500), [SOMEBODY], has_met=True)
    assert stillness.holds(with_body(500), [SOMEBODY])


def test_whoever_is_followed_may_move(stillness):
    """Changes where somebody is, or was at the last search, do not count."""
    assert stillness.holds(with_body(190), [SOMEBODY])
    assert stillness.holds(with_body(190), [SOMEBODY.moved(60, 0)])


def test_slow_changes_add_up(stillness):
    """Dusk is a change as soon as it is as large as one: pictures are compared with the last search."""
    answers = [stillness.holds(room(step, grey=120 - step), [SOMEBODY]) for step in range(1, 20)]
    assert answers[0]
    assert not answers[-1]


def test_small_pictures_work():
    """A thumbnail is compared as well."""
    stillness = Stillness()
    stillness.remember(np.zeros((48, 64, 3), np.uint8), [])
    assert not stillness.holds(np.full((48, 64, 3), 255, np.uint8), [])
