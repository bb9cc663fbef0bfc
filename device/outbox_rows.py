"""What the outbox's file holds."""

from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True)
class Entry:
    """One message that waits."""

    id: int
    kind: Literal["event", "delta"]
    topic: str
    payload: bytes


def renumbered(event: ActionEvent, sequence: int) -> ActionEvent:
    """The same with another sequence number."""
    return msgspec.structs.replace(event, sequence=sequence)


def ended_by_restart(event: ActionEvent, ended_at: datetime) -> ActionEvent:
    """The end of an event that a crash left open."""
    return msgspec.structs.replace(event, kind="end", ended_at=ended_at, ended_by="restart")
