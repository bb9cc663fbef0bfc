"""The meter says where the time of a frame goes."""

import numpy as np
import pytest

from device.latency import TOTAL, LatencyMeter


@pytest.mark.parametrize("count", [1, 2, 3, 101, 599, 600, 601, 1500])
def test_percentiles_are_those_of_the_newest(count):
    """Median and 95th percentile are numpy's, of the newest 600 measurements."""
    meter = LatencyMeter()
    values = np.random.default_rng(count).gamma(2, 10, count)
    for value in values:
        meter.record("pose", float(value))
    stage = meter.summary()["pose"]
    expected = np.percentile(values[-600:], [50, 95])
    assert (stage.p50_ms, stage.p95_ms) == pytest.approx(tuple(expected), abs=0.0051)


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
    for value in [500.0] * 600 + [10.0] * 600:
        meter.record(TOTAL, value)
    assert meter.summary()[TOTAL].p95_ms == 10.0
    assert not meter.over_budget(50)


def test_the_budget_is_for_the_total():
    """Over budget is when the total's 95th percentile is above it, whatever single stages or outliers say."""
    meter = LatencyMeter()
    assert not meter.over_budget(50)
    for number in range(100):
        meter.record("pose", 200.0)
        meter.record(TOTAL, 300.0 if number < 3 else 40.0)
    assert not meter.over_budget(50)
    for _ in range(10):
        meter.record(TOTAL, 60.0)
    assert meter.over_budget(50)


def test_negative_times_do_not_reach_messages():
    """A picture stamped slightly in the future gives 0 ms, which the status message can hold."""
    meter = LatencyMeter()
    meter.record("capture", -0.4)
    assert meter.summary()["capture"].p50_ms == 0
