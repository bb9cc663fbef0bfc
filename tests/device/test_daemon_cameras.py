"""A daemon with several cameras, as a process, with a real broker and a real camera server."""

from pathlib import Path

import pytest

from core.bundle import Bundle
from core.messages import ActionEvent, CurrentAction, Status, decode
from posefleet.broker import LocalBroker
from tests.broker import Subscriber, wait_until
from tests.device.events import TOPICS
from tests.device.mjpeg import mjpeg_camera
from tests.device.world import World


@pytest.fixture
def world(tmp_path: Path, bundle: Bundle, broker: LocalBroker) -> World:
    return World(tmp_path, bundle, broker.port)


def test_one_of_two_cameras_is_lost_and_the_other_unaffected(world: World, subscriber: Subscriber):
    """A film and a network camera: events of both, by name; when the one is lost the other is judged as before."""
    world.sections["cameras.film"] = world.sections.pop("camera")
    world.play((("wave", 20.0),))
    with mjpeg_camera() as server:
        everywhere = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
        world.sections["cameras.net.zones.room"] = {"polygon": everywhere}
        world.write(**{"cameras.net": {"url": server.url, "lost_after_s": 1.0}})

        def states() -> dict[str, str] | None:
            known = subscriber.on(TOPICS.status)
            return decode(known[-1], Status).cameras if known else None

        def starts() -> set[tuple[str | None, str | None]]:
            seen = [decode(payload, ActionEvent) for payload in subscriber.on(TOPICS.event)]
            return {(one.camera, one.zone) for one in seen if one.kind == "start"}

        with world.run() as daemon:
            wait_until(lambda: starts() == {("film", None), ("net", "room")}, "events of both", 30)
            assert states() == {"film": "ok", "net": "ok"}
            server.unplug()
            wait_until(lambda: states() == {"film": "ok", "net": "lost"}, "the loss")
            frames = decode(subscriber.on(TOPICS.status)[-1], Status).frames or 0
            subscriber.wait_for(TOPICS.status, lambda payload: (decode(payload, Status).frames or 0) > frames + 15)
            ends = [decode(payload, ActionEvent) for payload in subscriber.on(TOPICS.event)]
            assert [(one.camera, one.ended_by) for one in ends if one.kind == "end"] == [("net", "camera_lost")]
            server.plug_in()
            wait_until(lambda: states() == {"film": "ok", "net": "ok"}, "the way back", 15)
            assert daemon.stop() == 0
        doing = {decode(payload, CurrentAction).camera for payload in subscriber.on(TOPICS.action)}
        assert doing <= {"film", "net", None}
    log = daemon.log.read_text()
    assert "camera net: " in log
    assert "Traceback" not in log
    assert "secret" not in log
    assert not [message for message in subscriber.messages if b"secret" in message.payload]
