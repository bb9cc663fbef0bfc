"""What a full disk takes, until there is room to write it down.

Half an event is worse than none: after a start that was lost, nothing more is told of that event. The end of an event
whose start was stored is no loss but waits here, and is stored as soon as there is room.
"""

from core.messages import ActionEvent


class Losses:
    """See the module. For one thread at a time."""

    def __init__(self) -> None:
        self.count = 0
        """Events that are lost and had numbers: the gap tells subscribers."""
        self.unstarted: set[str] = set()
        """Ids of running events whose start was lost."""
        self.late_ends: dict[str, ActionEvent] = {}
        """By id: ends that wait to be stored."""

    def __bool__(self) -> bool:
        return bool(self.count or self.unstarted or self.late_ends)

    def note(self, event: ActionEvent) -> None:
        """This one could not be stored."""
        if event.kind == "end" and event.id not in self.unstarted:
            self.late_ends[event.id] = event
            return
        self.count += 1
        if event.kind == "start":
            self.unstarted.add(event.id)
        elif event.kind == "end":
            self.unstarted.discard(event.id)

    def clear(self) -> None:
        """All of it is written down."""
        self.count = 0
        self.unstarted.clear()
        self.late_ends.clear()
