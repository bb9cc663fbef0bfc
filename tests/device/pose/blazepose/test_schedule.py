"""The detector runs rarely, and at once when it matters."""

import pytest

from device.pose.blazepose.schedule import Schedule


def detections(schedule, *, fps, seconds, seeking, detect_every=30, start=0.0):
    return sum(
        schedule.is_due(start + index / fps, seeking=seeking, detect_every=detect_every)
        for index in range(round(seconds * fps))
    )


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_an_empty_room_costs_little(fps):
    """While nobody is there, the detector runs at most five times a second, at any rate of pictures."""
    assert 0.6 * 5 * 10 <= detections(Schedule(), fps=fps, seconds=10, seeking=True) <= 5 * 10 + 1


def test_whoever_is_followed_is_disturbed_rarely():
    """While people are followed, every so many-th picture is searched."""
    assert detections(Schedule(), fps=30, seconds=10, seeking=False, detect_every=30) == 10
    assert detections(Schedule(), fps=30, seconds=10, seeking=False, detect_every=60) == 5


def test_the_first_picture_is_searched():
    """Nothing is waited for at the start."""
    assert Schedule().is_due(100.0, seeking=True, detect_every=30)


def test_who_is_lost_is_sought_at_once():
    """After a loss the pause between two searches is not waited for."""
    schedule = Schedule()
    assert schedule.is_due(1.0, seeking=True, detect_every=30)
    assert not schedule.is_due(1.03, seeking=True, detect_every=30)
    schedule.hurry()
    assert schedule.is_due(1.06, seeking=True, detect_every=30)


def test_a_clock_that_goes_back_does_not_stop_the_search():
    """When times jump back by an hour, the next picture is searched."""
    schedule = Schedule()
    schedule.is_due(3600.0, seeking=True, detect_every=30)
    assert schedule.is_due(1.0, seeking=True, detect_every=30)
