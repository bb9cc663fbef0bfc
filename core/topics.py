"""The topic tree: the only place where a topic name is put together or taken apart.

posefleet/v1/<site>/<device>/event | action | status | delta/<round>/<n> | inbox
posefleet/v1/rounds/<group>
posefleet/v1/releases/<channel>/manifest | chunk/<sha256>/<n>
"""

import re
from dataclasses import dataclass

ROOT = "posefleet/v1"
# `rounds` and `releases` stand where a site stands.
RESERVED_SITES = frozenset({"rounds", "releases"})
NAME_PATTERN = r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$"
_NAME = re.compile(NAME_PATTERN)


def check_name(name: str) -> str:
    """Return the name if it can be a level of a topic: lower-case letters, digits, `-` and `_`, at most 64.

    Raises:
        ValueError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name: use 1 to 64 of a-z 0-9 - _, beginning and ending with a-z 0-9")
    return name


@dataclass(frozen=True)
class DeviceTopics:
    """Everything that one device writes or reads under its own name."""

    site: str
    device: str

    def __post_init__(self) -> None:
        check_name(self.site)
        check_name(self.device)
        if self.site in RESERVED_SITES:
            raise ValueError(f"a site cannot be called {self.site!r}: the fleet uses that name for itself")

    @property
    def base(self) -> str:
        """The prefix that the broker's access list gives to this device."""
        return f"{ROOT}/{self.site}/{self.device}"

    @property
    def event(self) -> str:
        """Action events; never retained."""
        return f"{self.base}/event"

    @property
    def action(self) -> str:
        """The current action; retained."""
        return f"{self.base}/action"

    @property
    def status(self) -> str:
        """Status, and the last will; retained."""
        return f"{self.base}/status"

    @property
    def inbox(self) -> str:
        """What the fleet says to this device."""
        return f"{self.base}/inbox"

    def delta(self, round_id: str, number: int) -> str:
        """Chunk `number` of this device's delta in a round."""
        return f"{self.base}/delta/{check_name(round_id)}/{number}"


def rounds(group: str) -> str:
    """The open round of a group of devices; retained."""
    return f"{ROOT}/rounds/{check_name(group)}"


def release_manifest(channel: str) -> str:
    """The signed manifest of a channel's newest release; retained."""
    return f"{ROOT}/releases/{check_name(channel)}/manifest"


def release_chunk(channel: str, sha256: str, number: int | str) -> str:
    """Chunk `number` (or `+`) of a release's file; retained."""
    return f"{ROOT}/releases/{check_name(channel)}/chunk/{sha256}/{number}"


ALL_STATUS = f"{ROOT}/+/+/status"
ALL_DELTAS = f"{ROOT}/+/+/delta/+/+"


def device_of(topic: str) -> DeviceTopics | None:
    """Whose topic this is, or None if it is no device's."""
    parts = topic.split("/")
    if len(parts) < 4 or "/".join(parts[:2]) != ROOT:  # noqa: PLR2004 - root, site, device, leaf
        return None
    try:
        return DeviceTopics(parts[2], parts[3])
    except ValueError:
        return None
