"""The aggregator as a service: one connection, one loop, and what systemd wants to know.

The network thread only puts messages into a queue; one loop takes them out with the time at which it does. When the
loop cannot keep up the queue fills and the network waits. A message that causes an error costs one log entry.

    serve(settings)        # until SIGTERM or SIGINT
"""

import fcntl
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from core.errors import ConfigError
from core.mqtt import Connection
from core.notify import Notifier
from fleet.aggregator import SUBSCRIPTIONS, Aggregator
from fleet.settings import FleetSettings
from fleet.store import Store

log = logging.getLogger(__name__)

TICK_S = 0.5  # deadlines and requests are noticed within this time
_PAUSE_S = 10.0  # after an error, such as a full disk, so that the log stays readable
_QUEUE = 1000  # messages of at most 64 KB
_RECEIPT_EXPIRY_S = 7 * 24 * 3600  # as long as the broker keeps a device's session


class _Connected:
    """In the queue: there is a new connection."""


_Item = tuple[str, bytes] | int | _Connected | None  # a message, an acknowledgement, a connection, or: wake up


class Service:
    """Everything that runs between the queue and the notifier; `run` returns when `stop` is set."""

    def __init__(self, settings: FleetSettings, store: Store, notifier: Notifier, stop: threading.Event) -> None:
        self._queue: queue.Queue[_Item] = queue.Queue(_QUEUE)
        self._stop = stop
        self._notifier = notifier
        self._connection = Connection(
            settings.mqtt,
            client_id=f"posefleet-fleet-{settings.fleet.name}",
            subscriptions=SUBSCRIPTIONS,
            on_message=lambda topic, payload: self._hand_over((topic, payload)),
            on_connected=lambda: self._hand_over(_Connected()),
            on_acknowledged=self._hand_over,
        )
        self._aggregator = Aggregator(settings, store, self._publish, now=datetime.now(UTC))
        self._ready = False

    def run(self) -> None:
        """Serve until told to stop."""
        with self._connection:
            self._loop()
            self._notifier.stopping()
            self._aggregator.flush()
        log.info("stopped")

    def _loop(self) -> None:
        interval = self._notifier.watchdog_interval_s
        next_ping, next_tick = time.monotonic(), time.monotonic()
        while not self._stop.is_set():
            with suppress(queue.Empty):
                self._handle(self._queue.get(timeout=max(0.0, next_tick - time.monotonic())))
            if time.monotonic() >= next_tick:
                good = self._guarded(lambda now: self._aggregator.tick(now, connected=self._connection.connected))
                next_tick = time.monotonic() + (TICK_S if good else _PAUSE_S)
            if interval is not None and time.monotonic() >= next_ping:
                self._notifier.watchdog()
                next_ping = time.monotonic() + interval

    def _handle(self, item: _Item) -> None:
        if isinstance(item, tuple):
            topic, payload = item
            self._guarded(lambda now: self._aggregator.handle(topic, payload, now))
        elif isinstance(item, _Connected):
            self._guarded(self._aggregator.connected)
        elif item is not None:
            self._aggregator.acknowledged(item)
            self._say_ready()

    def _guarded(self, act: Callable[[datetime], None]) -> bool:
        """The loop's boundary: whatever one message or tick does wrong, the next one is still served."""
        try:
            act(datetime.now(UTC))
        except Exception:
            log.exception("an error while serving; going on")
            return False
        return True

    def _say_ready(self) -> None:
        if not self._ready and self._aggregator.release_acknowledged:
            self._ready = True
            self._notifier.ready()
            log.info("ready: the release is published")

    def _publish(self, topic: str, payload: bytes, retain: bool) -> int | None:  # noqa: FBT001 - aggregator.Publish
        expiry = None if retain else _RECEIPT_EXPIRY_S
        content_type = "" if "/chunk/" in topic else "application/json"
        return self._connection.publish(topic, payload, retain=retain, expiry_s=expiry, content_type=content_type)

    def _hand_over(self, item: _Item) -> None:
        """On the network thread; waits while the queue is full, which slows the broker down."""
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=TICK_S)
            except queue.Full:
                continue
            return


def serve(settings: FleetSettings) -> None:
    """Run the aggregator until SIGTERM or SIGINT.

    Raises:
        PosefleetError: something that it needs at the start cannot be used.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with _only_one(settings.fleet.state_directory), Store(settings.fleet.database_url) as store:
        Service(settings, store, Notifier(), stop).run()


@contextmanager
def _only_one(state_directory: Path) -> Iterator[None]:
    """Keep a second aggregator from the same state; the lock goes with the process, however it ends."""
    path = state_directory / "fleet.lock"
    try:
        state_directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be written ({exc.strerror}); check [fleet] state_directory") from exc
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as exc:
        raise ConfigError(f"{path}: another aggregator runs on this state directory; stop it first") from exc
    finally:
        os.close(handle)
