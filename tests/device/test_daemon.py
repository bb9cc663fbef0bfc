import itertools
import signal
from pathlib import Path

import numpy as np
import pytest

from core import chunks, homeassistant, topics
from core.bundle import Bundle
from core.messages import ActionEvent, CurrentAction, Status, decode, encode
from device.health import software
from device.learning.samples import SampleStore
from posefleet.broker import LocalBroker
from tests import people, tiny
from tests.broker import Line, Subscriber, wait_until
from tests.device.events import TOPICS
from tests.device.learning.test_learner import opened
from tests.device.world import QUICK, NotifySocket, World


@pytest.fixture
def world(tmp_path: Path, bundle: Bundle, broker: LocalBroker) -> World:
    return World(tmp_path, bundle, broker.port)


def statuses(subscriber: Subscriber) -> list[Status]:
    return [decode(payload, Status) for payload in subscriber.on(TOPICS.status)]


def events(subscriber: Subscriber) -> list[ActionEvent]:
    return [decode(payload, ActionEvent) for payload in subscriber.on(TOPICS.event)]


def test_a_daemon_lives_and_ends_in_good_order(world: World, subscriber: Subscriber, tmp_path: Path):
    """As a process: starting, online, events of what the film shows, systemd fed; at SIGTERM offline and exit 0."""
    with NotifySocket(tmp_path / "notify") as systemd:
        with world.run(NOTIFY_SOCKET=str(systemd.path), WATCHDOG_USEC="2000000") as daemon:
            subscriber.wait_for(TOPICS.status, lambda payload: decode(payload, Status).state == "online")
            wait_until(lambda: "READY=1" in systemd.messages, "READY")
            wait_until(lambda: len(events(subscriber)) >= 3, "the wave and the beginning of the squat", 30)
            subscriber.wait_for(TOPICS.action, lambda payload: decode(payload, CurrentAction).action == "squat")
            assert daemon.stop() == 0
        assert systemd.messages[0] == "READY=1"
        assert systemd.messages[-1] == "STOPPING=1"
        assert "WATCHDOG=1" in systemd.messages
    seen = events(subscriber)
    assert [one.sequence for one in seen] == list(range(1, len(seen) + 1))
    assert [(one.kind, one.action) for one in seen[:3]] == [("start", "wave"), ("end", "wave"), ("start", "squat")]
    assert seen[-1].kind == "end"
    wave = seen[1]
    assert abs((wave.ended_at - wave.started_at).total_seconds() - 4.0) < 1.0
    states = statuses(subscriber)
    order = ["starting", "online", "stopping", "offline"]
    assert sorted({one.state for one in states}, key=order.index) == [
        one for one in order if one in {s.state for s in states}
    ]
    assert [one.state for one in states[-2:]] == ["stopping", "offline"]
    online = next(one for one in reversed(states) if one.state == "online")
    assert (online.model, online.model_version, online.camera, online.problems) == ("tiny-1", 1, "ok", [])
    assert online.frames > 50
    assert {"pose", "total"} <= online.latency.keys()
    with Subscriber(world.sections["mqtt"]["port"]) as late:
        assert decode(late.wait_for(TOPICS.status), Status).state == "offline"
    assert "Traceback" not in daemon.log.read_text()
    kinds = {TOPICS.event: ActionEvent, TOPICS.action: CurrentAction, TOPICS.status: Status}
    announced = homeassistant.entities(TOPICS, tiny.LABELS, software=software())
    assert {message.topic for message in subscriber.messages} == set(kinds) | set(announced)
    for message in subscriber.messages:  # nothing but the closed list, and nothing large enough for a picture
        if message.topic in announced:
            assert message.payload == homeassistant.encode(announced[message.topic])
        else:
            decode(message.payload, kinds[message.topic])
        assert len(message.payload) < 4000


def test_kill_9_ends_what_was_open_at_the_next_start(world: World, subscriber: Subscriber):
    """After SIGKILL in the middle of an action, the next start ends it; sequences go on without a gap."""
    world.play((("wave", 20.0),))
    with world.run() as daemon:
        wait_until(lambda: [one for one in events(subscriber) if one.kind == "start"], "a start", 30)
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()
    subscriber.wait_for(TOPICS.status, lambda payload: decode(payload, Status).state == "offline")
    with world.run() as daemon:
        wait_until(lambda: [one for one in events(subscriber) if one.ended_by == "restart"], "the end", 30)
        daemon.stop()
    # What was on its way when the daemon was killed may come twice, with the same number.
    by_sequence = {one.sequence: one for one in events(subscriber)}
    assert sorted(by_sequence) == list(range(1, max(by_sequence) + 1))
    seen = [by_sequence[sequence] for sequence in sorted(by_sequence)]
    starts = [one.id for one in seen if one.kind == "start"]
    ends = [one.id for one in seen if one.kind == "end"]
    assert starts == ends


def test_a_release_takes_over_and_a_round_is_answered_without_a_pause(
    world: World, subscriber: Subscriber, bundle_factory, trained_weights
):
    """Frames go on while a release arrives, is proven and swapped in, and while the device trains for a round."""
    with SampleStore(world.state / "samples.sqlite", 5000) as samples:
        keypoints, labels = people.windows(tiny.LABELS, 8, seed=321)
        for window, label in zip(keypoints, labels, strict=True):
            samples.add(window, tiny.LABELS[label], captured_at=0.0, source="lesson")
    second = bundle_factory(2, weights={name: tensor * np.float32(0.7) for name, tensor in trained_weights.items()})
    with world.run() as daemon:
        subscriber.wait_for(TOPICS.status, lambda payload: decode(payload, Status).state == "online")
        subscriber.publish(topics.rounds("g"), encode(opened(base=2, epochs=3)), retain=True)
        for data in second.files.values():
            for chunk in chunks.split(data):
                place = topics.release_chunk("c", chunk.transfer, chunk.index)
                subscriber.publish(place, chunks.encode(chunk), retain=True)
        subscriber.publish(topics.release_manifest("c"), encode(second.signed), retain=True)
        subscriber.wait_for(TOPICS.status, lambda payload: decode(payload, Status).model_version == 2)
        wait_until(lambda: subscriber.on(f"{TOPICS.base}/delta/#"), "a delta")
        frames = statuses(subscriber)[-1].frames
        subscriber.wait_for(TOPICS.status, lambda payload: (decode(payload, Status).frames or 0) > frames + 10)
        assert daemon.stop() == 0
    lively = [one for one in statuses(subscriber) if one.state == "online" and one.fps is not None]
    assert all(one.fps > 0 for one in lively)  # each is of all the time since the one before
    assert all(after.frames >= before.frames for before, after in itertools.pairwise(lively))
    assert statuses(subscriber)[-2].model == "tiny-2"
    assert "takes over from tiny-1" in daemon.log.read_text()
    with world.run() as daemon:
        wait_until(lambda: "; release tiny-2" in daemon.log.read_text(), "the new release at the next start")
        assert daemon.stop() == 0


def test_without_a_broker_recognition_goes_on(world: World, broker: LocalBroker):
    """The daemon starts and judges without a broker; when it comes, everything is delivered."""
    world.play(QUICK)
    with Line(broker.port) as line:
        world.write(mqtt={"port": line.port})
        line.cut()
        with Subscriber(broker.port) as subscriber, world.run() as daemon:
            wait_until(lambda: "no broker at" in daemon.log.read_text(), "the report")
            wait_until(lambda: _stored_events(world) >= 2, "events on the disk", 30)
            line.mend()
            wait_until(lambda: len(events(subscriber)) >= 2, "the events", 30)
            assert [one.sequence for one in events(subscriber)][:2] == [1, 2]
            assert daemon.stop() == 0


def _stored_events(world: World) -> int:
    import sqlite3

    try:
        with sqlite3.connect(world.state / "outbox.sqlite") as database:
            return database.execute("SELECT COUNT(*) FROM entries").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_a_film_that_ends_is_said_and_ends_events(world: World, subscriber: Subscriber):
    """At the end of a film without loop, events end as `camera_lost`, and the status names the camera's end."""
    world.play((("wave", 4.0),))
    world.write(camera={"loop": False})
    with world.run() as daemon:
        wait_until(lambda: [one for one in events(subscriber) if one.ended_by == "camera_lost"], "the end", 30)
        ended = decode(
            subscriber.wait_for(TOPICS.status, lambda payload: decode(payload, Status).camera == "ended"), Status
        )
        assert "the file has ended" in ended.problems[0]
        assert daemon.stop() == 0


def test_two_daemons_do_not_share_a_state_directory(world: World, subscriber: Subscriber):
    """A second daemon on the same state directory does not start, and says why."""
    from core.errors import UnavailableError
    from core.settings import load_settings
    from device.daemon import run
    from device.settings import DeviceSettings

    with world.run() as daemon:
        subscriber.wait_for(TOPICS.status)
        with pytest.raises(UnavailableError, match="another posefleet daemon uses this state directory"):
            run(load_settings(DeviceSettings, world.config))
        assert daemon.stop() == 0
