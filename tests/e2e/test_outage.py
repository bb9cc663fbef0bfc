"""The broker away, events made, processes killed: the short form of `python -m tests.endurance.outage`."""

from pathlib import Path

import pytest

from core.bundle import Bundle
from posefleet.broker import LocalBroker
from tests.device.events import event
from tests.endurance.ledger import Ledger
from tests.endurance.outage import Plan, endure

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
ONE, OTHER = "1" * 32, "2" * 32


@pytest.mark.parametrize("quota_bytes", [10**8, 40_000])
def test_nothing_is_lost_in_an_outage_with_kills(tmp_path: Path, bundle: Bundle, broker: LocalBroker, quota_bytes: int):
    """Killed while the broker is away and while it catches up: every event arrives, in order, and every loss counts."""
    maker, daemon = endure(tmp_path, bundle, broker, Plan(outage_s=6, events=200, kills=5, quota_bytes=quota_bytes))
    assert (maker.faults, daemon.faults) == ([], [])
    assert maker.made >= 200
    assert (maker.lost > 0) == (quota_bytes < 10**6)


def test_the_ledger_sees_every_kind_of_fault():
    """Missing, disordered, ambiguous and half events are faults; coming twice with the same content is none."""
    start, end = event(1, event_id=ONE), event(2, event_id=ONE, kind="end")
    assert Ledger((start, end, start)).faults(2) == []
    assert Ledger((start, end)).duplicates == 0
    assert Ledger((start, end)).faults(3) == ["1 events are missing, 0 are said to be lost"]
    assert Ledger((end, start)).faults(2) == ["events arrive out of order"]
    assert Ledger((start,)).faults(2, lost=1) == [f"event {ONE} has 1 starts and 0 ends"]
    assert "sequence 2 means several events" in Ledger((start, end, event(2, event_id=OTHER))).faults(2)
