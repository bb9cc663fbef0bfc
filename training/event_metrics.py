"""How good events are: what was reported against what was done, on the same clock.

result = match(script, events, tolerance_s=1.0)
result.found, result.missed, result.false
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """An action from start to end, in seconds."""

    action: str
    start: float
    end: float


@dataclass(frozen=True)
class Match:
    """A performed action and the event that reported it."""

    truth: Span
    event: Span

    @property
    def start_error(self) -> float:
        """Seconds that the event began late (early when negative)."""
        return self.event.start - self.truth.start

    @property
    def end_error(self) -> float:
        """Seconds that the event ended late (early when negative)."""
        return self.event.end - self.truth.end


@dataclass(frozen=True)
class EventReport:
    """What was found, missed and made up; every span is in exactly one list of its kind."""

    found: tuple[Match, ...]
    missed: tuple[Span, ...]
    false: tuple[Span, ...]

    @property
    def precision(self) -> float:
        """Share of the events that are right; 1 when there are none."""
        reported = len(self.found) + len(self.false)
        return len(self.found) / reported if reported else 1.0

    @property
    def recall(self) -> float:
        """Share of the performed actions that were reported; 1 when there are none."""
        done = len(self.found) + len(self.missed)
        return len(self.found) / done if done else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def match(truth: Sequence[Span], events: Sequence[Span], *, tolerance_s: float) -> EventReport:
    """Pair each performed action with at most one event of the same action.

    A pair counts only if start and end are both within the tolerance. Earlier events choose first, and take the
    nearest performed action that is still free.
    """
    free = list(truth)
    found: list[Match] = []
    false: list[Span] = []
    for event in sorted(events, key=lambda span: span.start):
        fitting = [
            span
            for span in free
            if span.action == event.action
            and abs(span.start - event.start) <= tolerance_s
            and abs(span.end - event.end) <= tolerance_s
        ]
        if not fitting:
            false.append(event)
            continue
        nearest = min(fitting, key=lambda span: abs(span.start - event.start))
        free.remove(nearest)
        found.append(Match(nearest, event))
    return EventReport(tuple(found), tuple(free), tuple(false))
