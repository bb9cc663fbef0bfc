"""Somebody who is followed: filtered joints, the next region, and nobody twice."""

import numpy as np
import pytest

from device.pose.blazepose.followed import Followed, apartness, is_anyone
from device.pose.blazepose.landmarks import Sight
from tests.people import joints_at


def sight(x: float, *, shift: float = 0.0, size: float = 200.0) -> Sight:
    """A body of about that many pixels, `x` pixels from the left, its joints off by `shift` body sizes."""
    joints = (joints_at("wave", 0.3)[:, :3] * np.float32(size)).astype(np.float32)
    joints[:, 0] += x + shift * size
    hips = joints[[23, 24], :2].mean(axis=0)
    around = np.stack([hips, hips - np.float32([0, size / 2])])
    return Sight(joints, np.full(33, 0.9, np.float32), np.full(33, 0.9, np.float32), around, 0.99)


def test_the_next_region_follows_the_body():
    """Whoever walks is looked for where they went, with room around the whole circle of the body."""
    person = Followed(sight(0.0), 0.0)
    for step in range(1, 20):
        person.see(sight(10.0 * step), step / 10)
    truth = person.sight.around[0]
    assert abs(person.region.centre[0] - truth[0]) < 10
    assert 1.2 * 200 < person.region.size < 1.3 * 200


def test_whoever_is_hidden_is_expected_where_they_were_going():
    """After a second of walking 100 pixels a second, half a second later they must be 50 pixels on."""
    person = Followed(sight(0.0), 0.0)
    for step in range(1, 31):
        person.see(sight(5.0 * step), step / 20)
    assert person.expected(2.0).centre[0] - person.region.centre[0] == pytest.approx(50, rel=0.1)


def test_only_what_leaves_its_way_is_a_surprise():
    """Who walks on steadily is where they must be; half a body aside is as much of a region's size, whichever way."""
    person = Followed(sight(0.0), 0.0)
    for step in range(1, 31):
        person.see(sight(5.0 * step), step / 20)
    expected = person.expected_joints(2.0)
    np.testing.assert_allclose(expected, sight(200.0).joints[:, :2], atol=5)
    assert person.surprise(sight(200.0), 2.0) < 0.02
    for shift in (-0.5, 0.5):
        assert person.surprise(sight(200.0, shift=shift), 2.0) == pytest.approx(0.5 * 200 / person.region.size, rel=0.1)


def test_a_body_found_twice_is_one_person():
    """Joints within some per cent of a body are those of somebody already followed."""
    people = [Followed(sight(500.0), 0.0), Followed(sight(0.0), 0.0)]
    assert is_anyone(sight(0.0, shift=0.05), people)
    assert not is_anyone(sight(0.0, shift=0.05), people[:1])


def test_people_shoulder_to_shoulder_are_two():
    """Bodies a fifth of their size apart, however much they overlap, are different people."""
    assert not is_anyone(sight(0.0, shift=0.2), [Followed(sight(0.0), 0.0), Followed(sight(0.0, shift=0.4), 0.0)])


def test_who_stands_farther_off_is_more_of_a_body_of_its_own():
    """Apartness grows from nothing for the same body to more than one beside it; where nobody is it has no end."""
    person = Followed(sight(0.0), 0.0)
    same, near, far = (apartness(sight(0.0, shift=shift), [person]) for shift in (0.0, 0.15, 0.6))
    assert same < 0.1 < near < far
    assert far > 1
    assert apartness(sight(0.0), []) == float("inf")
