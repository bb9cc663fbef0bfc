"""What Home Assistant is told so that a device appears there by itself (MQTT discovery), as typed messages.

One retained payload for each entity, under `<prefix>/<component>/<node>/<object>/config`: a sensor with the current
action, a binary sensor for every action and one for every camera that may be lost, an event entity, and diagnostics.
They hold names and topics only; the values come from the messages that a device publishes anyway (`core.messages`).

    for topic, entity in entities(DeviceTopics("home", "kitchen"), labels, software="0.1.0").items(): ...

Source: Home Assistant's documentation, "MQTT discovery", and of the MQTT sensor, binary sensor and event platforms.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from core.bundle import BACKGROUND
from core.messages import CameraState
from core.topics import DeviceTopics

PREFIX = "homeassistant"  # Home Assistant's own default
_NODE = "posefleet_"

# Of the templates: `none` becomes "unknown" in Home Assistant, an empty text is no news.
_ALIVE = "{{ 'online' if value_json.state in ['starting', 'online'] else 'offline' }}"

_LOST: tuple[CameraState, ...] = ("lost", "ended")


class DeviceInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The board that all its entities belong to."""

    identifiers: list[str]
    name: str
    manufacturer: str
    sw_version: str


class Origin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The program that announces."""

    name: str
    sw_version: str


class Entity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The fields that every entity has."""

    name: str
    unique_id: str
    default_entity_id: str
    state_topic: str
    value_template: str
    availability_topic: str
    availability_template: str
    device: DeviceInfo
    origin: Origin
    icon: str = ""
    entity_category: Literal["", "diagnostic"] = ""
    qos: int = 0


class Sensor(Entity, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A value: the current action, or a diagnostic."""

    json_attributes_topic: str = ""
    unit_of_measurement: str = ""
    state_class: Literal["", "measurement"] = ""


class BinarySensor(Entity, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """On while an action goes on, or while a camera is lost."""

    payload_on: str
    payload_off: str
    device_class: Literal["", "problem"] = ""


class EventEntity(Entity, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Fires when an action starts or ends."""

    event_types: list[str]


AnyEntity = Sensor | BinarySensor | EventEntity
_E = TypeVar("_E", Sensor, BinarySensor, EventEntity)
_COMPONENTS: dict[type[Sensor] | type[BinarySensor] | type[EventEntity], str] = {
    Sensor: "sensor",
    BinarySensor: "binary_sensor",
    EventEntity: "event",
}
KINDS = frozenset(_COMPONENTS)
"""The closed list of what is announced."""
_EVENT_FIELDS = ("confidence", "person", "camera", "zone", "id", "started_at", "ended_at", "ended_by")
_EVENT_TYPE = (
    "{% if value_json.kind in ['start', 'end'] %}{{ {'event_type': value_json.action ~ ' ' ~ value_json.kind, "
    + ", ".join(f"'{name}': value_json.{name}" for name in _EVENT_FIELDS)
    + "} | tojson }}{% endif %}"
)
_encoder = msgspec.json.Encoder(order="deterministic")


def encode(entity: AnyEntity) -> bytes:
    """The JSON payload of an announcement."""
    return _encoder.encode(entity)


def decode(topic: str, payload: bytes, prefix: str = PREFIX) -> AnyEntity:
    """Read an announcement of a device of ours.

    Raises:
        ValueError: it is none, or has a field that an announcement of its kind does not have.
    """
    first, component, name, *rest = [*topic.split("/"), "", "", ""]
    kind = next((kind for kind, known in _COMPONENTS.items() if known == component), None)
    if first != prefix or kind is None or not name.startswith(_NODE) or rest[1:2] != ["config"]:
        raise ValueError("not a documented topic")
    try:
        return msgspec.json.decode(payload, type=kind)
    except msgspec.MsgspecError as exc:
        raise ValueError(str(exc)) from exc


def node(topics: DeviceTopics) -> str:
    """The level of the discovery topics that is this device's own."""
    return f"{_NODE}{topics.site}__{topics.device}"


def own_announcements(topics: DeviceTopics, prefix: str = PREFIX) -> str:
    """The filter that matches every announcement of this device."""
    return f"{prefix}/+/{node(topics)}/+/config"


def is_own_announcement(topic: str, topics: DeviceTopics, prefix: str = PREFIX) -> bool:
    """Whether Home Assistant reads this topic as about this device."""
    first, *levels = topic.rsplit("/", 4)
    return first == prefix and len(levels) == 4 and levels[1::2] == [node(topics), "config"]  # noqa: PLR2004 - component, node, object, config


def birth(prefix: str = PREFIX) -> str:
    """Where Home Assistant says `online` when it has started."""
    return f"{prefix}/status"


def entities(
    topics: DeviceTopics, labels: Sequence[str], *, software: str, cameras: Sequence[str] = (), prefix: str = PREFIX
) -> dict[str, AnyEntity]:
    """Everything that one device announces, by topic.

    Args:
        labels: the actions of the model at work; `background` is none.
        software: the version of this program.
        cameras: their names, where a device has several.
    """
    actions = [label for label in labels if label != BACKGROUND]
    return {
        f"{prefix}/{_COMPONENTS[type(entity)]}/{node(topics)}/{object_id}/config": entity
        for object_id, entity in _Announcer(topics, software).all(actions, cameras)
    }


class _Announcer:
    def __init__(self, topics: DeviceTopics, software: str) -> None:
        self._topics = topics
        self._common: dict[str, Any] = {
            "availability_topic": topics.status,
            "availability_template": _ALIVE,
            "device": DeviceInfo(
                identifiers=[node(topics)],
                name=f"Posefleet {topics.site} {topics.device}",
                manufacturer="Posefleet",
                sw_version=software,
            ),
            "origin": Origin(name="posefleet", sw_version=software),
        }

    def all(self, actions: Sequence[str], cameras: Sequence[str]) -> Iterator[tuple[str, AnyEntity]]:
        """Every entity with its object id, which is unique within the device."""
        yield "action", self._current_action()
        yield "events", self._events(actions)
        for action in actions:
            yield f"action_{action}", self._going_on(action)
        for camera in cameras:
            state = f"(value_json.cameras or {{}}).get('{camera}')"
            yield f"camera_lost_{camera}", self._lost(f"camera_lost_{camera}", f"Camera {camera} lost", state)
        if not cameras:
            yield "camera_lost", self._lost("camera_lost", "Camera lost", "value_json.camera")
        latency = "value_json.latency.total.p95_ms if 'total' in (value_json.latency or {}) else none"
        yield "latency", self._diagnostic("latency", "Latency p95", latency, unit="ms")
        yield "fps", self._diagnostic("fps", "Frames per second", "value_json.fps", unit="fps")
        yield "people", self._diagnostic("people", "People", "value_json.people", state_class="measurement")
        waiting = "value_json.queue.events if value_json.queue else none"
        yield "queue", self._diagnostic("queue", "Events waiting", waiting, state_class="measurement")
        yield "camera", self._diagnostic("camera", "Camera", "value_json.camera")
        yield "model", self._diagnostic("model", "Model", "value_json.model")
        problem = "(value_json.problems | first | default('none', true))[:250]"  # a state has at most 255 characters
        yield "problem", self._diagnostic("problem", "Problem", problem)

    def _current_action(self) -> Sensor:
        return self._make(
            Sensor,
            "action",
            name="Action",
            state_topic=self._topics.action,
            value_template="{{ value_json.action }}",
            json_attributes_topic=self._topics.action,
            icon="mdi:human-greeting",
        )

    def _events(self, actions: Sequence[str]) -> EventEntity:
        return self._make(
            EventEntity,
            "events",
            name="Events",
            state_topic=self._topics.event,
            value_template=_EVENT_TYPE,
            event_types=[f"{action} {kind}" for action in actions for kind in ("start", "end")],
            icon="mdi:human-handsup",
            qos=1,
        )

    def _going_on(self, action: str) -> BinarySensor:
        return self._make(
            BinarySensor,
            f"action_{action}",
            name=action.replace("_", " ").replace("-", " ").capitalize(),
            state_topic=self._topics.action,
            value_template=f"{{{{ 'ON' if value_json.action == '{action}' else 'OFF' }}}}",
            payload_on="ON",
            payload_off="OFF",
        )

    def _lost(self, object_id: str, name: str, state: str) -> BinarySensor:
        return self._make(
            BinarySensor,
            object_id,
            name=name,
            state_topic=self._topics.status,
            value_template=f"{{{{ none if not {state} else 'ON' if {state} in {list(_LOST)} else 'OFF' }}}}",
            payload_on="ON",
            payload_off="OFF",
            device_class="problem",
            entity_category="diagnostic",
        )

    def _diagnostic(
        self, object_id: str, name: str, value: str, *, unit: str = "", state_class: Literal["", "measurement"] = ""
    ) -> Sensor:
        return self._make(
            Sensor,
            object_id,
            name=name,
            state_topic=self._topics.status,
            value_template=f"{{{{ {value} }}}}",
            unit_of_measurement=unit,
            state_class="measurement" if unit else state_class,
            entity_category="diagnostic",
        )

    def _make(self, kind: type[_E], object_id: str, **fields: Any) -> _E:  # noqa: ANN401 - the fields of the kind
        unique = f"{node(self._topics)}_{object_id}"
        entity_id = f"{_COMPONENTS[kind]}.{unique}".replace("-", "_")
        return kind(unique_id=unique, default_entity_id=entity_id, **fields, **self._common)
