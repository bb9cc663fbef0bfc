"""Links to a broker, for tests."""

from datetime import UTC, datetime

from core.messages import Status
from core.mqtt_settings import MqttSettings
from device.link.connection import Handlers, Link
from device.outbox.store import Outbox
from device.settings import IdentitySettings

IDENTITY = IdentitySettings(site="home", name="cam", group="g")


def status(state: str = "online", **fields) -> Status:
    """What the device could say of itself now."""
    return Status(site="home", device="cam", state=state, at=datetime.now(UTC), **fields)


def make_link(port: int, outbox: Outbox, handlers: Handlers | None = None, protocol: str = "auto") -> Link:
    """A link of home/cam to a broker on this machine."""
    settings = MqttSettings(host="127.0.0.1", port=port, protocol=protocol)
    return Link(settings, outbox, identity=IDENTITY, channel="c", handlers=handlers or Handlers())
