"""How good events are: what was reported against what was done, on the same clock.

Each performed action is paired with at most one event of the same name, as many pairs as there can be (the optimal
matching of sed_eval; Mesaros et al. 2016), the nearest onsets among those. What makes a pair is for the caller to say:

    result = match(done, reported, within(0.5))             # onsets at most half a second apart
    result = match(done, reported, within(1.0, ends=True))  # and the ends, too
    result = match(done, reported, overlapping(0.5))        # intersection over union of at least one half
    result = match(done, reported, touching)                # at the same time at all
    result.f1, result.found, result.missed, result.false
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Span:
    """An action from start to end, in seconds; of an event also when its start was reported."""

    action: str
    start: float
    end: float
    told_at: float | None = None


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

    @property
    def delay(self) -> float:
        """Seconds from the beginning of the action until it was reported."""
        return (self.event.start if self.event.told_at is None else self.event.told_at) - self.truth.start


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

    @property
    def actions(self) -> tuple[str, ...]:
        """Everything that was done or reported, by name."""
        return tuple(
            sorted({one.truth.action for one in self.found} | {one.action for one in self.missed + self.false})
        )

    def of(self, action: str) -> "EventReport":
        """The same for one action only."""
        return EventReport(
            tuple(one for one in self.found if one.truth.action == action),
            tuple(one for one in self.missed if one.action == action),
            tuple(one for one in self.false if one.action == action),
        )


Fits = Callable[[Span, Span], bool]


def within(tolerance_s: float, *, ends: bool = False) -> Fits:
    """An action and an event that begin, and end if asked, at most so many seconds apart."""

    def fits(truth: Span, event: Span) -> bool:
        near = abs(truth.start - event.start) <= tolerance_s
        return near and (not ends or abs(truth.end - event.end) <= tolerance_s)

    return fits


def overlapping(least: float) -> Fits:
    """An action and an event whose intersection is at least this share of their union."""
    return lambda truth, event: overlap(truth, event) >= least


def touching(truth: Span, event: Span) -> bool:
    """Whether there is any moment in both."""
    return truth.start < event.end and event.start < truth.end


def overlap(one: Span, other: Span) -> float:
    """Intersection over union in time, in [0, 1]; 0 for two that last no time."""
    shared = max(0.0, min(one.end, other.end) - max(one.start, other.start))
    union = (one.end - one.start) + (other.end - other.start) - shared
    return shared / union if union > 0 else 0.0


def match(truth: Sequence[Span], events: Sequence[Span], fits: Fits) -> EventReport:
    """Pair performed actions with events of the same name that fit."""
    pairs = _pairs(truth, events, fits)
    told, right = {i for i, _ in pairs}, {j for _, j in pairs}
    return EventReport(
        tuple(Match(truth[i], events[j]) for i, j in pairs),
        tuple(span for i, span in enumerate(truth) if i not in told),
        tuple(span for j, span in enumerate(events) if j not in right),
    )


def together(reports: Iterable[EventReport]) -> EventReport:
    """Several recordings as one; each was matched on its own."""
    every = list(reports)
    return EventReport(
        tuple(one for report in every for one in report.found),
        tuple(one for report in every for one in report.missed),
        tuple(one for report in every for one in report.false),
    )


def _pairs(truth: Sequence[Span], events: Sequence[Span], fits: Fits) -> list[tuple[int, int]]:
    if not truth or not events:
        return []
    from scipy.optimize import linear_sum_assignment

    good = np.array([[done.action == event.action and fits(done, event) for event in events] for done in truth])
    late = np.abs(np.subtract.outer([one.start for one in truth], [one.start for one in events]))
    # One more pair always weighs more than all the onsets together.
    gain = np.where(good, min(good.shape) + 2 - late / (late.max() + 1e-9), 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if good[i, j]]
