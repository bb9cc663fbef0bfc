"""A disk that is full, or turns read-only, under a running daemon: a real file system of two megabytes."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.bundle import Bundle
from core.messages import ActionEvent, Status, decode
from posefleet.broker import LocalBroker
from tests.broker import Subscriber, wait_until
from tests.device.events import TOPICS
from tests.device.world import Daemon, World

SMALL_DISK = "unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=2m none "$0" && exec "$@"'


def _may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not _may_mount(), reason="only root may mount a file system")


@pytest.fixture
def world(tmp_path: Path, bundle: Bundle, broker: LocalBroker) -> World:
    world = World(tmp_path, bundle, broker.port)
    world.play((("wave", 2.5), ("background", 1.5)))
    world.state.mkdir()
    return world


def events(subscriber: Subscriber) -> list[ActionEvent]:
    return [decode(payload, ActionEvent) for payload in subscriber.on(TOPICS.event)]


def after(subscriber: Subscriber, condition: Callable[[Status], bool], what: str) -> Status:
    """The newest status, once it fulfils a condition."""

    def newest() -> Status:
        return decode(subscriber.on(TOPICS.status)[-1], Status)

    wait_until(lambda: subscriber.on(TOPICS.status) and condition(newest()), what, 40)
    return newest()


def inside(daemon: Daemon, path: Path) -> Path:
    """A path as the daemon sees it, whose disk nobody else has mounted."""
    return Path(f"/proc/{daemon.process.pid}/root{path}")


def fill(path: Path) -> None:
    """Leave no byte free."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def mistaken(status: Status) -> bool:
    return any("make room on the disk" in problem for problem in status.problems)


def test_a_full_disk_costs_events_whole_and_is_said_while_it_lasts(world: World, subscriber: Subscriber):
    """Frames go on, status says what is wrong and what was lost; with room again all is well, nothing is corrupt."""
    with world.run(*SMALL_DISK, str(world.state)) as daemon:
        wait_until(lambda: len(events(subscriber)) >= 2, "events", 40)
        fill(inside(daemon, world.state / "filler"))
        full = after(subscriber, mistaken, "the problem")
        after(subscriber, lambda status: status.frames > full.frames + 60, "recognition that goes on")
        inside(daemon, world.state / "filler").unlink()
        mended = after(subscriber, lambda status: not mistaken(status), "the end of the problem")
        assert mended.state == "online"
        stored = len(events(subscriber))
        wait_until(lambda: len(events(subscriber)) >= stored + 4, "new events", 40)
        assert look(daemon, world.state / "outbox.sqlite", "PRAGMA integrity_check") == "ok"
        lost = int(look(daemon, world.state / "outbox.sqlite", "SELECT value FROM counters WHERE name = 'lost'"))
        assert daemon.stop() == 0
    seen = {event.sequence: event for event in events(subscriber)}
    assert max(seen) - len(seen) == lost > 0
    assert f"was full: {lost}, the last at" in " ".join(mended.problems)
    assert whole(seen)
    assert "Traceback" not in daemon.log.read_text()


def test_a_state_directory_that_cannot_be_written_is_said_at_the_start(world: World):
    """On a read-only disk the daemon does not start, and says which directory it is and what to do."""
    read_only = (*SMALL_DISK[:-1], 'mount -t tmpfs -o ro none "$0" && exec "$@"', str(world.state))
    with world.run(*read_only) as daemon:
        assert daemon.process.wait(40) != 0
    assert f"ConfigError: {world.state}: cannot be written; set device.state_directory" in daemon.log.read_text()


def look(daemon: Daemon, path: Path, query: str) -> str:
    """The answer of a database that only the daemon's mounts show."""
    script = f"import sqlite3; print(sqlite3.connect({str(path)!r}).execute({query!r}).fetchone()[0])"
    command = ["nsenter", "-t", str(daemon.process.pid), "--mount", sys.executable, "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def whole(seen: dict[int, ActionEvent]) -> bool:
    """Whether every start has its end, and the other way round; only the newest may still run."""
    starts = [event.id for _, event in sorted(seen.items()) if event.kind == "start"]
    ends = [event.id for _, event in sorted(seen.items()) if event.kind == "end"]
    return starts == ends
