"""A running daemon whose clock is set, whose core is busy, and whose people come and go."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.bundle import Bundle
from core.messages import ActionEvent, CurrentAction, Status, decode
from posefleet.broker import LocalBroker
from tests.broker import Subscriber, wait_until
from tests.device.events import TOPICS
from tests.device.world import Daemon, NotifySocket, World

HOUR_S = 3600


@pytest.fixture
def world(tmp_path: Path, bundle: Bundle, broker: LocalBroker) -> World:
    return World(tmp_path, bundle, broker.port)


def events(subscriber: Subscriber, kind: str = "") -> list[ActionEvent]:
    found = [decode(payload, ActionEvent) for payload in subscriber.on(TOPICS.event)]
    return [event for event in found if kind in {"", event.kind}]


def test_a_clock_set_back_an_hour_falsifies_no_duration_and_stops_nothing(world: World, subscriber: Subscriber):
    """Set back in the middle of an action: it ends after its true length, the watchdog is fed, numbers go on."""
    world.play((("wave", 5.0), ("background", 2.0)))
    offset = world.directory / "offset"
    offset.write_text("0")
    with NotifySocket(world.directory / "notify") as systemd:
        command = (sys.executable, "-m", "tests.device.set_clock", str(offset), "run", "--config", str(world.config))
        environment = {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "2000000"}
        with Daemon(command, world.directory / "log", environment) as daemon:
            wait_until(lambda: events(subscriber, "start"), "a start", 40)
            offset.write_text(str(-HOUR_S))
            wait_until(lambda: len(events(subscriber, "end")) >= 2, "two ends", 40)
            pings = len(systemd.messages)
            wait_until(lambda: len(systemd.messages) > pings + 2, "pings")
            assert daemon.stop() == 0
    first, second = events(subscriber, "end")[:2]
    for end in (first, second):
        assert abs((end.ended_at - end.started_at).total_seconds() - 5.0) < 1.0
    assert (first.started_at - second.started_at).total_seconds() == pytest.approx(-7.0, abs=1.0)
    assert (events(subscriber, "start")[0].started_at - first.started_at).total_seconds() == pytest.approx(
        HOUR_S, abs=1.0
    )
    assert [event.sequence for event in events(subscriber)] == list(range(1, len(events(subscriber)) + 1))
    assert decode(subscriber.on(TOPICS.status)[-1], Status).problems == []


@contextmanager
def busy(core: int, *, processes: int) -> Iterator[None]:
    """Nothing of a core is left over."""
    script = f"import os; os.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    running = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_a_busy_core_costs_frames_but_neither_events_nor_the_watchdog(world: World, subscriber: Subscriber):
    """With three processes on one core that never rest, events are whole, status comes, systemd has no reason."""
    world.play((("wave", 2.5), ("background", 1.5)))
    core = min(os.sched_getaffinity(0))
    with NotifySocket(world.directory / "notify") as systemd:
        environment = {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "2000000"}
        with world.run("taskset", "-c", str(core), **environment) as daemon:
            wait_until(lambda: "READY=1" in systemd.messages, "READY", 40)
            with busy(core, processes=3):
                seen, pings = len(events(subscriber, "end")), systemd.messages.count("WATCHDOG=1")
                began = time.monotonic()
                wait_until(lambda: len(events(subscriber, "end")) >= seen + 2, "two events", 60)
                lasted = time.monotonic() - began
            assert daemon.stop() == 0
    assert systemd.messages.count("WATCHDOG=1") - pings >= lasted / 2 - 1
    starts = [event.id for event in events(subscriber, "start")]
    assert starts == [event.id for event in events(subscriber, "end")]
    assert [event.sequence for event in events(subscriber)] == list(range(1, len(events(subscriber)) + 1))


def test_somebody_who_leaves_ends_what_they_did(world: World, subscriber: Subscriber):
    """When a person leaves in the middle of an action it ends as `person_left`, when they were last seen."""
    world.play((("wave", 4.0), ("nobody", 4.0)))
    with world.run() as daemon:
        wait_until(lambda: events(subscriber, "end"), "an end", 40)
        subscriber.wait_for(TOPICS.action, lambda payload: decode(payload, CurrentAction).action == "wave")
        wait_until(lambda: decode(subscriber.on(TOPICS.action)[-1], CurrentAction).action == "background", "nothing")
        wait_until(lambda: decode(subscriber.on(TOPICS.status)[-1], Status).people == 0, "nobody")
        assert daemon.stop() == 0
    end = events(subscriber, "end")[0]
    assert end.ended_by == "person_left"
    assert abs((end.ended_at - end.started_at).total_seconds() - 4.0) < 0.7
