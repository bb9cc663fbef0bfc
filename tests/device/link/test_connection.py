import sqlite3
import threading
import time
from pathlib import Path

import msgspec
import pytest

from core import chunks, topics
from core.messages import (
    ActionEvent,
    CurrentAction,
    Queue,
    Receipt,
    RoundClosed,
    RoundOpen,
    SignedManifest,
    Status,
    decode,
    encode,
)
from device.link.connection import Handlers
from device.outbox.store import Outbox
from posefleet.broker import LocalBroker
from tests.broker import Line, Subscriber, wait_until
from tests.device.events import NOW, ROOM, TOPICS, add
from tests.device.links import make_link, status

RECEIPT = Receipt(round="r1", transfer="0" * 64, accepted=True, reason="accepted")


@pytest.fixture
def outbox(tmp_path: Path):
    with Outbox(tmp_path / "outbox.sqlite", ROOM) as box:
        yield box


def test_what_the_disk_cannot_forget_holds_nothing_up(
    broker: LocalBroker, subscriber: Subscriber, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
):
    """While a full disk keeps an event that the broker has, it is not sent again, and whatever is said still leaves."""
    tried, forget = threading.Event(), outbox.acknowledge

    def fail(*_: int) -> None:
        tried.set()
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(outbox, "acknowledge", fail)
    with make_link(broker.port, outbox) as link:
        add(outbox, 0)
        link.wake()
        wait_until(tried.is_set, "the attempt to forget")
        link.say(status(problems=["the disk is full"]))
        wait_until(lambda: subscriber.on(TOPICS.status), "the status")
        monkeypatch.setattr(outbox, "acknowledge", forget)
        wait_until(lambda: outbox.counts().events == 0, "room on the disk")
    assert len(subscriber.on(TOPICS.event)) == 1


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_events_leave_in_order_and_what_is_said_is_retained(
    protocol: str, broker: LocalBroker, subscriber: Subscriber, outbox: Outbox
):
    """With either protocol events arrive in order and leave the disk; status and action stay on the broker."""
    with make_link(broker.port, outbox, protocol=protocol) as link:
        for number in range(50):
            add(outbox, number)
        link.say(status())
        link.say(CurrentAction(site="home", device="cam", action="wave", confidence=0.9, since=NOW))
        link.wake()
        wait_until(lambda: len(subscriber.on(TOPICS.event)) == 50, "50 events")
        wait_until(lambda: outbox.counts().events == 0, "an empty outbox")
        received = [decode(payload, ActionEvent).sequence for payload in subscriber.on(TOPICS.event)]
        assert received == list(range(1, 51))
        with Subscriber(broker.port) as late:
            late.wait_for(TOPICS.status)
            late.wait_for(TOPICS.action)
            assert late.on(TOPICS.event) == []


def test_the_link_refuses_anything_but_the_closed_list(broker: LocalBroker, subscriber: Subscriber, outbox: Outbox):
    """Neither another message, nor a look-alike, nor bytes, nor an entry smuggled into the outbox's file goes out."""

    class Smuggler(Status, tag="status"):
        picture: bytes = b""

    with make_link(broker.port, outbox) as link:
        fields = msgspec.structs.asdict(status())
        for wrong in (RECEIPT, Smuggler(**fields, picture=b"\xff\xd8"), b"\xff\xd8", {"type": "status"}, None):
            with pytest.raises(TypeError, match="never publishes"):
                link.say(wrong)
        keypoints = b'{"type":"action_event","joints":[[0.1,0.2]]}'
        for kind, topic, payload in (
            ("start", TOPICS.event, keypoints),
            ("start", "posefleet/v1/home/other/event", keypoints),
            ("delta", TOPICS.delta("r1", 0), b"\xff\xd8 a picture"),
            ("delta", "pictures/1", chunks.encode(chunks.split(b"picture")[0])),
        ):
            outbox._insert(kind, "owner", topic, payload)
        add(outbox, 1)
        link.wake()
        wait_until(lambda: outbox.counts() == Queue(events=0, deltas=0), "an empty outbox")
        subscriber.wait_for(TOPICS.event)
        subscriber.publish("end", b"")
        subscriber.wait_for("end")
        assert [message.topic for message in subscriber.messages] == [TOPICS.event, "end"]
        assert decode(subscriber.messages[0].payload, ActionEvent).sequence == 1


def test_a_broker_that_goes_away_loses_nothing(broker: LocalBroker, outbox: Outbox):
    """Stop the broker in the middle: events wait; started again, all arrive in order, without a gap; status returns."""
    with Line(broker.port) as line, make_link(line.port, outbox) as link:
        link.say(status())
        seen: list[int] = []
        with Subscriber(broker.port) as before:
            for number in range(20):
                add(outbox, number)
            link.wake()
            before.wait_for(TOPICS.event)
            broker.stop()
            for number in range(20, 60):
                add(outbox, number)
            link.wake()
            wait_until(lambda: link.problem, "the loss to be noticed")
            seen += [decode(payload, ActionEvent).sequence for payload in before.on(TOPICS.event)]
        line.cut()  # the new subscriber must be there before the device is back
        broker.start()
        with Subscriber(broker.port) as after:
            line.mend()
            wait_until(lambda: outbox.counts().events == 0, "an empty outbox")
            wait_until(lambda: seen[-1] + len(after.on(TOPICS.event)) >= 60, "the rest")
            rest = [decode(payload, ActionEvent).sequence for payload in after.on(TOPICS.event)]
            after.wait_for(TOPICS.status)
        assert rest == sorted(rest)
        assert set(seen) | set(rest) == set(range(1, 61))
        assert rest[0] <= seen[-1] + 1


def test_who_is_lost_is_missed(broker: LocalBroker, subscriber: Subscriber, outbox: Outbox):
    """When the line is cut without a goodbye, the broker says `offline` for the device, retained."""
    with Line(broker.port) as line, make_link(line.port, outbox) as link:
        link.say(status())
        subscriber.wait_for(TOPICS.status, lambda payload: decode(payload, Status).state == "online")
        line.cut()
        subscriber.wait_for(TOPICS.status, lambda payload: decode(payload, Status).state == "offline")
    with Subscriber(broker.port) as late:
        assert decode(late.wait_for(TOPICS.status), Status).state == "offline"


def test_a_goodbye_lets_everything_leave_first(broker: LocalBroker, subscriber: Subscriber, outbox: Outbox):
    """At the end the last events arrive, then `offline`, retained."""
    with make_link(broker.port, outbox) as link:
        link.say(status())
        wait_until(lambda: link.connected, "a connection")
        for number in range(40):
            add(outbox, number)
        link.say(status("stopping"))
        assert link.say_goodbye(timeout_s=10)
    subscriber.wait_for(TOPICS.status, lambda payload: decode(payload, Status).state == "offline")
    states = [decode(payload, Status).state for payload in subscriber.on(TOPICS.status)]
    assert states[-2:] == ["stopping", "offline"]
    assert len(subscriber.on(TOPICS.event)) == 40
    with Subscriber(broker.port) as late:
        assert decode(late.wait_for(TOPICS.status), Status).state == "offline"


def test_a_goodbye_without_a_broker_does_not_wait(outbox: Outbox):
    """Without a connection the daemon can stop at once; what waits stays on the disk."""
    with LocalBrokerPort() as port, make_link(port, outbox) as link:
        add(outbox, 1)
        began = time.monotonic()
        assert not link.say_goodbye(timeout_s=10)
        assert time.monotonic() - began < 2
    assert outbox.counts().events == 1


class LocalBrokerPort:
    """A port on which nobody listens."""

    def __enter__(self) -> int:
        from posefleet.broker import free_port

        return free_port()

    def __exit__(self, *_: object) -> None:
        pass


def test_a_delta_is_sent_again_after_a_reconnect_until_its_receipt(broker: LocalBroker, outbox: Outbox):
    """Chunks of a delta are published, again after every reconnect, and never after the receipt."""
    package = bytes(range(256)) * 600
    transfer = outbox.add_delta(TOPICS, "r1", package)
    with (
        Subscriber(broker.port) as subscriber,
        Line(broker.port) as line,
        make_link(line.port, outbox) as link,
    ):
        below = f"{TOPICS.base}/delta/#"
        wait_until(lambda: len(subscriber.on(below)) == 3, "three chunks")
        line.cut()
        line.mend()
        wait_until(lambda: len(subscriber.on(below)) >= 6, "three chunks again")
        assembler = chunks.Assembler()
        assert [assembler.add(chunks.decode(payload)) for payload in subscriber.on(below)[-3:]][-1] == package
        outbox.settle_delta(transfer)
        line.cut()
        line.mend()
        wait_until(lambda: link.connected, "a connection")
        add(outbox, 1)
        link.wake()
        subscriber.wait_for(TOPICS.event)
        assert len(subscriber.on(below)) == 6


def test_what_comes_in_reaches_its_handler_and_rubbish_none(
    broker: LocalBroker, subscriber: Subscriber, outbox: Outbox, caplog: pytest.LogCaptureFixture
):
    """Receipts, rounds, manifests and the chunks asked for are handed over; a flood of rubbish is one log line."""
    got: list[object] = []
    handlers = Handlers(on_receipt=got.append, on_round=got.append, on_manifest=got.append, on_chunk=got.append)
    opened = RoundOpen(
        round="r1", group="g", base=1, epochs=1, learning_rate=0.1, batch=8, clip_norm=1.0, codec="int8",
        minimum_samples=1, fraction=1.0, goal=1, deadline=NOW, seed=1,
    )  # fmt: skip
    closed = RoundClosed(round="r1", group="g", outcome="released", accepted=1)
    manifest = SignedManifest(manifest="{}", key="A" * 43 + "=", signature="A" * 86 + "==")
    chunk, other = chunks.split(b"one")[0], chunks.split(b"two")[0]
    with make_link(broker.port, outbox, handlers) as link:
        link.fetch(chunk.transfer)
        wait_until(lambda: link.connected, "a connection")
        subscriber.publish(topics.release_chunk("c", other.transfer, 0), chunks.encode(other))
        subscriber.publish(topics.release_chunk("c", chunk.transfer, 1), chunks.encode(chunk))
        for _ in range(20):
            subscriber.publish(TOPICS.inbox, b'{"type":"receipt","round":"\xff')
            subscriber.publish(topics.rounds("g"), b"[" * 5000)
        subscriber.publish(topics.rounds("g"), b"")
        messages = [RECEIPT, opened, closed, manifest]
        places = [TOPICS.inbox, topics.rounds("g"), topics.rounds("g"), topics.release_manifest("c")]
        for place, message in zip(places, messages, strict=True):
            subscriber.publish(place, encode(message))
        subscriber.publish(topics.release_chunk("c", chunk.transfer, 0), chunks.encode(chunk))
        wait_until(lambda: len(got) == 5, "five messages")
        assert got == [*messages, chunk]
        link.stop_fetching(chunk.transfer)
    assert len([record for record in caplog.records if "is ignored" in record.message]) == 3


def test_many_threads_may_speak_at_once(broker: LocalBroker, subscriber: Subscriber, outbox: Outbox):
    """Large deltas, events and statuses from several threads at once all arrive whole, on one connection."""
    with make_link(broker.port, outbox) as link:

        def work(number: int) -> None:
            outbox.add_delta(TOPICS, f"r{number}", bytes([number]) * 500_000)
            for step in range(20):
                add(outbox, 100 * number + step)
                link.say(status(frames=step))
                link.wake()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: len(subscriber.on(TOPICS.event)) == 60, "60 events")
        wait_until(lambda: len(subscriber.on(f"{TOPICS.base}/delta/#")) == 27, "27 chunks")
        assert len({chunks.decode(payload) for payload in subscriber.on(f"{TOPICS.base}/delta/#")}) == 27
        states = [decode(payload, Status).state for payload in subscriber.on(TOPICS.status)]
        assert "offline" not in states
