"""The broker's access list: every device writes under its own name only, and reads nothing of another.

It has Mosquitto's form (`acl_file`). A device's user, or the common name of its client certificate, is `site.device`.

    print(access_list(devices, fleet_user="posefleet-fleet", readers=("homeassistant",)))
"""

from collections.abc import Iterable, Iterator

from core import homeassistant, topics
from core.topics import DeviceTopics

_HEAD = """\
# Mosquitto access list, written by `posefleet fleet acl`; make it again when a device is enrolled or retired.
# A device's user name, or its certificate's common name, is site.device."""


def user_of(device: DeviceTopics) -> str:
    """The broker's user of a device; no two devices share one, as names have no dots."""
    return f"{device.site}.{device.device}"


def access_list(devices: Iterable[DeviceTopics], *, fleet_user: str, readers: Iterable[str]) -> str:
    """The file's text.

    Args:
        devices: the enrolled devices.
        fleet_user: who the aggregator is to the broker.
        readers: users who may read events, actions and statuses, and to whom devices announce themselves.
    """
    blocks = [_HEAD, _block(fleet_user, _fleet_rules())]
    blocks += [_block(reader, _reader_rules()) for reader in readers]
    blocks += [_block(user_of(device), _device_rules(device)) for device in devices]
    return "\n\n".join(blocks) + "\n"


def _block(user: str, rules: Iterable[str]) -> str:
    return "\n".join([f"user {user}", *(f"topic {rule}" for rule in rules)])


def _fleet_rules() -> Iterator[str]:
    yield f"read {topics.ALL_STATUS}"
    yield f"read {topics.ALL_DELTAS}"
    yield f"write {topics.ROOT}/+/+/inbox"
    yield f"readwrite {topics.ROOT}/rounds/#"
    yield f"readwrite {topics.ROOT}/releases/#"


def _reader_rules() -> Iterator[str]:
    for leaf in ("event", "action", "status"):
        yield f"read {topics.ROOT}/+/+/{leaf}"
    yield f"readwrite {homeassistant.PREFIX}/#"


def _device_rules(device: DeviceTopics) -> Iterator[str]:
    yield f"write {device.event}"
    yield f"write {device.base}/delta/#"
    for kept in (device.action, device.status):  # read by `posefleet device retire`
        yield f"readwrite {kept}"
    yield f"read {device.inbox}"
    yield f"read {topics.ROOT}/rounds/#"
    yield f"read {topics.ROOT}/releases/#"
    yield f"readwrite {homeassistant.own_announcements(device)}"
    yield f"read {homeassistant.birth()}"
