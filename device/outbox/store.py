"""Store and forward: what waits on the disk until somebody has it.

- An event gets its sequence number and its place in the same transaction; it leaves on the broker's acknowledgement.
- A delta leaves on the fleet's receipt, for a broker's acknowledgement does not mean that the aggregator has it.
- A round is marked as answered in the transaction that stores its delta: nothing is trained, or sent, twice.
- Above the quota `quota` says what goes: deltas first, events whole, never a start without its end. Whatever
  events go are counted in `lost`, and the gap in the sequence numbers shows it to subscribers.
- A full disk costs events (counted as well), never the daemon: `problem` says so until there is room again.

    outbox = Outbox(state / "outbox.sqlite", quota_bytes)
    outbox.add_event(lambda sequence: ActionEvent(sequence=sequence, ...))
    for entry in outbox.pending(20): ...
"""

import contextlib
import functools
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from core import chunks
from core.messages import ActionEvent, Queue, decode, encode
from core.topics import DeviceTopics
from device.database import open_database
from device.outbox import quota
from device.outbox.losses import Losses
from device.outbox.rows import SCHEMA, Entry, Loss, ended_by_restart, last_loss, note_loss, renumbered

log = logging.getLogger(__name__)

_ENTRY_OVERHEAD_BYTES = 250  # row, topic and index pages, roughly
_ROUNDS_REMEMBERED = 200
_RETRY_S = 2.0  # between two looks whether the disk has room again


class Outbox:
    """See the module. Safe to use from several threads."""

    def __init__(self, path: Path, quota_bytes: int, *, wall: Callable[[], float] = time.time) -> None:
        self._database = open_database(path, SCHEMA)
        self._quota, self._wall = quota_bytes, wall
        self._lock = threading.RLock()
        self._losses = Losses()
        self._retried_at = 0.0
        self._problem: str | None = None
        self._bytes = self._one("SELECT COALESCE(SUM(LENGTH(payload) + ?), 0) FROM entries", _ENTRY_OVERHEAD_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    @property
    def lost(self) -> int:
        """Events that were given up since the outbox was made: no room within the quota, or on the disk."""
        with self._lock:
            return self._one("SELECT value FROM counters WHERE name = 'lost'") + self._losses.count

    @property
    def loss(self) -> Loss | None:
        """Those of them that are news: until a day has passed without another."""
        with self._lock:
            return last_loss(self._database, self._wall(), unwritten=self._losses.count)

    @property
    def problem(self) -> str | None:
        """What is wrong now, for a person."""
        return self._problem

    def counts(self) -> Queue:
        """How many events and deltas wait."""
        with self._lock:
            events = self._one("SELECT COUNT(*) FROM entries WHERE kind != 'delta'")
            deltas = self._one("SELECT COUNT(DISTINCT owner) FROM entries WHERE kind = 'delta'")
        return Queue(events=events, deltas=deltas)

    def add_event(self, make: Callable[[int], ActionEvent]) -> int | None:
        """Store the event that `make` makes of the next sequence number.

        Returns:
            The sequence number; None when the disk has no room, and then the event is lost and counted.
        """
        with self._lock:
            try:
                with self._transaction():
                    self._write_losses_down()
                    sequence = self._add(make)
            except sqlite3.Error as exc:
                self._losses.note(make(1))
                self._report(f"the outbox cannot be written ({exc}): events are being lost; make room on the disk")
                return None
            self._losses.clear()
            return sequence

    def retry(self) -> None:
        """After a failure, see from time to time whether the disk can be written again; else this costs nothing."""
        with self._lock:
            now = time.monotonic()
            if (self._problem is None and not self._losses) or now - self._retried_at < _RETRY_S:
                return
            self._retried_at = now
            with contextlib.suppress(sqlite3.Error):
                with self._transaction():
                    self._write_losses_down()
                self._losses.clear()

    def end_running_events(self) -> int:
        """End whatever a crash left open, at the time it was last heard of; returns how many there were.

        If the disk has no room, the ends are stored when it has.
        """
        with self._lock:
            rows = self._database.execute("SELECT payload, said_at FROM running ORDER BY said_at").fetchall()
            for payload, said_at in rows:
                event = decode(payload, ActionEvent)
                ended_at = max(event.started_at, datetime.fromisoformat(said_at))
                self._losses.note(ended_by_restart(event, ended_at))
            try:
                with self._transaction():
                    self._write_losses_down()
                    self._database.execute("DELETE FROM given_up")
                self._losses.clear()
            except sqlite3.Error as exc:
                self._report(f"the outbox cannot be written ({exc}): make room on the disk")
        return len(rows)

    def running_events(self) -> list[ActionEvent]:
        """Events that have started and not ended."""
        with self._lock:
            rows = self._database.execute("SELECT payload FROM running ORDER BY said_at").fetchall()
        return [decode(payload, ActionEvent) for (payload,) in rows]

    def add_delta(self, topics: DeviceTopics, round_id: str, package: bytes) -> str:
        """Store a sealed delta as chunks, and that its round is answered; returns the transfer's digest.

        A delta that was stored for the round before is replaced.

        Raises:
            sqlite3.Error: the disk has no room.
        """
        pieces = chunks.split(package)
        with self._transaction():
            self.drop_round(round_id)
            for piece in pieces:
                self._insert("delta", piece.transfer, topics.delta(round_id, piece.index), chunks.encode(piece))
            self._database.execute(
                "INSERT OR REPLACE INTO answered (round, transfer) VALUES (?, ?)", (round_id, pieces[0].transfer)
            )
            self._database.execute(
                "DELETE FROM answered WHERE number <= (SELECT MAX(number) FROM answered) - ?", (_ROUNDS_REMEMBERED,)
            )
            self._keep_quota()
        return pieces[0].transfer

    def has_answered(self, round_id: str) -> bool:
        """Whether a delta for this round was ever stored here."""
        with self._lock:
            return bool(self._one("SELECT COUNT(*) FROM answered WHERE round = ?", round_id))

    def settle_delta(self, transfer: str) -> bool:
        """The fleet has answered: forget the delta. False if it was not here."""
        with self._transaction():
            return self._delete("owner = ? AND kind = 'delta'", transfer) > 0

    def drop_round(self, round_id: str) -> bool:
        """The round is over: forget its delta, if it is still here. The round stays answered."""
        with self._transaction():
            found = self._database.execute("SELECT transfer FROM answered WHERE round = ?", (round_id,)).fetchone()
            if found is None:
                return False
            return self._delete("owner = ? AND kind = 'delta'", found[0]) > 0

    def pending(self, limit: int, *, skip: Collection[int] = ()) -> list[Entry]:
        """The next entries to send, in order, without those in `skip`; events before deltas, which are large."""
        query = (
            "SELECT id, 'event', topic, payload FROM entries WHERE kind != 'delta' ORDER BY id LIMIT ?",
            "SELECT id, 'delta', topic, payload FROM entries WHERE kind = 'delta' ORDER BY id LIMIT ?",
        )
        found: list[Entry] = []
        with self._lock:
            for one in query:
                rows = self._database.execute(one, (limit + len(skip),))
                found += [Entry(*row) for row in rows if row[0] not in skip]
        return found[:limit]

    def acknowledge(self, *entry_ids: int) -> None:
        """The broker has these entries: forget the events among them. Deltas wait for their receipt."""
        with self._transaction():
            for entry_id in entry_ids:
                self._delete("id = ? AND kind != 'delta'", entry_id)

    def discard(self, entry_id: int) -> None:
        """Forget an entry that cannot be sent; an event counts as lost."""
        with self._transaction():
            self._count_lost(self._delete("id = ? AND kind != 'delta'", entry_id))
            self._delete("id = ?", entry_id)

    def _add(self, make: Callable[[int], ActionEvent]) -> int:
        sequence = self._one("SELECT value FROM counters WHERE name = 'sequence'") + 1
        event = make(sequence)
        if type(event) is not ActionEvent or event.sequence != sequence:
            raise TypeError(f"an event of sequence {sequence} was asked for, not {type(event).__name__}")
        payload = encode(event)
        self._database.execute("UPDATE counters SET value = ? WHERE name = 'sequence'", (sequence,))
        if self._one("SELECT COUNT(*) FROM given_up WHERE id = ?", event.id):
            self._count_lost(1)  # like its start: half an event would be worse than none
        else:
            self._insert(event.kind, event.id, DeviceTopics(event.site, event.device).event, payload)
        if event.kind == "end":
            self._database.execute("DELETE FROM running WHERE id = ?", (event.id,))
            self._database.execute("DELETE FROM given_up WHERE id = ?", (event.id,))
        else:
            now = datetime.now(UTC).isoformat()
            self._database.execute("INSERT OR REPLACE INTO running VALUES (?, ?, ?)", (event.id, payload, now))
        self._keep_quota()
        return sequence

    def _write_losses_down(self) -> None:
        """What a full disk has taken has had numbers, too; part of a transaction, after which `clear` is due."""
        losses = self._losses
        self._count_lost(losses.count)
        self._database.execute("UPDATE counters SET value = value + ? WHERE name = 'sequence'", (losses.count,))
        self._database.executemany("INSERT OR IGNORE INTO given_up VALUES (?)", [(one,) for one in losses.unstarted])
        for event in losses.late_ends.values():
            self._add(functools.partial(renumbered, event))

    def _insert(self, kind: str, owner: str, topic: str, payload: bytes) -> None:
        self._database.execute(
            "INSERT INTO entries (kind, owner, topic, payload) VALUES (?, ?, ?, ?)", (kind, owner, topic, payload)
        )
        self._bytes += len(payload) + _ENTRY_OVERHEAD_BYTES

    def _delete(self, where: str, *values: object) -> int:
        """Delete entries; `where` is text of ours, never from outside."""
        rows = self._database.execute(
            f"DELETE FROM entries WHERE {where} RETURNING LENGTH(payload)",  # noqa: S608
            values,
        ).fetchall()
        self._bytes -= sum(size + _ENTRY_OVERHEAD_BYTES for (size,) in rows)
        return len(rows)

    def _keep_quota(self) -> None:
        while self._bytes > self._quota:
            chosen = quota.choose(self._database)
            if chosen is None:
                return
            if chosen.kind == "delta":
                self._delete("owner = ?", chosen.owner)
                log.warning("the outbox is full: the delta %s is dropped", chosen.owner[:12])
            elif chosen.kind == "update":
                self._count_lost(self._delete("id = ?", chosen.entry))
            else:
                self._count_lost(self._delete("owner = ?", chosen.owner))
            if chosen.kind == "running":
                self._database.execute("INSERT OR IGNORE INTO given_up VALUES (?)", (chosen.owner,))

    def _count_lost(self, number: int) -> None:
        note_loss(self._database, number, self._wall())

    def _one(self, query: str, *values: object) -> int:
        return int(self._database.execute(query, values).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; may be nested."""
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            size = self._bytes
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                self._bytes = size
                if self._database.in_transaction:  # SQLite rolls back by itself when the disk is full
                    self._database.execute("ROLLBACK")
                raise
            self._report(None)

    def _report(self, problem: str | None) -> None:
        if problem is not None and self._problem is None:
            log.error("%s", problem)
        self._problem = problem
