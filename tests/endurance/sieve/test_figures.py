"""Figures that are not what they are said to be are found."""

from datetime import UTC, datetime, timedelta

import pytest

from core.messages import Queue, StageLatency, Status, encode
from tests.broker import Received
from tests.device.events import TOPICS
from tests.endurance.sieve.figures import figures

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)


def said(after_s: float, device: str = "cam", **fields: object) -> Received:
    status = Status(site="home", device=device, state="online", at=BEGAN + timedelta(seconds=after_s), **fields)
    return Received(TOPICS.status, encode(status), retained=False, at=1000.0 + after_s)


def took(p95_ms: float) -> dict[str, StageLatency]:
    return {"total": StageLatency(p50_ms=1.0, p95_ms=p95_ms, p99_ms=99.0)}


def test_figures_of_a_minute_pass():
    """Changes a minute apart, repeated in between, of two devices, with a last will and other messages: no finding."""
    each = [
        said(second + late, device, fps=float(second // 60), frames=900 * (second // 60), latency=took(second // 60))
        for device, late in (("cam", 0.0), ("hall", 0.4))
        for second in range(0, 600, 5)
    ]
    assert figures([*each, said(601.0), Received(TOPICS.action, b"{}", retained=False)], interval_s=60) == []


@pytest.mark.parametrize(
    "fields",
    [
        [{"frames": 100}, {"frames": 200}, {"frames": 300}],
        [{"fps": 1.0}, {"fps": 2.0}, {"fps": 1.0}],
        [{"latency": took(1.0)}, {"latency": took(2.0)}, {"latency": {}}],
        [{"queue": Queue(events=number, deltas=0)} for number in (0, 1, 0)],
    ],
)
def test_a_change_that_comes_too_soon_is_found(fields: list[dict[str, object]]):
    """Twice within the interval is once too often, whichever of the figures it is, and the finding names it."""
    found = figures([said(20.0 * number, **one) for number, one in enumerate(fields)], interval_s=60)
    assert len(found) == 1
    assert found[0].startswith(f"home/cam: status.{next(iter(fields[0]))} changed to ")
    assert "20.0 s after" in found[0]


@pytest.mark.parametrize("fields", [{"fps": 14.9}, {"fps": 101.0}, {"latency": took(0.123)}])
def test_a_number_that_is_too_fine_is_found(fields: dict[str, object]):
    """Three digits are one too many."""
    assert len(figures([said(0.0, **fields)], interval_s=60)) == 1


@pytest.mark.parametrize("fields", [{"fps": 15.0}, {"fps": 110.0}, {"latency": took(0.12)}, {"frames": 51230}])
def test_two_digits_pass(fields: dict[str, object]):
    """Whatever their size; what is counted is a sum and may have more."""
    assert figures([said(0.0, **fields)], interval_s=60) == []
