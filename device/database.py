"""SQLite files that survive kill -9 and power cuts, and that only their owner can read.

Write-ahead logging with a sync at every commit: what a transaction has stored stays, what it has not is not there. A
file that is damaged beyond opening is put aside under another name, never deleted.
"""

import logging
import os
import sqlite3
from pathlib import Path

from core.errors import ConfigError

log = logging.getLogger(__name__)

_BUSY_S = 10.0  # the other process (`posefleet demo`, a training child) holds the file for milliseconds


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open or make a database of the given schema (statements that may run again); mode 0600.

    The connection may be used by several threads, one at a time.

    Raises:
        ConfigError: the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives its companion files (-wal, -shm) the mode of the database.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            return _open(path, schema)
        except sqlite3.OperationalError:  # full, locked, read-only: the file itself is no worse for it
            raise
        except sqlite3.DatabaseError as exc:
            _put_aside(path, exc)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            return _open(path, schema)
    except (OSError, sqlite3.Error) as exc:
        raise ConfigError(
            f"{path}: cannot be written ({exc}); check device.state_directory, its owner and the free space"
        ) from exc


def _open(path: Path, schema: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA foreign_keys = ON")
        database.executescript(schema)
    except BaseException:
        database.close()
        raise
    return database


def _put_aside(path: Path, why: sqlite3.DatabaseError) -> None:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.replace(aside)
    for companion in ("-wal", "-shm"):
        path.with_name(path.name + companion).unlink(missing_ok=True)
    log.error("%s is damaged (%s); it is kept as %s and a new one begins", path, why, aside.name)
