"""Labelled keypoint windows, kept on this device and nowhere else: what it learns from.

Mode 0600, a quota (the oldest go first), and `forget` erases: freed pages are overwritten.

    samples = SampleStore(state / "samples.sqlite", settings.learning.maximum_samples)
    samples.add(window.keypoints, "wave", captured_at=time.time(), source="lesson")
    keypoints, labels = samples.load(manifest.labels, (32, 15))
"""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from core.skeleton import Array
from device.database import open_database

_SCHEMA = """
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    action TEXT NOT NULL,
    captured_at REAL NOT NULL,        -- wall clock, seconds
    source TEXT NOT NULL,             -- lesson, label, confident
    length INTEGER NOT NULL,          -- frames
    keypoints BLOB NOT NULL           -- (length, V, 4) float32, little-endian
);
-- Counting reads this index only; the rows are large.
CREATE INDEX IF NOT EXISTS samples_by_action ON samples (action, length);
"""
_KEYPOINTS = np.dtype("<f4")


@dataclass(frozen=True)
class SampleGroup:
    """Windows of one action and source; `oldest` and `newest` are seconds on the wall clock."""

    action: str
    source: str
    windows: int
    oldest: float
    newest: float


class SampleStore:
    """See the module. Safe to use from several threads and processes.

    Args:
        maximum: how many windows are kept.
    """

    def __init__(self, path: Path, maximum: int) -> None:
        self._database = open_database(path, _SCHEMA)
        # A power cut may take the last windows of a lesson; a sync each would take a minute for a thousand.
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._maximum = maximum
        self._lock = threading.Lock()

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

    def add(self, keypoints: Array, action: str, *, captured_at: float, source: str) -> None:
        """Keep a window (T, V, 4) of somebody who does this action.

        Raises:
            ValueError: another shape, or something that is no number.
        """
        if keypoints.ndim != 3 or keypoints.shape[2] != 4:  # noqa: PLR2004 - (T, V, 4)
            raise ValueError(f"a sample has keypoints (T, V, 4), not {keypoints.shape}")
        if not np.isfinite(keypoints).all():
            raise ValueError("a sample has only finite keypoints")
        row = (action, captured_at, source, len(keypoints), np.ascontiguousarray(keypoints, _KEYPOINTS).tobytes())
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(
                "INSERT INTO samples (action, captured_at, source, length, keypoints) VALUES (?, ?, ?, ?, ?)", row
            )
            surplus = self._database.execute("SELECT COUNT(*) FROM samples").fetchone()[0] - self._maximum
            if surplus > 0:
                self._database.execute(
                    "DELETE FROM samples WHERE id IN (SELECT id FROM samples ORDER BY id LIMIT ?)", (surplus,)
                )

    def count_by_action(self) -> dict[str, int]:
        """How many windows there are of each action."""
        with self._lock:
            rows = self._database.execute("SELECT action, COUNT(*) FROM samples GROUP BY action ORDER BY action")
            return dict(rows.fetchall())

    def overview(self) -> list[SampleGroup]:
        """What there is, without the windows themselves."""
        query = """
            SELECT action, source, COUNT(*), MIN(captured_at), MAX(captured_at)
            FROM samples GROUP BY action, source ORDER BY action, source
        """
        with self._lock:
            return [SampleGroup(*row) for row in self._database.execute(query).fetchall()]

    def load(self, labels: Sequence[str], shape: tuple[int, int]) -> tuple[Array, npt.NDArray[np.int64]]:
        """All windows of this shape (T, V) whose action is among the labels.

        Returns:
            Keypoints (N, T, V, 4) and classes (N,), oldest first; N may be 0.
        """
        class_of = {label: number for number, label in enumerate(labels)}
        with self._lock:
            rows = self._database.execute(
                "SELECT action, keypoints FROM samples WHERE length = ? AND LENGTH(keypoints) = ? ORDER BY id",
                (shape[0], _bytes(shape)),
            ).fetchall()
        chosen = [(class_of[action], data) for action, data in rows if action in class_of]
        keypoints = np.frombuffer(b"".join(data for _, data in chosen), _KEYPOINTS)
        shaped: Array = keypoints.reshape(-1, *shape, 4).astype(np.float32)
        return shaped, np.array([label for label, _ in chosen], np.int64)

    def count(self, labels: Sequence[str], shape: tuple[int, int]) -> int:
        """How many windows `load` would return."""
        marks = ", ".join("?" * len(labels))
        fitting = "SELECT COUNT(*) FROM samples WHERE length = ? AND LENGTH(keypoints) = ?"
        query = f"{fitting} AND action IN ({marks})"
        with self._lock:
            return int(self._database.execute(query, (shape[0], _bytes(shape), *labels)).fetchone()[0])

    def forget(self, action: str | None = None, *, before: float | None = None) -> int:
        """Erase windows of an action (or all), taken before a moment (or ever); returns how many.

        Raises:
            sqlite3.Error: they could not be erased.
        """
        with self._lock:
            gone = self._database.execute(
                "DELETE FROM samples WHERE (?1 IS NULL OR action = ?1) AND (?2 IS NULL OR captured_at < ?2)",
                (action, before),
            ).rowcount
            # What was written ahead holds the bytes as well, until it is folded into the file and cut off.
            busy = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise sqlite3.OperationalError("another process reads the samples; forget them again in a moment")
        return gone


def _bytes(shape: tuple[int, int]) -> int:
    """Size of the keypoints of a window of T steps of V points."""
    return shape[0] * shape[1] * 4 * np.dtype(_KEYPOINTS).itemsize
