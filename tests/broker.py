"""What tests do with a broker: record everything on it, and cut the line to it.

The broker itself is posefleet.broker.LocalBroker, a real one; see the fixture `broker` in conftest.py.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_S = 20.0  # a busy machine; waits end as soon as what they wait for is there


def wait_until(condition: Callable[[], Any], what: str = "it", timeout_s: float = PATIENCE_S) -> None:
    """Wait until the condition is true; fail the test if it is not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {timeout_s:.0f} s"
        time.sleep(0.01)


def reachable(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Received:
    """One message, as any subscriber gets it."""

    topic: str
    payload: bytes
    retained: bool
    at: float = field(default_factory=time.time, compare=False)  # seconds since 1970


class Subscriber:
    """Somebody outside of the project who records everything on '#', with plain paho and MQTT 3.1.1.

    with Subscriber(broker.port) as subscriber:
        message = subscriber.wait_for("posefleet/v1/home/cam/status")
    """

    def __init__(self, port: int, *, topic: str = "#") -> None:
        self.messages: list[Received] = []
        self._port, self._topic = port, topic
        self._ready = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _data, message: self.messages.append(
            Received(message.topic, message.payload, message.retain)
        )

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE_S), "the subscriber could not subscribe"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish as anybody could, and wait for the broker's acknowledgement."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def on(self, topic: str) -> list[bytes]:
        """Payloads of a topic so far; a topic that ends in `#` stands for all below it."""
        if topic.endswith("#"):
            return [one.payload for one in list(self.messages) if one.topic.startswith(topic[:-1])]
        return [one.payload for one in list(self.messages) if one.topic == topic]

    def wait_for(
        self, topic: str, condition: Callable[[bytes], Any] = lambda _payload: True, timeout_s: float = PATIENCE_S
    ) -> bytes:
        """The first payload of a topic that fulfils the condition; waits for it."""
        found: list[bytes] = []

        def look() -> bool:
            found[:] = [payload for payload in self.on(topic) if condition(payload)]
            return bool(found)

        wait_until(look, f"a message on {topic}", timeout_s)
        return found[0]


class Line:
    """The network between a client and the broker, which a test can cut and mend.

    with Line(broker.port) as line:
        settings = MqttSettings(host="127.0.0.1", port=line.port)
        line.cut()
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self.port = 0

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def mend(self) -> None:
        """Let connections through, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        listener, self._listener = self._listener, None
        with self._lock:
            ends, self._open = ([listener] if listener else []) + self._open, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                with self._lock:
                    self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
