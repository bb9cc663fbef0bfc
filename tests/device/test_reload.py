"""SIGHUP: good changes take effect, mistakes change nothing, and what needs a restart is named."""

import logging
from pathlib import Path

import pytest

from core.bundle import Bundle
from core.messages import ActionEvent, Status, decode
from device.reload import Reload, merge
from device.settings import DeviceSettings
from posefleet.broker import LocalBroker
from tests.broker import Subscriber, wait_until
from tests.device.events import TOPICS
from tests.device.world import NotifySocket, World


def make(**sections: dict[str, object]) -> DeviceSettings:
    identity = {"site": "home", "name": "cam"}
    return DeviceSettings(**{"device": identity, "model": {"directory": "m", "public_key": "A" * 43 + "="}} | sections)


def test_nothing_is_read_unless_somebody_asks():
    """Without a signal the configuration is left alone; asked once, it is read once."""
    readings: list[int] = []
    reload = Reload(make(), lambda: readings.append(1) or make(status={"interval_s": 3}))
    assert reload.take() is None
    reload.ask()
    assert reload.asked
    assert reload.take().status.interval_s == 3
    assert reload.take() is None
    assert len(readings) == 1


def test_live_sections_change_and_the_rest_stays(caplog: pytest.LogCaptureFixture):
    """Times, budget and the switch for Home Assistant change; another broker and prefix wait, and are named."""
    wanted = make(
        events={"minimum_s": 2}, latency={"budget_ms": 70}, status={"interval_s": 3},
        homeassistant={"enabled": False, "prefix": "other"}, mqtt={"host": "elsewhere", "username": "somebody"},
    )  # fmt: skip
    reload = Reload(make(), lambda: wanted)
    reload.ask()
    with caplog.at_level(logging.INFO):
        settings = reload.take()
    assert (settings.events, settings.latency, settings.status) == (wanted.events, wanted.latency, wanted.status)
    assert (settings.homeassistant.enabled, settings.homeassistant.prefix) == (False, "homeassistant")
    assert settings.mqtt == make().mqtt
    live, later = (record.getMessage() for record in caplog.records)
    assert live.endswith("changed: events.minimum_s, homeassistant.enabled, latency.budget_ms, status.interval_s")
    assert later.endswith("next start only: homeassistant.prefix, mqtt.host, mqtt.username")
    assert "elsewhere" not in caplog.text
    reload.ask()
    assert reload.take() is None  # it is in force already


def test_zones_and_hours_of_rest_of_each_camera_change_and_its_address_does_not(caplog: pytest.LogCaptureFixture):
    """Of several cameras zones and hours change at once; an address, and a camera more or less, wait and are named."""
    zone = {"polygon": [[0, 0], [1, 0], [1, 1]]}
    before = make(cameras={"hall": {"url": "0"}, "door": {"url": "1"}})
    wanted = make(cameras={"hall": {"url": "7", "zones": {"left": zone}, "rest": ["22:00-06:00"]}, "new": {"url": "2"}})
    reload = Reload(before, lambda: wanted)
    reload.ask()
    with caplog.at_level(logging.INFO):
        cameras = reload.take().cameras
    assert set(cameras) == {"hall", "door"}
    assert (cameras["hall"].url, cameras["hall"].rest) == ("0", ("22:00-06:00",))
    assert cameras["hall"].zones == wanted.cameras["hall"].zones
    assert cameras["door"] == before.cameras["door"]
    live, later = (record.getMessage() for record in caplog.records)
    assert live.endswith("changed: cameras.hall.rest, cameras.hall.zones.left")
    assert later.endswith("only: cameras.door, cameras.hall.url, cameras.new")


def test_what_is_the_same_changes_nothing():
    """Merging settings with themselves gives the same settings."""
    assert merge(make(), make()) == make()


def test_a_daemon_takes_a_new_configuration_without_a_restart(
    tmp_path: Path, bundle: Bundle, broker: LocalBroker, subscriber: Subscriber
):
    """At SIGHUP a mistake is one line and changes nothing; a new minimum is obeyed; systemd is told of both."""
    world = World(tmp_path, bundle, broker.port)
    world.play((("wave", 2.0), ("background", 1.5)))
    with NotifySocket(tmp_path / "notify") as systemd, world.run(NOTIFY_SOCKET=str(systemd.path)) as daemon:
        wait_until(lambda: _starts(subscriber), "a start", 30)
        world.write(events={"minimum_s": "a while"})
        daemon.reload()
        wait_until(lambda: "the old one goes on" in daemon.log.read_text(), "the line")
        started = len(_starts(subscriber))
        wait_until(lambda: len(_starts(subscriber)) > started, "another start", 30)

        world.write(
            events={"minimum_s": 30.0}, status={"interval_s": 0.5}, camera={"loop": False, "rest": ["00:00-00:01"]}
        )
        daemon.reload()
        wait_until(
            lambda: "changed: camera.rest, events.minimum_s, status.interval_s" in daemon.log.read_text(), "the line"
        )
        wait_until(lambda: len(_starts(subscriber)) == len(_ends(subscriber)), "the end of what ran")
        started, said = len(_starts(subscriber)), len(_frames(subscriber))
        wait_until(lambda: len(_frames(subscriber)) >= said + 5, "a whole round of the film", 30)
        assert len(_starts(subscriber)) == started
        assert daemon.stop() == 0
    log = daemon.log.read_text()
    mistake = next(line for line in log.splitlines() if "the old one goes on" in line)
    assert "[events] minimum_s" in mistake
    assert "next start only: camera.loop" in log
    assert "Traceback" not in log
    told = [message for message in systemd.messages if not message.startswith("MONOTONIC_USEC=")]
    assert told == ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]


def _starts(subscriber: Subscriber) -> list[str]:
    events = [decode(payload, ActionEvent) for payload in subscriber.on(TOPICS.event)]
    return [event.id for event in events if event.kind == "start"]


def _ends(subscriber: Subscriber) -> list[str]:
    events = [decode(payload, ActionEvent) for payload in subscriber.on(TOPICS.event)]
    return [event.id for event in events if event.kind == "end"]


def _frames(subscriber: Subscriber) -> list[int]:
    return [decode(payload, Status).frames or 0 for payload in subscriber.on(TOPICS.status)]
