"""`posefleet device samples list | forget`: what was kept on this board, and erasing it."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UnavailableError
from device.learning.samples import SampleStore
from device.settings import DeviceSettings
from device.state import SAMPLES_FILE

if TYPE_CHECKING:
    from rich.table import Table


def overview_table(settings: DeviceSettings) -> "Table":
    """A row for each action and source."""
    from rich.table import Table

    table = Table(caption="They lie on this board and nowhere else.")
    table.add_column("action")
    table.add_column("windows", justify="right")
    for column in ("from", "oldest", "newest"):
        table.add_column(column)
    path = _file(settings)
    if path.exists():
        with SampleStore(path, settings.learning.maximum_samples) as store:
            for group in store.overview():
                times = (datetime.fromtimestamp(at).astimezone() for at in (group.oldest, group.newest))
                table.add_row(group.action, str(group.windows), group.source, *(f"{at:%Y-%m-%d %H:%M}" for at in times))
    return table


def forget(settings: DeviceSettings, action: str | None, *, before: float | None = None) -> int:
    """Erase samples of an action (None: all), taken before a moment (None: ever); how many were erased.

    Files that were put aside because they were damaged go as well when everything goes.

    Raises:
        UnavailableError: they cannot be erased now.
    """
    path = _file(settings)
    if action is None and before is None:
        for aside in path.parent.glob(f"{path.name}.damaged-*"):
            aside.unlink()
    if not path.exists():
        return 0
    with SampleStore(path, settings.learning.maximum_samples) as store:
        try:
            return store.forget(action, before=before)
        except sqlite3.Error as exc:
            raise UnavailableError(f"{path}: {exc}") from exc


def _file(settings: DeviceSettings) -> Path:
    return settings.device.state_directory / SAMPLES_FILE
