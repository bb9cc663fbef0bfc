"""Which entities Home Assistant is told of: those of the release at work, or none when that is switched off."""

from core.bundle import Manifest
from core.homeassistant import entities
from device.health import software
from device.link import Link
from device.settings import DeviceSettings


def announce(link: Link, settings: DeviceSettings, manifest: Manifest) -> None:
    """Announce what this device offers with a release; what an earlier release or run announced is taken back."""
    if not settings.homeassistant.enabled:
        link.announce({})
        return
    prefix = settings.homeassistant.prefix
    link.announce(entities(settings.device.topics, manifest.labels, software=software(), prefix=prefix))
