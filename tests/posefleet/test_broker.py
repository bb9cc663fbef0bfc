from pathlib import Path

import pytest

from core.errors import ConfigError, UnavailableError
from posefleet.broker import LocalBroker, find_mosquitto
from tests.broker import Line, Subscriber, wait_until

KINDS = ["amqtt", pytest.param("mosquitto", marks=pytest.mark.skipif(not find_mosquitto(), reason="not installed"))]


@pytest.mark.parametrize("kind", KINDS)
def test_it_carries_messages_stops_and_starts_again_on_its_port(kind: str, tmp_path: Path):
    """A broker of either kind delivers, keeps retained messages while it runs, and comes back on the same port."""
    with LocalBroker(0, tmp_path, kind=kind) as broker:
        port = broker.port
        with Subscriber(port) as subscriber:
            subscriber.publish("a/b", b"one", retain=True)
            assert subscriber.wait_for("a/b") == b"one"
        with Subscriber(port) as late:
            late.wait_for("a/b")
            assert late.messages[0].retained
        broker.stop()
        with pytest.raises(ConnectionRefusedError):
            Subscriber(port).__enter__()
        broker.start()
        assert broker.port == port
        with Subscriber(port) as again:
            again.publish("a/c", b"two")
            again.wait_for("a/c")
            assert again.on("a/b") == []


def test_a_taken_port_is_named(broker: LocalBroker, tmp_path: Path):
    """A second broker on the same port does not start, and says why."""
    with pytest.raises(UnavailableError, match=f"127.0.0.1:{broker.port}: something listens"):
        LocalBroker(broker.port, tmp_path).start()


def test_an_unknown_kind_is_refused(tmp_path: Path):
    """Only the brokers that are known can be asked for."""
    with pytest.raises(ConfigError, match="choose mosquitto, amqtt or auto"):
        LocalBroker(0, tmp_path, kind="emqx")


def test_a_line_can_be_cut_and_mended(broker: LocalBroker):
    """The tests' own network lets everything through, or nothing."""
    with Line(broker.port) as line, Subscriber(line.port) as far, Subscriber(broker.port) as near:
        near.publish("a", b"1")
        far.wait_for("a")
        line.cut()
        with pytest.raises(ConnectionRefusedError):
            Subscriber(line.port).__enter__()
        near.publish("a", b"2")
        near.wait_for("a", lambda payload: payload == b"2")
        assert far.on("a") == [b"1"]
        line.mend()
        far.messages.clear()
        wait_until(lambda: (near.publish("a", b"3"), far.on("a"))[1], "the far end's return")
