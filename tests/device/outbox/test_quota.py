"""What goes when there is no room, seen from the subscriber's side: whole events or nothing, and a true count."""

import random
from pathlib import Path

import pytest

from core.messages import ActionEvent, decode
from device.outbox.quota import IN_FLIGHT
from device.outbox.store import Outbox
from tests.device.events import TOPICS, add, sequences

ROOM = 30_000  # some forty events


class Reader:
    """A subscriber behind a broker that takes messages, and says so or not."""

    def __init__(self, box: Outbox) -> None:
        self.box = box
        self.received: dict[int, ActionEvent] = {}

    def take(self, number: int, *, acknowledged: int) -> None:
        """The first few messages arrive; the broker's answers to some of them do."""
        entries = self.box.pending(min(number, IN_FLIGHT))
        for entry in entries:
            event = decode(entry.payload, ActionEvent)
            self.received[event.sequence] = event
        self.box.acknowledge(*[entry.id for entry in entries[:acknowledged]])

    def drain(self) -> None:
        """Everything arrives."""
        while self.box.counts().events:
            self.take(IN_FLIGHT, acknowledged=IN_FLIGHT)


def kinds(box: Outbox) -> list[str]:
    return [decode(entry.payload, ActionEvent).kind for entry in box.pending(10**6) if entry.kind == "event"]


def test_deltas_go_first_then_updates_then_whole_events(tmp_path: Path):
    """Deltas go before any event, updates before starts and ends, and then the oldest events with both; all counted."""
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        for number in range(IN_FLIGHT):  # these are on their way
            add(box, number, "update")
        box.add_delta(TOPICS, "r1", b"x" * 9_000)
        for number in range(100, 108):
            for kind in ("start", "update", "end"):
                add(box, number, kind)
        assert (box.counts().deltas, box.lost) == (0, 0)
        while box.lost < 8:
            add(box, 200)
        assert "update" not in kinds(box)[IN_FLIGHT:]
        while box.lost < 10:
            add(box, 300)
        first_whole = IN_FLIGHT + 1
        assert {first_whole, first_whole + 2} & set(sequences(box)) == set()
        assert {first_whole + 3, first_whole + 5} <= set(sequences(box))


def test_an_event_that_still_runs_is_given_up_whole(tmp_path: Path):
    """When only running events are left, the oldest start goes, and so does all that is said of it later."""
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        number = 0
        while not box.lost:
            number += 1
            add(box, number)
        given_up = next(one for one in range(1, number + 1) if one not in sequences(box))
        assert given_up == IN_FLIGHT + 1
        assert add(box, given_up, "end") == number + 1
        assert (number + 1) not in sequences(box)
        assert box.lost == 2
        add(box, 1, "end")
        assert number + 2 in sequences(box)  # its start is on its way


def test_a_restart_ends_nothing_that_was_given_up(tmp_path: Path):
    """The end that a restart adds is counted, and not sent, when the start was given up; others are ended."""
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        number = 0
        while not box.lost:
            number += 1
            add(box, number)
        running = len(box.running_events())
    with Outbox(tmp_path / "o.sqlite", 10**7) as box:
        reader = Reader(box)
        assert box.end_running_events() == running == number
        reader.drain()
        assert box.lost == 2
    pairs_are_whole(reader)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_subscribers_see_whole_events_and_every_loss(tmp_path: Path, seed: int):
    """Any order of events, deliveries, lost answers and restarts: start and end both or neither, gaps as counted."""
    dice = random.Random(seed)
    box = Outbox(tmp_path / "o.sqlite", ROOM)
    reader, running, last = Reader(box), [], 0
    for number in range(350):
        roll = dice.random()
        if roll < 0.4:
            running.append(number)
            last = add(box, number)
        elif roll < 0.6 and running:
            last = add(box, dice.choice(running), "update")
        elif roll < 0.9 and running:
            last = add(box, running.pop(dice.randrange(len(running))), "end")
        elif roll < 0.96:
            reader.take(dice.randint(1, IN_FLIGHT), acknowledged=dice.randint(0, 4))
        elif roll < 0.965:
            box.close()
            reader.box = box = Outbox(tmp_path / "o.sqlite", ROOM)
            last += box.end_running_events()
            running.clear()
    for one in running:
        last = add(box, one, "end")
    reader.drain()
    assert box.lost > 0
    assert last - len(reader.received) == box.lost
    pairs_are_whole(reader)
    box.close()


def pairs_are_whole(reader: Reader) -> None:
    events = [reader.received[sequence] for sequence in sorted(reader.received)]
    starts = [event.id for event in events if event.kind == "start"]
    ends = [event.id for event in events if event.kind == "end"]
    assert sorted(starts) == sorted(ends)
    assert {event.id for event in events if event.kind == "update"} <= set(starts)
