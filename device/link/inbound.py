"""What comes in over MQTT: decoded, checked, handed over. Rubbish costs one log line in a while, never more."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from core import chunks, homeassistant, topics
from core.messages import Receipt, RoundClosed, RoundMessage, RoundOpen, SignedManifest, decode

log = logging.getLogger(__name__)

_COMPLAINT_S = 60.0  # at most one line about rubbish per topic in this time
_MOST_COMPLAINTS = 1000  # topics remembered; we subscribe to a handful
_BIRTH = b"online"  # what Home Assistant says when it has started
_ROUND = cast("type[RoundOpen | RoundClosed]", RoundMessage)


def _ignore(_message: object) -> None:
    """Default of every handler."""


@dataclass(frozen=True)
class Handlers:
    """Who gets what comes in. They run on the network's thread and must only hand over."""

    on_receipt: Callable[[Receipt], None] = _ignore
    on_round: Callable[[RoundOpen | RoundClosed], None] = _ignore
    on_manifest: Callable[[SignedManifest], None] = _ignore
    on_chunk: Callable[[chunks.Chunk], None] = _ignore
    on_birth: Callable[[], None] = lambda: None
    """Home Assistant has started and knows nothing."""
    on_announcement: Callable[[str], None] = _ignore
    """The topic of an announcement that the broker keeps in this device's name."""


class Inbound:
    """See the module. Runs on the network's thread.

    Args:
        discovery: the prefix of Home Assistant's discovery topics.
    """

    def __init__(
        self, own: topics.DeviceTopics, group: str, channel: str, handlers: Handlers, *, discovery: str
    ) -> None:
        self._handlers = handlers
        self._discovery = discovery
        self._own = own
        self._inbox, self._rounds = own.inbox, topics.rounds(group)
        self._manifest = topics.release_manifest(channel)
        self._chunks = topics.release_chunk(channel, "", "").rstrip("/") + "/"
        self._complaints: dict[str, float] = {}

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What a device always listens to."""
        announced = homeassistant.own_announcements(self._own, self._discovery)
        return (self._inbox, self._rounds, self._manifest, homeassistant.birth(self._discovery), announced)

    def take(self, topic: str, payload: bytes) -> None:
        """Handle one message."""
        if not payload:  # a retained message was taken back
            return
        try:
            self._hand_over(topic, payload)
        except ValueError as exc:
            self._complain(topic, str(exc))

    def _hand_over(self, topic: str, payload: bytes) -> None:
        if topic.startswith(f"{self._discovery}/"):
            self._hear_home_assistant(topic, payload)
        elif topic == self._inbox:
            self._handlers.on_receipt(decode(payload, Receipt))
        elif topic == self._rounds:
            self._handlers.on_round(decode(payload, _ROUND))
        elif topic == self._manifest:
            self._handlers.on_manifest(decode(payload, SignedManifest))
        elif topic.startswith(self._chunks):
            chunk = chunks.decode(payload)
            if topic != f"{self._chunks}{chunk.transfer}/{chunk.index}":
                raise ValueError(f"a chunk of {chunk.transfer[:12]} on another file's topic")
            self._handlers.on_chunk(chunk)
        else:
            raise ValueError("nobody asked for this topic")

    def _hear_home_assistant(self, topic: str, payload: bytes) -> None:
        if homeassistant.is_own_announcement(topic, self._own, self._discovery):
            self._handlers.on_announcement(topic)
        elif payload == _BIRTH:
            self._handlers.on_birth()

    def _complain(self, topic: str, why: str) -> None:
        leaf = "chunk" if topic.startswith(self._chunks) else topic
        now = time.monotonic()
        if now - self._complaints.get(leaf, -_COMPLAINT_S) >= _COMPLAINT_S and len(self._complaints) < _MOST_COMPLAINTS:
            self._complaints[leaf] = now
            log.warning("a message on %s is ignored: %s", topic, why[:300])
