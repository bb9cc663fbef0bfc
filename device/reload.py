"""SIGHUP: the configuration is read again, and what can change without a restart does.

- A configuration with a mistake changes nothing: one line says what is wrong, and the daemon goes on as before.
- What was changed and takes effect only at the next start is named, and stays as it was until then.
- Nothing else is logged than the names of keys: values may be addresses with passwords.

    reload = Reload(settings, lambda: load_settings(DeviceSettings, path))
    reload.ask()                                    # in the signal's handler
    if (settings := reload.take()) is not None: ... # between two frames
"""

import logging
import threading
from collections.abc import Callable, Iterator

from pydantic import BaseModel

from core.errors import PosefleetError
from device.settings import DeviceSettings

log = logging.getLogger(__name__)

LIVE = ("events", "latency", "status", "homeassistant.enabled")
"""Sections and keys that take effect at once; the rest is built into parts that live as long as the daemon."""


class Reload:
    """See the module. `ask` may be called from a signal handler, `take` from one thread.

    Args:
        settings: those in force.
        load: reads the configuration again; a PosefleetError says what is wrong with it.
    """

    def __init__(self, settings: DeviceSettings, load: Callable[[], DeviceSettings]) -> None:
        self._settings, self._load = settings, load
        self._asked = threading.Event()

    def ask(self) -> None:
        """Somebody wishes the configuration to be read again."""
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether `take` has something to do."""
        return self._asked.is_set()

    def take(self) -> DeviceSettings | None:
        """The settings to go on with, if they were asked for and anything changes now."""
        if not self._asked.is_set():
            return None
        self._asked.clear()
        try:
            wanted = self._load()
        except PosefleetError as exc:
            log.error("the new configuration is not used, the old one goes on: %s", "; ".join(str(exc).splitlines()))  # noqa: TRY400 - whoever wrote it needs no trace
            return None
        changed = sorted(_differences(self._settings, wanted))
        live = [key for key in changed if _is_live(key)]
        later = [key for key in changed if not _is_live(key)]
        _tell(live, later)
        if not live:
            return None
        self._settings = merge(self._settings, wanted)
        return self._settings


def merge(before: DeviceSettings, wanted: DeviceSettings) -> DeviceSettings:
    """The settings before, with what is live of those that are wanted."""
    return before.model_copy(
        update={
            section: value
            if section in LIVE
            else getattr(before, section).model_copy(update=_live_keys(section, value))
            for section in {key.split(".")[0] for key in LIVE}
            for value in [getattr(wanted, section)]
        }
    )


def _live_keys(section: str, value: BaseModel) -> dict[str, object]:
    return {key: getattr(value, key) for key in type(value).model_fields if f"{section}.{key}" in LIVE}


def _is_live(key: str) -> bool:
    return any(key == live or key.startswith(f"{live}.") for live in LIVE)


def _differences(before: BaseModel, after: BaseModel, prefix: str = "") -> Iterator[str]:
    """Dotted names of the keys whose values are different."""
    for name in type(after).model_fields:
        one, other = getattr(before, name), getattr(after, name)
        if isinstance(one, BaseModel) and isinstance(other, BaseModel):
            yield from _differences(one, other, f"{prefix}{name}.")
        elif one != other:
            yield f"{prefix}{name}"


def _tell(live: list[str], later: list[str]) -> None:
    if not live and not later:
        log.info("the configuration was read again; nothing has changed")
    if live:
        log.info("the configuration was read again; changed: %s", ", ".join(live))
    if later:
        log.warning("takes effect at the next start only: %s", ", ".join(later))
