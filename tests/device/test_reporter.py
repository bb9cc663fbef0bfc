from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.messages import ActionEvent, CurrentAction, decode
from device.events import EventDraft
from device.outbox.store import Outbox
from device.reporter import Reporter
from device.settings import IdentitySettings
from tests.device.events import ROOM

IDENTITY = IdentitySettings(site="home", name="cam")


class Clocks:
    """A monotonic clock and a wall clock that can be set."""

    def __init__(self) -> None:
        self.monotonic, self.wall = 100.0, datetime(2025, 6, 1, 12, tzinfo=UTC).timestamp()

    def pass_by(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


class Listener:
    def __init__(self) -> None:
        self.said: list[CurrentAction] = []
        self.woken = 0

    def say(self, message: CurrentAction) -> None:
        self.said.append(message)

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def outbox(tmp_path: Path):
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        yield box


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def reporter(outbox: Outbox, clocks: Clocks, listener: Listener) -> Reporter:
    return Reporter(IDENTITY, outbox, listener, wall=lambda: clocks.wall, clock=lambda: clocks.monotonic)


def stored(outbox: Outbox) -> list[ActionEvent]:
    return [decode(entry.payload, ActionEvent) for entry in outbox.pending(99)]


def test_drafts_become_events_with_wall_clock_times(
    reporter: Reporter, outbox: Outbox, clocks: Clocks, listener: Listener
):
    """A draft's moments become the wall clock's times of the same moments; every event is numbered and stored."""
    clocks.pass_by(10.0)
    draft = EventDraft("a" * 32, "start", "wave", 0.98765432, 3, started_at=105.0)
    reporter.report([draft, EventDraft("a" * 32, "end", "wave", 1.0000001, 3, 105.0, 109.0, "finished")], "tiny-1")
    start, end = stored(outbox)
    assert start.started_at == end.started_at == datetime(2025, 6, 1, 12, 0, 5, tzinfo=UTC)
    assert end.ended_at == datetime(2025, 6, 1, 12, 0, 9, tzinfo=UTC)
    assert (start.sequence, end.sequence, start.person, start.model) == (1, 2, 3, "tiny-1")
    assert (start.confidence, end.confidence) == (0.9877, 1.0)
    assert listener.woken == 1


def test_a_clock_that_is_set_moves_no_duration(reporter: Reporter, outbox: Outbox, clocks: Clocks):
    """When the wall clock jumps by an hour during an action, the end message still carries its true duration."""
    reporter.report([EventDraft("a" * 32, "start", "wave", 0.9, 1, 100.0)], "tiny-1")
    clocks.pass_by(5.0)
    clocks.wall += 3600
    reporter.report([EventDraft("a" * 32, "end", "wave", 0.9, 1, 100.0, 104.0, "finished")], "tiny-1")
    end = stored(outbox)[-1]
    assert (end.ended_at - end.started_at).total_seconds() == 4.0


def test_the_current_action_is_said_when_it_changes(reporter: Reporter, clocks: Clocks, listener: Listener):
    """Each change is said once, with the moment since when; background as well."""
    for _ in range(3):
        reporter.say_current("background", 1.0, None)
        clocks.pass_by(1.0)
    reporter.say_current("wave", 0.9, 102.5)
    reporter.say_current("wave", 0.95, 102.5)
    reporter.say_current("background", 1.0, None)
    assert [(one.action, one.since.second + one.since.microsecond / 1e6) for one in listener.said] == [
        ("background", 0.0), ("wave", 2.5), ("background", 3.0),
    ]  # fmt: skip
