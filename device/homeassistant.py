"""Which entities Home Assistant is told of: those of the release at work, or none when that is switched off."""

from core.bundle import Manifest
from core.homeassistant import entities
from device.health import software
from device.link.connection import Link
from device.settings import DeviceSettings


def announce(link: Link, settings: DeviceSettings, manifest: Manifest) -> None:
    """Announce what this device offers with a release; what an earlier release or run announced is taken back."""
    if not settings.homeassistant.enabled:
        link.announce({})
        return
    prefix, cameras = settings.homeassistant.prefix, [name for name in settings.all_cameras if name is not None]
    topics, labels = settings.device.topics, manifest.labels
    link.announce(entities(topics, labels, software=software(), cameras=cameras, prefix=prefix))
