"""The detector runs rarely, and at once when it matters."""

from functools import partial

import pytest

from device.pose.blazepose.schedule import Schedule


def due(schedule, at, *, empty=True, seeking=False, detect_every=30, still=False):
    return schedule.is_due(at, empty=empty, seeking=seeking, detect_every=detect_every, is_still=lambda: still)


def detections(schedule, *, fps, seconds, start=0.0, **how):
    return sum(due(schedule, start + index / fps, **how) for index in range(round(seconds * fps)))


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_an_empty_room_costs_little(fps):
    """While nobody is there, the detector runs at most five times a second, at any rate of pictures."""
    assert 0.6 * 5 * 10 <= detections(Schedule(), fps=fps, seconds=10) <= 5 * 10 + 1


def test_whoever_is_followed_is_disturbed_rarely():
    """While people are followed, every so many-th picture is searched, whatever else is going on for ever."""
    schedule = Schedule()
    detections(schedule, fps=30, seconds=10, empty=False)
    assert detections(schedule, fps=30, seconds=10, start=10.0, empty=False, detect_every=30) == 10
    assert detections(schedule, fps=30, seconds=10, start=20.0, empty=False, detect_every=60) == 5


def test_what_changes_beside_somebody_is_searched_at_once():
    """Whoever comes in is looked for within a quarter of a second, for as long as a walk through the room takes."""
    schedule = Schedule()
    assert detections(schedule, fps=30, seconds=0.5, empty=False, still=True) == 1
    assert due(schedule, 0.6, empty=False)
    assert schedule.for_change
    assert 8 <= detections(schedule, fps=30, seconds=2, start=0.65, empty=False) <= 11


def test_where_nothing_moves_searches_are_rarer():
    """In a still picture an empty room is searched every 1.5 seconds, and beside somebody every fourth time."""
    assert detections(Schedule(), fps=30, seconds=10, still=True) == 7
    assert detections(Schedule(), fps=30, seconds=20, empty=False, detect_every=30, still=True) == 5


def test_a_board_that_searches_less_searches_changes_less():
    """With four times as many pictures between detections changes are searched about four times less often."""
    usual, busy = (detections(Schedule(), fps=15, seconds=4, empty=False, detect_every=every) for every in (30, 120))
    assert usual >= 11
    assert 3 <= busy <= 4


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_pictures_are_compared_at_most_ten_times_a_second(fps):
    """More pictures a second cost no more comparisons in a still room, and fewer miss none that they could have."""
    compared, schedule = [], Schedule()
    for picture in range(10 * fps):
        at = picture / fps
        schedule.is_due(at, empty=True, seeking=False, detect_every=30, is_still=partial(_is_noted, compared, at))
    assert 80 <= len(compared) <= 101


def _is_noted(compared, at):
    compared.append(at)
    return True


def test_the_first_picture_is_searched():
    """Nothing is waited for at the start."""
    assert due(Schedule(), 100.0)


def test_who_is_lost_is_sought_at_once():
    """After a loss the pause between two searches is not waited for."""
    schedule = Schedule()
    assert due(schedule, 1.0)
    assert not due(schedule, 1.03)
    schedule.hurry()
    assert due(schedule, 1.06)


@pytest.mark.parametrize("fps", [30, 60])
def test_a_search_around_somebody_is_one_of_the_slowest_pictures_of_a_hundred(fps):
    """Where nothing changes at most four of the first hundred pictures are searched for others beside somebody."""
    assert detections(Schedule(), fps=fps, seconds=100 / fps, empty=False, seeking=True, still=True) <= 4


@pytest.mark.parametrize("still", [False, True])
def test_who_is_lost_is_sought_often_for_two_seconds(still):
    """After a loss searches are as frequent as in an empty room, still or not, and in the end as rare as before."""
    schedule = Schedule()
    schedule.hurry()
    assert detections(schedule, fps=30, seconds=2, empty=False, seeking=True, still=still) >= 8
    detections(schedule, fps=30, seconds=4, start=2.0, empty=False, seeking=True, still=still)
    assert detections(schedule, fps=30, seconds=10, start=6.0, empty=False, seeking=True, still=still) <= 12


def test_a_clock_that_goes_back_does_not_stop_the_search():
    """When times jump back by an hour, the next picture is searched."""
    schedule = Schedule()
    due(schedule, 3600.0)
    assert due(schedule, 1.0)
