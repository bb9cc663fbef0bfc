"""One MQTT connection that keeps itself up: MQTT 5, or 3.1.1 when the broker offers no more.

- The session is kept (`clean_start=False` with an expiry), so what was sent while we were away arrives later.
- A lost connection is built again with jittered, growing pauses; nothing is queued here meanwhile.
- Callbacks come on the network thread and must only hand over; acknowledgements are reported by message id, and so are
  messages that the broker answers with a refusal (MQTT 5 only; with 3.1.1 it drops them without a word).
- A refused connection is none: `problem` says what the broker said and what to do.

    connection = Connection(settings, client_id="...", subscriptions=("a/+/b",), on_message=inbox.put)
    with connection:
        mid = connection.publish("a/1/b", payload)      # None while there is no connection
"""

import logging
import random
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.errors import ConfigError
from core.mqtt_settings import MqttSettings
from core.settings import credential, read_secret

log = logging.getLogger(__name__)

SESSION_EXPIRY_S = 7 * 24 * 3600  # a week away from the broker loses nothing that the broker kept
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0  # a broker back after an outage sees its whole fleet within half a minute, spread by the jitter
_LOOP_S = 0.25
_CONNECT_TIMEOUT_S = 3.0
_UNSUPPORTED_VERSION, _REFUSED = 132, 128  # reason codes; from 128 on they are refusals


def _ignore(*_arguments: object) -> None:
    """Default of every callback."""


class Connection:
    """See the module. Safe to use from several threads."""

    def __init__(
        self,
        settings: MqttSettings,
        *,
        client_id: str,
        subscriptions: tuple[str, ...] = (),
        will: tuple[str, bytes] | None = None,
        on_message: Callable[[str, bytes], None] = _ignore,
        on_connected: Callable[[], None] = _ignore,
        on_acknowledged: Callable[[int], None] = _ignore,
        on_refused: Callable[[int, str], None] = _ignore,
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._subscriptions = list(subscriptions)
        self._will = will
        self._on_message = on_message
        self._on_connected = on_connected
        self._on_acknowledged, self._on_refused = on_acknowledged, on_refused
        self._lock = threading.Lock()
        self._client: paho.Client | None = None
        self._up = threading.Event()
        self._stop = threading.Event()
        self._protocol = "5" if settings.protocol == "auto" else settings.protocol
        self._ever_connected = False
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def connected(self) -> bool:
        """True from the broker's acceptance until the connection is lost."""
        return self._up.is_set()

    @property
    def problem(self) -> str | None:
        """Why there is no connection, for a person; None when there is one or none was tried yet."""
        return None if self.connected else self._problem

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait until the broker accepts; False if it does not in time."""
        return self._up.wait(timeout_s)

    def stop(self) -> None:
        """Disconnect in good order (no last will) and end the thread."""
        self._stop.set()
        with self._lock:
            if self._client is not None and self._up.is_set():
                self._client.disconnect()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None, content_type: str = ""
    ) -> int | None:
        """Send with QoS 1; returns the message id that `on_acknowledged` will name, None without a connection."""
        with self._lock:
            if self._client is None or not self._up.is_set():
                return None
            client, properties = self._client, self._publish_properties(expiry_s, content_type)
        info = client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def subscribe(self, *topics: str) -> None:
        """Add subscriptions, now and after every reconnect."""
        with self._lock:
            self._subscriptions += [topic for topic in topics if topic not in self._subscriptions]
            client = self._client if self._up.is_set() else None
        if client is not None and topics:
            client.subscribe([(topic, 1) for topic in topics])

    def unsubscribe(self, *topics: str) -> None:
        """Take subscriptions back."""
        with self._lock:
            self._subscriptions = [topic for topic in self._subscriptions if topic not in topics]
            client = self._client if self._up.is_set() else None
        if client is not None and topics:
            client.unsubscribe(list(topics))

    def _publish_properties(self, expiry_s: int | None, content_type: str) -> Properties | None:
        if self._protocol != "5":
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if expiry_s is not None:
            properties.MessageExpiryInterval = expiry_s
        if content_type:
            properties.ContentType = content_type
        return properties

    def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._stop.is_set():
            if self._connect_once():
                pause = FIRST_PAUSE_S
            if self._stop.wait(pause * random.uniform(0.5, 1.5)):  # noqa: S311 - jitter, no secret
                break
            pause = min(2 * pause, LONGEST_PAUSE_S)
        self._up.clear()

    def _connect_once(self) -> bool:
        """Connect and stay until the connection ends; True if the broker had accepted us."""
        try:
            client = self._make_client()
        except (ConfigError, OSError) as exc:  # a password or certificate file that is not there, or none
            self._report(f"the connection to {self._settings.address} cannot be set up: {exc}; see [mqtt]")
            return False
        clean_start: dict[str, Any] = {}
        if self._protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            clean_start = {"clean_start": False, "properties": properties}
        try:
            client.connect(
                self._settings.host, self._settings.effective_port, self._settings.keepalive_s, **clean_start
            )
        except (OSError, ValueError) as exc:
            self._report(f"no broker at {self._settings.address} ({exc}); is it running, are host and port right?")
            return False
        with self._lock:
            self._client = client
        accepted = self._loop(client)
        if not accepted and not self._stop.is_set():
            if self._problem is None:
                self._report(
                    f"the broker at {self._settings.address} hangs up before it accepts us; "
                    "is it the right port, and does it want TLS (mqtt.tls = true) or a certificate of ours?"
                )
            self._try_other_protocol()
        return accepted

    def _loop(self, client: paho.Client) -> bool:
        accepted = False
        patience_ends = time.monotonic() + _CONNECT_TIMEOUT_S
        while client.loop(timeout=_LOOP_S) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            accepted = accepted or self._up.is_set()
            if not accepted and time.monotonic() > patience_ends:
                self._report(f"the broker at {self._settings.address} does not answer; trying again")
                break
            if self._stop.is_set():
                client.disconnect()
        accepted = accepted or self._up.is_set()
        self._up.clear()
        with self._lock:
            self._client = None
        if accepted and not self._stop.is_set():
            self._report(f"the connection to the broker at {self._settings.address} is lost; trying again")
        return accepted

    def _try_other_protocol(self) -> None:
        if self._settings.protocol == "auto" and not self._ever_connected:
            self._protocol = "3.1.1" if self._protocol == "5" else "5"

    def _make_client(self) -> paho.Client:
        five = self._protocol == "5"
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=None if five else False,
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.on_connect = self._handle_connect
        # Without this callback paho writes in whatever thread publishes, next to the network's own, and two packets may
        # change places or, half written, get mixed. The network's thread is awake by then.
        client.on_socket_register_write = _ignore
        client.on_message = lambda _client, _data, message: self._on_message(message.topic, message.payload)
        client.on_publish = self._handle_puback
        if self._will is not None:
            client.will_set(self._will[0], self._will[1], qos=1, retain=True)
        if self._settings.username is not None:
            secret = self._password()
            client.username_pw_set(self._settings.username, secret)
        if self._settings.uses_tls:
            client.tls_set_context(self._tls_context())
        return client

    def _password(self) -> str | None:
        secret = read_secret(self._settings.password_file) if self._settings.password_file else None
        secret = secret or credential("mqtt-password")
        return secret.get_secret_value() if secret else None

    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self._settings.ca_file) if self._settings.ca_file else None)
        if self._settings.certificate_file:
            context.load_cert_chain(self._settings.certificate_file, self._settings.key_file)
        return context

    def _handle_connect(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        if code.value >= _REFUSED:
            if code.value != _UNSUPPORTED_VERSION or self._settings.protocol != "auto":
                self._report(
                    f"the broker at {self._settings.address} refuses {self._client_id}: {code}; "
                    "check mqtt.username, mqtt.password_file and the broker's access list"
                )
            return
        self._ever_connected, self._problem = True, None
        with self._lock:
            subscriptions = [(topic, 1) for topic in self._subscriptions]
        if subscriptions:
            client.subscribe(subscriptions)
        self._up.set()
        log.info("connected to the broker at %s with MQTT %s", self._settings.address, self._protocol)
        self._on_connected()

    def _handle_puback(
        self, _client: paho.Client, _data: object, mid: int, code: ReasonCode, _properties: object
    ) -> None:
        if code.value >= _REFUSED:
            self._on_refused(mid, str(code))
        else:
            self._on_acknowledged(mid)

    def _report(self, problem: str) -> None:
        """One line when the problem changes, not one for every attempt."""
        if problem != self._problem:
            log.warning("%s", problem)
        self._problem = problem
