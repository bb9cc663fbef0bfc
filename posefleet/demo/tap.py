"""A subscriber to everything: counts bytes by message type and looks for anything that is not on the closed list."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from core import chunks, homeassistant, topics
from core.messages import (
    ActionEvent,
    CurrentAction,
    Message,
    Receipt,
    RoundClosed,
    RoundMessage,
    RoundOpen,
    SignedManifest,
    Status,
    decode,
)
from core.mqtt import Connection
from core.mqtt_settings import MqttSettings

_BY_LEAF: dict[str, type[Message]] = {"event": ActionEvent, "action": CurrentAction, "status": Status, "inbox": Receipt}


@dataclass
class Traffic:
    """Messages and bytes by type; `strangers` lists what was no documented message."""

    messages: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    strangers: list[str] = field(default_factory=list)


class Tap:
    """Reads every byte on the broker, the way any subscriber could."""

    def __init__(self, settings: MqttSettings, on_message: Callable[[str, Message], None]) -> None:
        self.traffic = Traffic()
        self._lock = threading.Lock()
        self._on_message = on_message
        # `#` and not our own root: a message outside of it would be the worst of all.
        self.connection = Connection(
            settings, client_id="posefleet-demo-tap", subscriptions=("#",), on_message=self._take
        )

    def _take(self, topic: str, payload: bytes) -> None:
        if not payload:  # a retained message is taken back
            return
        try:
            kind, message = read(topic, payload)
        except ValueError as exc:
            with self._lock:
                self.traffic.strangers.append(f"{topic}: {exc}")
            return
        with self._lock:
            self.traffic.messages[kind] += 1
            self.traffic.bytes[kind] += len(topic) + len(payload)
        if message is not None:
            self._on_message(topic, message)


def read(topic: str, payload: bytes) -> tuple[str, Message | None]:
    """The type of a message by its topic, and the message unless it is a binary chunk or an announcement.

    Raises:
        ValueError: the topic is not documented, or the payload is not what it promises.
    """
    parts = topic.split("/")
    if topics.device_of(topic) is not None and len(parts) == 5 and parts[4] in _BY_LEAF:  # noqa: PLR2004
        message: Message = decode(payload, _BY_LEAF[parts[4]])
        return type(message).__name__, message
    if topics.device_of(topic) is not None and len(parts) == 7 and parts[4] == "delta":  # noqa: PLR2004
        chunks.decode(payload)
        return "weight delta chunk", None
    if topic.startswith(f"{homeassistant.PREFIX}/"):
        homeassistant.decode(topic, payload)
        return "announcement", None
    below = topic.removeprefix(f"{topics.ROOT}/").split("/")
    if below[0] == "rounds" and len(below) == 2:  # noqa: PLR2004
        opened_or_closed: Message = decode(payload, cast("type[RoundOpen | RoundClosed]", RoundMessage))
        return type(opened_or_closed).__name__, opened_or_closed
    if below[0] == "releases" and below[2:] == ["manifest"]:
        manifest = decode(payload, SignedManifest)
        return "SignedManifest", manifest
    if below[0] == "releases" and below[2:3] == ["chunk"] and len(below) == 5:  # noqa: PLR2004
        chunks.decode(payload)
        return "release chunk", None
    raise ValueError("not a documented topic")
