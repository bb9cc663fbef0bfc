"""A process that makes events as fast as it is told, through the daemon's own outbox and link, until it is stopped.

    python -m tests.endurance.maker /var/tmp/maker 1883 3 1000         # three a second, a thousand and a few

It may be killed at any moment and started again: like the daemon it then ends what was open, and goes on counting.
"""

import argparse
import itertools
import signal
import sqlite3
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from core.messages import ActionEvent, Status, decode
from core.mqtt_settings import MqttSettings
from device.link.connection import Link
from device.link.inbound import Handlers
from device.outbox.store import Outbox
from device.settings import IdentitySettings

IDENTITY = IdentitySettings(site="home", name="maker")
OUTBOX = "outbox.sqlite"
KINDS: tuple[Literal["start", "update", "end"], ...] = ("start", "update", "end")  # in turn: one is usually running
_ROOM = 10**8


@dataclass(frozen=True)
class Orders:
    """What a maker does."""

    directory: Path
    port: int
    per_second: float
    total: int
    quota_bytes: int = _ROOM
    host: str = "127.0.0.1"

    @property
    def command(self) -> list[str]:
        """The process."""
        numbers = (self.port, self.per_second, self.total, self.quota_bytes)
        return [sys.executable, "-m", "tests.endurance.maker", str(self.directory), *map(str, numbers), self.host]


def count(directory: Path, query: str) -> int:
    """A number from a maker's or a daemon's outbox, which may be at work; 0 if it is not there yet."""
    try:
        with sqlite3.connect(f"file:{directory / OUTBOX}?mode=ro", uri=True, timeout=10) as database:
            row = database.execute(query).fetchone()
            return 0 if row is None else int(row[0])
    except sqlite3.OperationalError:
        return 0


def made(directory: Path) -> int:
    """How many events were made."""
    return count(directory, "SELECT value FROM counters WHERE name = 'sequence'")


def waiting(directory: Path) -> int:
    """How many of them wait."""
    return count(directory, "SELECT COUNT(*) FROM entries")


def lost(directory: Path) -> int:
    """How many of them were given up."""
    return count(directory, "SELECT value FROM counters WHERE name = 'lost'")


def _make(orders: Orders, stop: threading.Event) -> None:
    settings = MqttSettings(host=orders.host, port=orders.port, tls=False, keepalive_s=5)
    with Outbox(orders.directory / OUTBOX, orders.quota_bytes) as outbox:
        outbox.end_running_events()
        with Link(settings, outbox, identity=IDENTITY, channel="c", handlers=Handlers()) as link:
            link.say(Status(site=IDENTITY.site, device=IDENTITY.name, state="online", at=datetime.now(UTC)))
            began = time.monotonic()
            for number in itertools.count():
                if stop.wait(max(0.0, began + number / orders.per_second - time.monotonic())):
                    break
                kind = KINDS[number % len(KINDS)]
                if kind == "start" and made(orders.directory) >= orders.total:
                    break
                _add(outbox, kind)
                link.wake()
            stop.wait()
            outbox.end_running_events()
            link.say_goodbye(10.0)


def _add(outbox: Outbox, kind: Literal["start", "update", "end"]) -> None:
    now = datetime.now(UTC)
    start = outbox.running_events()[-1] if kind != "start" else None
    outbox.add_event(
        lambda sequence: ActionEvent(
            id=start.id if start else f"{sequence:032x}",
            sequence=sequence,
            site=IDENTITY.site,
            device=IDENTITY.name,
            kind=kind,
            action="wave",
            confidence=0.9,
            person=1,
            started_at=start.started_at if start else now,
            ended_at=now if kind == "end" else None,
            ended_by="finished" if kind == "end" else None,
            model="tiny-1",
        )
    )


def events_of(payloads: list[bytes]) -> list[ActionEvent]:
    """Events of a topic, as they came."""
    return [decode(payload, ActionEvent) for payload in payloads]


def main() -> None:
    """Make events until stopped."""
    parser = argparse.ArgumentParser(
        "python -m tests.endurance.maker", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, help="that has the outbox, or will")
    parser.add_argument("port", type=int, help="of the broker")
    parser.add_argument("per_second", type=float, help="how many events are made a second")
    parser.add_argument("total", type=int, help="how many are made, but for those that end what began")
    parser.add_argument("quota_bytes", type=int, nargs="?", default=_ROOM, help="of the outbox; 100 MB if left out")
    parser.add_argument("host", nargs="?", default="127.0.0.1", help="of the broker; this one if left out")
    orders, stop = Orders(**vars(parser.parse_args())), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _make(orders, stop)


if __name__ == "__main__":
    main()
