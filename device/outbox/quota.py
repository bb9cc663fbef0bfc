"""What goes first when the outbox has no room for everything that waits.

- The oldest deltas go first, then the oldest updates, then the oldest events that are over, start and end together.
- If there are only events that still run, the oldest of them goes with all that will be said of it.
- What may be on its way to the broker stays, for somebody may have it already: half an event would be worse than none.

    while outbox is too large and (chosen := choose(database)) is not None: ...
"""

import sqlite3
from dataclasses import dataclass
from typing import Literal

IN_FLIGHT = 16  # messages on their way at once: within the receive maximum of every broker

_ON_ITS_WAY = "SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM entries WHERE kind != 'delta' ORDER BY id LIMIT ?)"
_DELTA = "SELECT id, owner FROM entries WHERE kind = 'delta' ORDER BY id LIMIT 1"
_UPDATE = "SELECT id, owner FROM entries WHERE kind = 'update' AND id > ? ORDER BY id LIMIT 1"
_OVER = """
SELECT id, owner FROM entries AS started WHERE kind = 'start' AND id > ?
AND EXISTS (SELECT 1 FROM entries AS ended WHERE ended.owner = started.owner AND ended.kind = 'end') ORDER BY id LIMIT 1
"""
_STARTED = "SELECT id, owner FROM entries WHERE kind = 'start' AND id > ? ORDER BY id LIMIT 1"


@dataclass(frozen=True)
class Sacrifice:
    """What to give up: an update alone, else all entries of the owner."""

    kind: Literal["delta", "update", "over", "running"]
    entry: int
    owner: str


def choose(database: sqlite3.Connection) -> Sacrifice | None:
    """The next to go; None when the rest is on its way, or ends what has been said: little, whatever the quota."""
    if found := database.execute(_DELTA).fetchone():
        return Sacrifice("delta", *found)
    (newest_on_its_way,) = database.execute(_ON_ITS_WAY, (IN_FLIGHT,)).fetchone()
    if found := database.execute(_UPDATE, (newest_on_its_way,)).fetchone():
        return Sacrifice("update", *found)
    if found := database.execute(_OVER, (newest_on_its_way,)).fetchone():
        return Sacrifice("over", *found)
    if found := database.execute(_STARTED, (newest_on_its_way,)).fetchone():
        return Sacrifice("running", *found)
    return None
