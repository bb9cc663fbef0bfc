"""The meter says where the time of a frame goes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.latency.meter import KEPT, TOTAL, LatencyMeter


@pytest.mark.parametrize("count", [1, 2, 3, 101, KEPT - 1, KEPT, KEPT + 1, 2 * KEPT + 7])
def test_percentiles_are_those_of_the_newest(count):
    """Median, 95th and 99th percentile are numpy's, of the newest 1800 measurements."""
    meter = LatencyMeter()
    values = np.random.default_rng(count).gamma(2, 10, count)
    for value in values:
        meter.record("pose", float(value))
    stage = meter.summary()["pose"]
    expected = np.percentile(values[-KEPT:], [50, 95, 99])
    assert (stage.p50_ms, stage.p95_ms, stage.p99_ms) == pytest.approx(tuple(expected), abs=0.0051)


def test_a_block_is_timed_even_if_it_fails():
    """A stage records about what its block took, also when the block raises."""
    meter = LatencyMeter()
    with meter.stage("pose"):
        sum(range(200_000))
    with pytest.raises(ZeroDivisionError), meter.stage("events"):
        _ = 1 / 0
    summary = meter.summary()
    assert summary["pose"].p50_ms > summary["events"].p50_ms >= 0


def test_old_measurements_are_forgotten():
    """After a slow minute the summary speaks of the fast one that followed."""
    meter = LatencyMeter()
    for value in [500.0] * KEPT + [10.0] * KEPT:
        meter.record(TOTAL, value)
    assert meter.summary()[TOTAL].p95_ms == 10.0


@given(st.lists(st.floats(0, 1e4), max_size=50), st.lists(st.floats(0, 1e4), max_size=50))
def test_what_came_after_a_moment_can_be_asked_for(before, after):
    """The summary since a moment is that of what was measured after it alone, and of nothing else."""
    both, alone = LatencyMeter(), LatencyMeter()
    for value in before:
        both.record("pose", value)
    since = both.counts()
    for value in after:
        both.record("pose", value)
        alone.record("pose", value)
    assert both.summary(since) == alone.summary()


@given(st.integers(0, KEPT), st.lists(st.floats(0, 1e4), min_size=1, max_size=100), st.data())
def test_the_newest_can_be_asked_for(before, values, data):
    """The 95th percentile of the newest so many is numpy's of exactly those, also where the ring wraps around."""
    meter, newest = LatencyMeter(), data.draw(st.integers(1, len(values)))
    for value in [1e5] * before + values:
        meter.record(TOTAL, value)
    assert meter.count(TOTAL) == before + len(values)
    assert meter.p95(TOTAL, newest=newest) == pytest.approx(np.percentile(values[-newest:], 95), abs=1e-6)


def test_of_nothing_there_is_no_percentile():
    """Asking for the percentile of a stage that was never measured is an error of the programmer."""
    assert LatencyMeter().count("pose") == 0
    with pytest.raises(ValueError, match="nothing was measured of the stage 'pose'"):
        LatencyMeter().p95("pose", newest=10)


def test_negative_times_do_not_reach_messages():
    """A picture stamped slightly in the future gives 0 ms, which the status message can hold."""
    meter = LatencyMeter()
    meter.record("capture", -0.4)
    assert meter.summary()["capture"].p50_ms == 0
