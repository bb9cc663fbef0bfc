"""A device leaves: everything that the broker keeps in its name is taken back, so that nobody shows it any more.

    taken_back = retire(settings)       # the topics that were emptied

The daemon must be stopped: it would say everything again.
"""

import threading
import time

from core import homeassistant
from core.errors import UnavailableError
from core.mqtt import Connection
from device.settings import DeviceSettings

_QUIET_S = 1.0  # the broker sends what it keeps at once; after so long without a message that was all


def retire(settings: DeviceSettings, *, timeout_s: float = 10.0) -> list[str]:
    """Empty the device's retained topics and its announcements to Home Assistant; the topics that held something.

    Raises:
        UnavailableError: there is no broker, it refuses us, or it did not confirm in time.
    """
    own = settings.device.topics
    announcements = homeassistant.own_announcements(own, settings.homeassistant.prefix)
    kept = _Kept()
    with Connection(
        settings.mqtt,
        client_id=f"posefleet-{own.site}-{own.device}",  # the daemon's own: its session ends with it
        subscriptions=(own.status, own.action, announcements),
        on_message=kept.add,
        on_acknowledged=kept.acknowledge,
    ) as connection:
        if not connection.wait_connected(timeout_s):
            raise UnavailableError(connection.problem or f"no answer from the broker at {settings.mqtt.address}")
        topics = kept.wait()
        for topic in topics:
            connection.publish(topic, b"", retain=True)
        if not kept.wait_acknowledged(len(topics), timeout_s):
            raise UnavailableError(f"the broker at {settings.mqtt.address} did not confirm in time; run it again")
    return topics


class _Kept:
    """What the broker keeps, as it comes in."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._topics: set[str] = set()
        self._acknowledged = 0
        self._newest = time.monotonic()

    def add(self, topic: str, payload: bytes) -> None:
        with self._changed:
            if payload:
                self._topics.add(topic)
            self._newest = time.monotonic()

    def acknowledge(self, _message_id: int) -> None:
        with self._changed:
            self._acknowledged += 1
            self._changed.notify_all()

    def wait(self) -> list[str]:
        """Every topic, once nothing more comes."""
        with self._changed:
            self._newest = time.monotonic()
            while (left := self._newest + _QUIET_S - time.monotonic()) > 0:
                self._changed.wait(left)
            return sorted(self._topics)

    def wait_acknowledged(self, count: int, timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._acknowledged >= count, timeout_s)
