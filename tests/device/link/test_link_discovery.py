from pathlib import Path

import pytest

from core import homeassistant
from device.outbox.store import Outbox
from posefleet.broker import LocalBroker
from tests.broker import Subscriber, wait_until
from tests.device.events import ROOM, TOPICS
from tests.device.links import make_link, status


@pytest.fixture
def outbox(tmp_path: Path):
    with Outbox(tmp_path / "outbox.sqlite", ROOM) as box:
        yield box


def announcements(*labels: str) -> dict[str, homeassistant.AnyEntity]:
    return homeassistant.entities(TOPICS, ("background", *labels), software="1")


def announced(subscriber: Subscriber) -> set[str]:
    """The actions that a Home Assistant that has listened to everything would show."""
    latest = {message.topic: message.payload for message in subscriber.messages}
    return {topic.split("/")[3] for topic, payload in latest.items() if "/action_" in topic and payload}


def test_home_assistant_sees_the_actions_of_the_model_at_work(broker: LocalBroker, outbox: Outbox):
    """Announcements are retained, follow another model, and those of an earlier run with other actions are removed."""
    with make_link(broker.port, outbox) as link, Subscriber(broker.port) as watcher:
        link.announce(announcements("wave", "clap"))
        wait_until(lambda: announced(watcher) == {"action_wave", "action_clap"}, "two actions")
        link.announce(announcements("wave", "squat"))
        wait_until(lambda: announced(watcher) == {"action_wave", "action_squat"}, "the other actions")
    link = make_link(broker.port, outbox)
    link.announce(announcements("hop"))
    with link, Subscriber(broker.port) as late:
        wait_until(lambda: announced(late) == {"action_hop"}, "only what the new run announces")
        assert any(message.retained for message in late.messages)


def test_home_assistant_hears_everything_again_when_it_starts(broker: LocalBroker, outbox: Outbox):
    """On the birth message every announcement and the retained states are published once more."""
    with make_link(broker.port, outbox) as link, Subscriber(broker.port) as watcher:
        link.say(status())
        link.announce(announcements("wave"))
        wait_until(lambda: announced(watcher), "the announcement")
        wait_until(lambda: watcher.on(TOPICS.status), "the status")
        before = len(watcher.messages)
        watcher.publish("homeassistant/status", b"online")
        wait_until(lambda: len(watcher.messages) >= 2 * before + 1, "everything again")
        assert len(watcher.on(TOPICS.status)) == 2


def test_home_assistant_finds_everything_on_a_broker_that_has_forgotten_all(broker: LocalBroker, outbox: Outbox):
    """After a restart of a broker that keeps nothing, announcements and states are there again as they were."""
    entities = announcements("wave")
    with make_link(broker.port, outbox) as link:
        link.say(status())
        link.announce(entities)
        with Subscriber(broker.port) as before:
            wait_until(lambda: announced(before) and before.on(TOPICS.status), "what is said before")
        broker.stop()
        broker.start()
        with Subscriber(broker.port) as after:
            wait_until(lambda: after.on(TOPICS.status) and len(after.messages) > len(entities), "all of it again", 40)
        latest = {message.topic: message.payload for message in after.messages}
        assert {topic: latest[topic] for topic in entities} == {
            topic: homeassistant.encode(entity) for topic, entity in entities.items()
        }
    with Subscriber(broker.port) as late:
        wait_until(lambda: announced(late) == {"action_wave"}, "retained announcements")


def test_only_entities_under_the_own_name_are_announced(outbox: Outbox):
    """Neither another type nor another device's topic gets through."""
    link = make_link(1, outbox)
    topic, entity = next(iter(announcements("wave").items()))
    with pytest.raises(TypeError, match="never publishes Status"):
        link.announce({topic: status()})
    with pytest.raises(ValueError, match="no announcement of"):
        link.announce({topic.replace("cam", "other"): entity})
