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
from fnmatch import fnmatchcase
from typing import TypeVar

from pydantic import BaseModel

from core.errors import PosefleetError
from device.settings import DeviceSettings

log = logging.getLogger(__name__)
S = TypeVar("S", bound=BaseModel)

LIVE = (
    "events",
    "latency",
    "status",
    "homeassistant.enabled",
    "camera.zones",
    "camera.rest",
    "cameras.*.zones",
    "cameras.*.rest",
)
"""Sections and keys that take effect at once, as patterns; what else there is needs new parts, so a new daemon."""


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


def merge(before: S, wanted: S, prefix: str = "") -> S:
    """The settings before, with what is live of those that are wanted."""
    changes = {
        name: _merged(getattr(before, name), getattr(wanted, name), f"{prefix}{name}")
        for name in type(before).model_fields
    }
    return before.model_copy(update={name: new for name, new in changes.items() if new != getattr(before, name)})


def _merged(before: object, wanted: object, key: str) -> object:
    if _is_live(key):
        return wanted
    if isinstance(before, BaseModel) and isinstance(wanted, BaseModel):
        return merge(before, wanted, f"{key}.")
    if isinstance(before, dict) and isinstance(wanted, dict):
        return {name: _merged(one, wanted.get(name, one), f"{key}.{name}") for name, one in before.items()}
    return before


def _is_live(key: str) -> bool:
    return any(fnmatchcase(key, live) or fnmatchcase(key, f"{live}.*") for live in LIVE)


def _differences(before: object, after: object, key: str = "") -> Iterator[str]:
    """Dotted names of the keys whose values are different."""
    if isinstance(before, BaseModel) and isinstance(after, BaseModel):
        for name in type(after).model_fields:
            yield from _differences(getattr(before, name), getattr(after, name), f"{key}.{name}" if key else name)
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            yield from _differences(before.get(name), after.get(name), f"{key}.{name}")
    elif before != after:
        yield key


def _tell(live: list[str], later: list[str]) -> None:
    if not live and not later:
        log.info("the configuration was read again; nothing has changed")
    if live:
        log.info("the configuration was read again; changed: %s", ", ".join(live))
    if later:
        log.warning("takes effect at the next start only: %s", ", ".join(later))
