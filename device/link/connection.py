"""The device's connection to the broker: the only place that publishes, and it publishes only the closed list.

- What is said (`CurrentAction`, `Status`) is retained, the latest wins, and is said again after every reconnect.
- So is what is announced to Home Assistant, also when that has started anew; announcements in this device's name that
  are no longer made are taken back from the broker.
- What waits in the outbox goes out in order, a few at a time. Events leave the outbox when the broker has them; deltas
  stay until the fleet's receipt, and are sent again after a reconnect and when no receipt comes.
- Anything else is refused with a TypeError; entries of the outbox are read again before they leave.
- What the broker refuses (its access list, its quota) is kept, and tried again after a pause; `problem` says so.
- Whoever is lost is missed: the last will says `offline`, and the action that the broker keeps expires (MQTT 5), for it
  is no longer known to be true; while the device is there it is said again in time.
- What comes in is decoded here. Rubbish costs one log line, never more.

    with Link(settings.mqtt, outbox, identity=settings.device, channel="stable", handlers=handlers) as link:
        link.say(status)
        outbox.add_event(...)
        link.wake()
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from core import homeassistant, topics
from core.messages import Status, encode
from core.mqtt import Connection
from core.mqtt_settings import MqttSettings
from device.link import closed_list
from device.link.inbound import Handlers, Inbound
from device.link.setback import Setback
from device.outbox.quota import IN_FLIGHT
from device.outbox.rows import Entry
from device.outbox.store import Outbox
from device.settings import IdentitySettings

log = logging.getLogger(__name__)

_IDLE_S = 1.0  # how often to look at the outbox when nobody wakes the thread
_ACTION_AGAIN_S = 60.0
_ACTION_EXPIRES_S = 150  # two repetitions may come late
_DELTA_AGAIN_S = 60.0  # without a receipt: the broker may have dropped it, or the aggregator was away


class Link:
    """See the module. Safe to use from several threads.

    Args:
        discovery: the prefix of Home Assistant's discovery topics.
    """

    def __init__(
        self,
        settings: MqttSettings,
        outbox: Outbox,
        *,
        identity: IdentitySettings,
        channel: str,
        handlers: Handlers,
        discovery: str = homeassistant.PREFIX,
    ) -> None:
        self._outbox = outbox
        self._topics = identity.topics
        self._channel, self._discovery = channel, discovery
        handlers = replace(handlers, on_birth=self._say_all_again, on_announcement=self._take_back_if_unknown)
        self._inbound = Inbound(self._topics, identity.group, channel, handlers, discovery=discovery)
        self._offline = Status(site=identity.site, device=identity.name, state="offline", at=datetime.now(UTC))
        self._connection = Connection(
            settings,
            client_id=f"posefleet-{identity.site}-{identity.name}",
            subscriptions=self._inbound.subscriptions,
            will=(self._topics.status, encode(self._offline)),
            on_message=self._inbound.take,
            on_connected=self._connected,
            on_acknowledged=self._acknowledged,
            on_refused=self._refused,
        )
        self._lock = threading.Lock()
        self._said: dict[str, bytes] = {}
        self._announced: set[str] = set()
        self._unsaid: set[str] = set()  # topics whose latest payload the broker does not have yet
        self._reconnected = threading.Event()
        self._acknowledgements: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._refusals: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        self._setback = Setback()
        self._in_flight: dict[int, Entry | tuple[str, bytes]] = {}  # by message id
        self._action_said_at = 0.0
        self._deltas_sent: dict[int, float] = {}  # entry -> when
        self._done: set[int] = set()  # entries that the broker has and the disk could not forget yet
        self._idle = threading.Event()  # everything that can leave has left
        self._awake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._connection.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._awake.set()
        self._thread.join(timeout=5)
        self._connection.stop()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us."""
        return self._connection.connected

    @property
    def problem(self) -> str | None:
        """Why nothing is delivered, for a person."""
        return self._connection.problem or self._setback.problem

    def say(self, message: closed_list.Said) -> None:
        """Publish, retained; what was said on the same topic before is forgotten.

        Raises:
            TypeError: it is anything else than a CurrentAction or a Status, however similar.
        """
        topic, payload = closed_list.retained(message, self._topics)
        self._retain({topic: payload})

    def announce(self, entities: Mapping[str, homeassistant.AnyEntity]) -> None:
        """Tell Home Assistant what there is, by topic (`core.homeassistant.entities`); what was announced before goes.

        Raises:
            TypeError: something is no entity.
            ValueError: a topic is not this device's own.
        """
        payloads = closed_list.announcements(entities, self._topics, self._discovery)
        with self._lock:
            gone = self._announced - payloads.keys()
            self._announced = set(payloads)
        self._retain(dict.fromkeys(gone, b"") | payloads)

    def wake(self) -> None:
        """Look at the outbox now."""
        with self._lock:
            self._idle.clear()
            self._awake.set()

    def say_goodbye(self, timeout_s: float) -> bool:
        """Let everything leave that can, then say `offline`; False if the broker did not have it all in time."""
        deadline = time.monotonic() + timeout_s
        self.wake()
        complete = self._flush(deadline)
        self.say(Status(site=self._topics.site, device=self._topics.device, state="offline", at=datetime.now(UTC)))
        return self._flush(deadline) and complete

    def fetch(self, *transfers: str) -> None:
        """Ask for the chunks of release files, by digest; they come to `on_chunk`."""
        self._connection.subscribe(*[topics.release_chunk(self._channel, one, "+") for one in transfers])

    def stop_fetching(self, *transfers: str) -> None:
        """These files are here, or not wanted any more."""
        self._connection.unsubscribe(*[topics.release_chunk(self._channel, one, "+") for one in transfers])

    def _retain(self, payloads: Mapping[str, bytes]) -> None:
        with self._lock:
            self._said.update(payloads)
            self._unsaid |= payloads.keys()
        self.wake()

    def _say_all_again(self) -> None:
        with self._lock:
            self._unsaid |= self._said.keys()
        self.wake()

    def _take_back_if_unknown(self, topic: str) -> None:
        """An earlier run announced this, perhaps with another model."""
        if topic not in self._said:
            self._retain({topic: b""})

    def _flush(self, deadline: float) -> bool:
        while self.connected and time.monotonic() < deadline:
            if self._idle.wait(0.05):
                return True
        return self._idle.is_set()

    def _connected(self) -> None:
        self._reconnected.set()
        self._awake.set()

    def _acknowledged(self, message_id: int) -> None:
        self._acknowledgements.put(message_id)
        self._awake.set()

    def _refused(self, message_id: int, reason: str) -> None:
        self._refusals.put((message_id, reason))
        self._awake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._awake.wait(_IDLE_S)
            self._awake.clear()
            try:
                self._work()
            except sqlite3.Error as exc:
                log.warning("the outbox cannot be written: %s", exc)
                self._stop.wait(_IDLE_S)
            except Exception:
                log.exception("sending failed; trying again")  # a daemon that is silent for ever would be worse
                self._stop.wait(_IDLE_S)

    def _work(self) -> None:
        if self._reconnected.is_set():
            self._reconnected.clear()
            self._in_flight.clear()
            self._deltas_sent.clear()
            self._say_all_again()
        self._take_acknowledgements()
        self._take_refusals()
        if self._setback.waiting(time.monotonic()) or not self._connection.connected:
            return
        if self._send_said() and self._send_entries() and not self._in_flight:
            with self._lock:
                if not self._awake.is_set():
                    self._idle.set()

    def _take_refusals(self) -> None:
        while not self._refusals.empty():
            message_id, reason = self._refusals.get()
            sent = self._in_flight.pop(message_id, None)
            if isinstance(sent, Entry):
                self._setback.note(sent.topic, reason, time.monotonic())
            elif sent is not None:
                self._setback.note(sent[0], reason, time.monotonic())
                with self._lock:
                    self._unsaid.add(sent[0])

    def _take_acknowledgements(self) -> None:
        while not self._acknowledgements.empty():
            sent = self._in_flight.pop(self._acknowledgements.get(), None)
            if isinstance(sent, Entry) and sent.kind == "event":
                self._done.add(sent.id)
        if self._done:
            try:
                self._outbox.acknowledge(*self._done)
                self._done.clear()
            except sqlite3.Error as exc:  # the disk is full; that must be said, so everything else goes on
                log.warning("the outbox cannot be written: %s", exc)

    def _send_said(self) -> bool:
        with self._lock:
            if self._topics.action in self._said and time.monotonic() - self._action_said_at >= _ACTION_AGAIN_S:
                self._unsaid.add(self._topics.action)
            said = [(topic, self._said[topic]) for topic in sorted(self._unsaid)]
            self._unsaid.clear()
        for position, (topic, payload) in enumerate(said):
            expiry_s = _ACTION_EXPIRES_S if topic == self._topics.action else None
            message_id = self._connection.publish(
                topic, payload, retain=True, expiry_s=expiry_s, content_type=closed_list.JSON
            )
            if message_id is None:
                with self._lock:
                    self._unsaid |= {topic for topic, _ in said[position:]}
                return False
            self._in_flight[message_id] = (topic, payload)
            if topic == self._topics.action:
                self._action_said_at = time.monotonic()
        return True

    def _send_entries(self) -> bool:
        """Send what there is room for; True when nothing is left that could be sent."""
        now = time.monotonic()
        self._deltas_sent = {entry: at for entry, at in self._deltas_sent.items() if now - at < _DELTA_AGAIN_S}
        room = IN_FLIGHT - len(self._in_flight)
        if room <= 0:
            return False
        skip = {sent.id for sent in self._in_flight.values() if isinstance(sent, Entry)} | self._deltas_sent.keys()
        entries = self._outbox.pending(room, skip=skip | self._done)
        for entry in entries:
            if not self._send(entry):
                return False
        return len(entries) < room

    def _send(self, entry: Entry) -> bool:
        try:
            content_type = closed_list.content_type_of(entry, self._topics)
        except ValueError as exc:
            log.error("entry %d of the outbox is no message that may leave this device (%s); removed", entry.id, exc)  # noqa: TRY400 - no bug of ours to trace
            self._outbox.discard(entry.id)
            return True
        message_id = self._connection.publish(entry.topic, entry.payload, content_type=content_type)
        if message_id is None:
            return False
        self._in_flight[message_id] = entry
        if entry.kind == "delta":
            self._deltas_sent[entry.id] = time.monotonic()
        return True
