"""From takes to figures: events found and made up, segments, false alarms an hour, how soon.

    figures = judge_takes(takes, background=0)
    figures.overlapping.f1, figures.false_alarms_per_hour

- `onset` and `overlapping` ask for the right time: onsets at most half a second apart, or an intersection over union
  of one half.
- A false alarm is an event that comes at no time at which its action was done, or a second one for the same action.
- Nothing is found before it is told: delays are from the beginning of an action until its start was reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.event_metrics import EventReport, Span, match, overlapping, together, touching, within
from training.evaluation.scores import Floats, Interval, interval
from training.evaluation.segmental import SegmentCounts, edit_score, segment_counts
from training.evaluation.streaming import UNKNOWN, Take

ONSET_S, OVERLAP = 0.5, 0.5
OVERLAPS = (0.10, 0.25, 0.50)  # F1@10, F1@25, F1@50
EARLY = (0.25, 0.5, 0.75, 1.0)  # shares of an action that have passed
_HOUR_S = 3600


@dataclass(frozen=True)
class Quantiles:
    """Of seconds, over what was found."""

    p50: float
    p90: float
    p95: float


@dataclass(frozen=True)
class StreamScores:
    """Figures of a release over continuous recordings.

    Attributes:
        onset: events whose onset is within half a second.
        overlapping: events that overlap what was done by one half.
        touching: events at the same time as what was done.
        segmental: F1 of segments by the least overlap, in per cent.
        edit: score of the order of segments, mean over the takes.
        frames: share of the frames at which the newest decision is right; of those that show what the model knows.
        false_alarm_interval: 95 %, exact for rare events (Poisson; Garwood 1936).
        delay: from the beginning of an action until it was reported; None if none was.
        onset_error: distance of the reported beginning from the true one; None if nothing was found.
        early: share of the actions that the newest decision names after each share of their time.
        f1_interval: of `overlapping`, over people.
    """

    takes: int
    subjects: int
    hours: float
    onset: EventReport
    overlapping: EventReport
    touching: EventReport
    segmental: dict[int, float]
    edit: float
    frames: float
    false_alarms_per_hour: float
    false_alarm_interval: Interval
    delay: Quantiles | None
    onset_error: Quantiles | None
    early: dict[float, float]
    f1_interval: Interval | None


def judge_takes(takes: Sequence[Take], *, labels: Sequence[str], background: int = 0) -> StreamScores:
    """Figures over takes, at least one; `labels` are the model's."""
    hours = sum(take.seconds for take in takes) / _HOUR_S
    touched = together(match(take.done, take.events, touching) for take in takes)
    false = len(touched.false)
    rates = false_alarm_interval(false, hours)
    by_overlap = [match(take.done, take.events, overlapping(OVERLAP)) for take in takes]
    return StreamScores(
        takes=len(takes),
        subjects=len({take.subject for take in takes}),
        hours=hours,
        onset=together(match(take.done, take.events, within(ONSET_S)) for take in takes),
        overlapping=together(by_overlap),
        touching=touched,
        segmental={round(100 * least): _segments(takes, least, background).f1 for least in OVERLAPS},
        edit=float(np.mean([edit_score(take.truth, take.told, background=background) for take in takes])),
        frames=_frames(takes),
        false_alarms_per_hour=false / hours,
        false_alarm_interval=rates,
        delay=quantiles([one.delay for one in touched.found]),
        onset_error=quantiles([abs(one.start_error) for one in touched.found]),
        early={share: _early(takes, share, labels) for share in EARLY},
        f1_interval=_f1_interval(takes, by_overlap),
    )


def false_alarm_interval(count: int, hours: float) -> Interval:
    """Rates at which so many false alarms, or so few, still happen in one of 40 cases each."""
    from scipy.stats import chi2

    low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    return Interval(low / hours, float(chi2.ppf(0.975, 2 * count + 2)) / 2 / hours)


def quantiles(seconds: Sequence[float]) -> Quantiles | None:
    """Of any number of values; None of none."""
    return Quantiles(*(float(one) for one in np.percentile(seconds, (50, 90, 95)))) if seconds else None


def _segments(takes: Sequence[Take], least: float, background: int) -> SegmentCounts:
    counts = SegmentCounts()
    for take in takes:
        truth = np.where(take.truth == UNKNOWN, background, take.truth)
        counts += segment_counts(truth, take.told, least_overlap=least, background=background)
    return counts


def _frames(takes: Sequence[Take]) -> float:
    known = [take.truth != UNKNOWN for take in takes]
    right = sum(int((take.newest == take.truth)[here].sum()) for take, here in zip(takes, known, strict=True))
    return right / max(1, sum(int(here.sum()) for here in known))


def _early(takes: Sequence[Take], share: float, labels: Sequence[str]) -> float:
    """Share of the actions that were the newest decision when so much of them had passed; 0 without actions."""
    right = [_newest(take, span, share) == labels.index(span.action) for take in takes for span in take.done]
    return float(np.mean(right)) if right else 0.0


def _newest(take: Take, span: Span, share: float) -> int:
    moment = span.start + share * (span.end - span.start)
    return int(take.newest[max(0, int(np.searchsorted(take.times, moment, side="right")) - 1)])


def _f1_interval(takes: Sequence[Take], reports: Sequence[EventReport]) -> Interval | None:
    people = sorted({take.subject for take in takes})
    counts = np.zeros((len(people), 2), np.int64)
    for take, report in zip(takes, reports, strict=True):
        every = 2 * len(report.found) + len(report.missed) + len(report.false)
        counts[people.index(take.subject)] += (2 * len(report.found), every)
    return interval(counts, _ratios)


def _ratios(sums: Floats) -> Floats:
    ratios: Floats = np.where(sums[:, 1] > 0, sums[:, 0] / np.maximum(sums[:, 1], 1), 1.0)
    return ratios
