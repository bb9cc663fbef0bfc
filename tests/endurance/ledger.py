"""What subscribers got, held against what a device promises of its events."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.messages import ActionEvent


@dataclass(frozen=True)
class Ledger:
    """Everything that arrived of one device, in the order of arrival."""

    arrived: tuple[ActionEvent, ...]

    @property
    def first_arrivals(self) -> list[int]:
        """Sequence numbers in the order in which each arrived first."""
        return list(dict.fromkeys(event.sequence for event in self.arrived))

    @property
    def duplicates(self) -> int:
        """Arrivals of what had arrived before."""
        return len(self.arrived) - len(self.first_arrivals)

    def faults(self, made: int, lost: int = 0) -> list[str]:
        """Every broken promise, for a person; none if all is well.

        Args:
            made: the newest sequence number.
            lost: events that the device says it has given up.
        """
        order = self.first_arrivals
        by_sequence: dict[int, set[ActionEvent]] = {}
        for event in self.arrived:
            by_sequence.setdefault(event.sequence, set()).add(event)
        found = [f"{made - len(order)} events are missing, {lost} are said to be lost"] * (made - len(order) != lost)
        found += ["events arrive out of order"] * (order != sorted(order))
        found += [f"sequence {number} means several events" for number, many in by_sequence.items() if len(many) > 1]
        return [*found, *_half_events(event for many in by_sequence.values() for event in many)]


def _half_events(events: Iterable[ActionEvent]) -> list[str]:
    told = Counter((event.id, event.kind) for event in events)
    ids = dict.fromkeys(event_id for event_id, _ in told)
    return [
        f"event {one} has {told[one, 'start']} starts and {told[one, 'end']} ends"
        for one in ids
        if (told[one, "start"], told[one, "end"]) != (1, 1)
    ]
