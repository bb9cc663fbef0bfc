"""What the outbox's file holds."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec

from core.messages import ActionEvent

SCHEMA = """
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO counters VALUES ('sequence', 0), ('lost', 0);
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,               -- start, update, end or delta
    owner TEXT NOT NULL,              -- the event's id, or the delta's transfer
    topic TEXT NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_by_kind ON entries (kind, id);
CREATE INDEX IF NOT EXISTS entries_by_owner ON entries (owner);
CREATE TABLE IF NOT EXISTS running (id TEXT PRIMARY KEY, payload BLOB NOT NULL, said_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS given_up (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answered (number INTEGER PRIMARY KEY, round TEXT NOT NULL UNIQUE, transfer TEXT NOT NULL);
"""

_FORGOTTEN_S = 86_400  # after a day without another one a loss is no news


@dataclass(frozen=True)
class Entry:
    """One message that waits."""

    id: int
    kind: Literal["event", "delta"]
    topic: str
    payload: bytes


@dataclass(frozen=True)
class Loss:
    """Events that were given up, each within a day of the one before; `at` is when the last was."""

    count: int
    at: datetime


def note_loss(database: sqlite3.Connection, number: int, now: float) -> None:
    """Events are given up at `now`, seconds since 1970; part of a transaction."""
    if not number or (loss := last_loss(database, now, unwritten=number)) is None:
        return
    database.execute("UPDATE counters SET value = value + ? WHERE name = 'lost'", (number,))
    database.execute(
        "INSERT OR REPLACE INTO counters VALUES ('lost_lately', ?), ('lost_at', ?)", (loss.count, int(now))
    )


def last_loss(database: sqlite3.Connection, now: float, *, unwritten: int = 0) -> Loss | None:
    """What was given up lately, with what is not written down yet; None: nothing, or long ago."""
    rows = dict(database.execute("SELECT name, value FROM counters WHERE name IN ('lost_lately', 'lost_at')"))
    at = rows.get("lost_at", 0)
    written = rows.get("lost_lately", 0) if now - at < _FORGOTTEN_S else 0
    if not written + unwritten:
        return None
    return Loss(written + unwritten, datetime.fromtimestamp(now if unwritten else at, UTC))


def renumbered(event: ActionEvent, sequence: int) -> ActionEvent:
    """The same with another sequence number."""
    return msgspec.structs.replace(event, sequence=sequence)


def ended_by_restart(event: ActionEvent, ended_at: datetime) -> ActionEvent:
    """The end of an event that a crash left open."""
    return msgspec.structs.replace(event, kind="end", ended_at=ended_at, ended_by="restart")
