"""Events for tests, and how to look into an outbox. Run, it fills an outbox until it is killed."""

import itertools
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.messages import ActionEvent, decode
from core.topics import DeviceTopics
from device.outbox.store import Outbox

TOPICS = DeviceTopics("home", "cam")
NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
ROOM = 10**8


def event(sequence: int, *, event_id: str = "0" * 32, kind: str = "start") -> ActionEvent:
    return ActionEvent(
        id=event_id,
        sequence=sequence,
        site="home",
        device="cam",
        kind=kind,
        action="wave",
        confidence=0.9,
        person=1,
        started_at=NOW,
        ended_at=NOW + timedelta(seconds=2) if kind == "end" else None,
        ended_by="finished" if kind == "end" else None,
        model="tiny-1",
    )


def add(outbox: Outbox, number: int, kind: str = "start") -> int | None:
    return outbox.add_event(lambda sequence: event(sequence, event_id=f"{number:032x}", kind=kind))


def sequences(outbox: Outbox) -> list[int]:
    return [decode(entry.payload, ActionEvent).sequence for entry in outbox.pending(10**6) if entry.kind == "event"]


def write_until_killed(path: Path) -> None:
    """Add events, and now and then a delta of three chunks; print each sequence number once it is stored."""
    outbox = Outbox(path, ROOM)
    for number in itertools.count(len(outbox.pending(10**6)) + 1):
        sequence = add(outbox, number)
        if number % 5 == 0:
            outbox.add_delta(TOPICS, f"r{number}", bytes(130_000) + bytes([number % 256]))
        sys.stdout.write(f"{sequence}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    write_until_killed(Path(sys.argv[1]))
