"""What may leave a device, and under which topic; everything else is refused here.

None of the types has a field that could hold a picture or a keypoint. `connection` publishes nothing that these
functions have not passed.
"""

from collections.abc import Mapping

from core import chunks, homeassistant
from core.messages import ActionEvent, CurrentAction, Status, decode, encode
from core.topics import DeviceTopics
from device.outbox.rows import Entry

JSON, MSGPACK = "application/json", "application/msgpack"

Said = CurrentAction | Status


def retained(message: Said, own: DeviceTopics) -> tuple[str, bytes]:
    """Topic and payload of what is said.

    Raises:
        TypeError: it is anything else than a CurrentAction or a Status, however similar.
    """
    if type(message) is CurrentAction:
        return own.action, encode(message)
    if type(message) is Status:
        return own.status, encode(message)
    raise TypeError(f"a device never publishes {type(message).__name__}; see core.messages for what it may")


def announcements(entities: Mapping[str, homeassistant.AnyEntity], own: DeviceTopics, prefix: str) -> dict[str, bytes]:
    """Payloads by topic of what Home Assistant is told.

    Raises:
        TypeError: something is no entity.
        ValueError: a topic is not this device's own.
    """
    for topic, entity in entities.items():
        if type(entity) not in homeassistant.KINDS:
            raise TypeError(f"a device never publishes {type(entity).__name__}; see core.homeassistant")
        if not homeassistant.is_own_announcement(topic, own, prefix):
            raise ValueError(f"{topic} is no announcement of {own.base}")
    return {topic: homeassistant.encode(entity) for topic, entity in entities.items()}


def content_type_of(entry: Entry, own: DeviceTopics) -> str:
    """The content type of an entry of the outbox.

    Raises:
        ValueError: it is not exactly an event or a delta's chunk under our name.
    """
    if entry.kind == "event":
        decode(entry.payload, ActionEvent)
        if entry.topic != own.event:
            raise ValueError(f"an event for {entry.topic}")
        return JSON
    chunks.decode(entry.payload)
    if not entry.topic.startswith(f"{own.base}/delta/"):
        raise ValueError(f"a delta for {entry.topic}")
    return MSGPACK
