from pathlib import Path

import pytest

from core import homeassistant
from core.errors import UnavailableError
from device.outbox.store import Outbox
from device.retire import retire
from device.settings import DeviceSettings
from posefleet.broker import LocalBroker, free_port
from tests.broker import Subscriber, wait_until
from tests.device.events import ROOM, TOPICS
from tests.device.links import make_link, status


def settings(port: int) -> DeviceSettings:
    return DeviceSettings.model_validate(
        {
            "device": {"site": "home", "name": "cam"},
            "model": {"directory": "release", "public_key": "A" * 43 + "="},
            "mqtt": {"host": "127.0.0.1", "port": port},
        }
    )


def test_nothing_is_left_of_a_retired_device(broker: LocalBroker, tmp_path: Path):
    """Status and every announcement are taken back, another device's stay, and a second time there is nothing to do."""
    other = "posefleet/v1/home/other/status"
    with Outbox(tmp_path / "outbox.sqlite", ROOM) as outbox, make_link(broker.port, outbox) as link:
        link.say(status())
        link.announce(homeassistant.entities(TOPICS, ("background", "wave"), software="1"))
        wait_until(lambda: link.connected, "a connection")
        assert link.say_goodbye(20)
    with Subscriber(broker.port) as neighbour:
        neighbour.publish(other, b"{}", retain=True)
    taken_back = retire(settings(broker.port))
    assert TOPICS.status in taken_back
    assert any(topic.startswith("homeassistant/binary_sensor/") for topic in taken_back)
    with Subscriber(broker.port) as late:
        late.publish("end", b"")
        late.wait_for("end")
        assert {message.topic for message in late.messages} == {other, "end"}
    assert retire(settings(broker.port)) == []


def test_without_a_broker_the_reason_is_said():
    """When nobody listens, one error says so."""
    with pytest.raises(UnavailableError, match="no broker at"):
        retire(settings(free_port()), timeout_s=2)
