"""The connection keeps itself up, and says why when it cannot."""

import queue
import socket
import threading

from core.mqtt import Connection
from core.mqtt_settings import MqttSettings
from posefleet.broker import LocalBroker
from tests.broker import Subscriber, wait_until


def settings(port: int, **changes) -> MqttSettings:
    return MqttSettings(host="127.0.0.1", port=port, **changes)


def test_messages_and_acknowledgements_arrive(broker: LocalBroker, subscriber: Subscriber):
    """A published message reaches subscribers, and the broker's acknowledgement names its id."""
    acknowledged: queue.SimpleQueue[int] = queue.SimpleQueue()
    with Connection(settings(broker.port), client_id="one", on_acknowledged=acknowledged.put) as connection:
        assert connection.wait_connected(10)
        mid = connection.publish("a/b", b"payload", expiry_s=60, content_type="text/plain")
        assert acknowledged.get(timeout=10) == mid
        subscriber.wait_for("a/b")


def test_a_lost_broker_is_found_again_and_subscriptions_with_it(broker: LocalBroker):
    """While the broker is away nothing is accepted for sending; afterwards messages arrive again by themselves."""
    heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    with Connection(
        settings(broker.port), client_id="one", subscriptions=("a/#",), on_message=lambda *message: heard.put(message)
    ) as connection:
        assert connection.wait_connected(10)
        broker.stop()
        wait_until(lambda: connection.problem is not None, "the loss to be noticed")
        assert connection.publish("a/b", b"lost") is None
        broker.start()
        assert connection.wait_connected(20)
        assert connection.problem is None
        wait_until(lambda: connection.publish("a/b", b"found") is not None, "a connection")
        assert heard.get(timeout=10) == ("a/b", b"found")


def test_many_threads_do_not_mix_their_packets(broker: LocalBroker, subscriber: Subscriber):
    """Every message of several publishing threads arrives once, whole, and in its thread's order."""
    with Connection(settings(broker.port), client_id="one") as connection:
        assert connection.wait_connected(10)

        def publish(name: str) -> None:
            for number in range(100):
                assert connection.publish(f"t/{name}", b"%d " % number + bytes(2000)) is not None

        threads = [threading.Thread(target=publish, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name in "abc":
            wait_until(lambda name=name: len(subscriber.on(f"t/{name}")) == 100, f"all of {name}")
            numbers = [int(payload.split(b" ")[0]) for payload in subscriber.on(f"t/{name}")]
            assert numbers == list(range(100))
            assert {len(payload.split(b" ", 1)[1]) for payload in subscriber.on(f"t/{name}")} == {2000}


def test_nobody_there_is_explained_with_the_address():
    """A port on which nobody listens gives one sentence with host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Connection(settings(port), client_id="one") as connection:
        wait_until(lambda: connection.problem is not None, "the problem")
        assert f"no broker at 127.0.0.1:{port}" in str(connection.problem)
        assert connection.publish("a", b"b") is None


def test_a_missing_password_file_does_not_end_the_thread(broker: LocalBroker, tmp_path):
    """A secret that cannot be read is reported and tried again, so that it can be mended while the service runs."""
    secret = tmp_path / "password"
    with Connection(
        settings(broker.port, username="kitchen", password_file=secret), client_id="one"
    ) as connection:  # fmt: skip
        wait_until(lambda: connection.problem is not None, "the problem")
        assert "password: the secret cannot be read" in str(connection.problem)
        secret.write_text("hush")
        assert connection.wait_connected(20)


def test_a_broker_that_knows_only_3_1_1_is_understood(tmp_path):
    """With `auto`, MQTT 3.1.1 is spoken where 5 is not; amqtt is such a broker."""
    with (
        LocalBroker(0, tmp_path, kind="amqtt") as old,
        Connection(settings(old.port), client_id="one") as connection,
    ):
        assert connection.wait_connected(30)
        assert connection.publish("a", b"b") is not None


def test_defaults_are_careful():
    """TLS is on for other machines and off for this one, with the usual ports."""
    assert MqttSettings(host="broker.home").address == "broker.home:8883"
    assert MqttSettings(host="localhost").address == "localhost:1883"
    assert MqttSettings(host="broker.home", tls=False).address == "broker.home:1883"
