"""What the broker keeps of a device that crashed: nothing that is no longer true."""

from pathlib import Path

import pytest

from core.messages import CurrentAction, Status, decode
from device.outbox.store import Outbox
from posefleet.broker import LocalBroker
from tests.broker import Line, Subscriber, wait_until
from tests.device.events import NOW, ROOM, TOPICS
from tests.device.links import make_link, status

WAVE = CurrentAction(site="home", device="cam", action="wave", confidence=0.9, since=NOW)


def kept(broker: LocalBroker) -> dict[str, bytes]:
    """What a subscriber who comes now is told."""
    with Subscriber(broker.port) as late:
        late.publish("marker", b"")
        late.wait_for("marker")
        return {message.topic: message.payload for message in late.messages if message.retained}


def test_the_action_of_a_lost_device_is_forgotten(broker: LocalBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """While the device is there its action is said again and stays; after a crash only `offline` stays."""
    if broker.kind == "amqtt":
        pytest.skip("only MQTT 5 knows messages that expire")
    monkeypatch.setattr("device.link.connection._ACTION_AGAIN_S", 0.5)
    monkeypatch.setattr("device.link.connection._ACTION_EXPIRES_S", 3)
    with (
        Outbox(tmp_path / "outbox.sqlite", ROOM) as outbox,
        Subscriber(broker.port) as subscriber,
        Line(broker.port) as line,
        make_link(line.port, outbox) as link,
    ):
        link.say(status())
        link.say(WAVE)
        wait_until(lambda: len(subscriber.on(TOPICS.action)) >= 4, "three repetitions")
        assert decode(kept(broker)[TOPICS.action], CurrentAction) == WAVE
        line.cut()
        subscriber.wait_for(TOPICS.status, lambda payload: decode(payload, Status).state == "offline")
        wait_until(lambda: TOPICS.action not in kept(broker), "the end of the action")
        assert decode(kept(broker)[TOPICS.status], Status).state == "offline"
