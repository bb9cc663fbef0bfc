from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.camera.schedule import Period

MINUTES = st.integers(0, 24 * 60 - 1)


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


@given(MINUTES, MINUTES, MINUTES)
def test_a_period_covers_what_a_walk_from_its_begin_to_its_end_passes(begin, end, moment):
    """Walking from begin to end, over midnight if need be, meets exactly the minutes that it covers."""
    if begin == end:
        return
    period = Period.parse(f"{clock(begin):%H:%M}-{clock(end):%H:%M}")
    walked = {(begin + step) % (24 * 60) for step in range((end - begin) % (24 * 60))}
    assert period.covers(clock(moment)) == (moment in walked)


@pytest.mark.parametrize("moment", [time(0), time(12, 30), time(23, 59, 59)])
def test_a_whole_day_can_be_said(moment):
    """00:00-24:00 covers every moment."""
    assert Period.parse("00:00-24:00").covers(moment)


@pytest.mark.parametrize("text", ["", "22-6", "25:00-06:00", "22:60-06:00", "22:00", "22:00-06:00,", "24:00-06:00"])
def test_what_is_no_period_is_refused_with_an_example(text):
    """A text that is no period is an error that shows how to write one."""
    with pytest.raises(ValueError, match="22:00-06:00"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["08:00-08:00", "00:00-00:00"])
def test_a_period_without_length_is_refused(text):
    """From a time to the same time could mean nothing or all day: it is refused."""
    with pytest.raises(ValueError, match="00:00"):
        Period.parse(text)
