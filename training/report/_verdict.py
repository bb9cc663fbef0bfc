"""Whether to trust a model on the evidence of an evaluation, and why. Pure: figures in, sentences out.

The worst reason decides. Limits are stated where they are used; none is a law of nature, and the report shows the
figures that they are applied to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from training.evaluation.scores import Scores
from training.report._evaluation import Evaluation

_FEW_PEOPLE = 5  # fewer say little about the next one
_WIDE = 0.10  # of an interval: one person more or less would change the picture
_POOR, _MODEST = 0.6, 0.85  # accuracy, at the low end of its interval
_WEAK_CLASS = 0.7  # recall
_LOST, _MUCH_LOST = 0.005, 0.02  # accuracy that quantization may cost
_AGREEMENT = 0.99
_OVERCONFIDENT = 0.1  # expected calibration error
_REFUSED = 0.02  # of known movement; the limit is chosen so that validation people lose about one in a hundred
_ALARMS = 1.0  # an hour, at the high end of the interval


class Level(Enum):
    """What a report says first, from good to bad."""

    TRUST = "Trust it on this evidence"
    CARE = "Trust it with care"
    DOUBT = "Do not trust it on this evidence"


_SEVERITY = list(Level)


@dataclass(frozen=True)
class Reason:
    """One sentence, and how much it weighs."""

    level: Level
    text: str


@dataclass(frozen=True)
class Verdict:
    """The worst level, and all reasons, the worst first."""

    level: Level
    reasons: tuple[Reason, ...]


def verdict(evaluation: Evaluation) -> Verdict:
    """Judge an evaluation."""
    found = [
        *_evidence(evaluation),
        *_people(evaluation),
        *_figures(evaluation.report.quantized),
        *_limit(evaluation),
        *_quantization(evaluation),
        *_events(evaluation),
        *_data(evaluation),
    ]
    reasons = sorted(found, key=lambda one: -_SEVERITY.index(one.level))
    return Verdict(reasons[0].level, tuple(reasons))


def _evidence(evaluation: Evaluation) -> Iterator[Reason]:
    split = evaluation.split
    if split is None:
        yield Reason(
            Level.CARE,
            "Nobody said whom the model learnt from: if these people taught it, the figures flatter. "
            "Give --trained with the checkpoint's folder.",
        )
    elif split.optimistic:
        yield Reason(Level.DOUBT, f"Optimistic: {split.optimistic} (training and test). New people will do worse.")
    else:
        published = f" The split is {split.name}." if split.name.startswith("as published") else ""
        yield Reason(Level.TRUST, f"Tested on people whom training never saw.{published}")
    if evaluation.learnt_since:
        yield Reason(Level.CARE, "The release has learnt since that training; from whom is not known here.")


def _people(evaluation: Evaluation) -> Iterator[Reason]:
    people, interval = len(evaluation.people), evaluation.report.quantized.accuracy_interval
    if interval is None:
        yield Reason(Level.DOUBT, "One person only: nothing is known of how others would fare.")
        return
    if people < _FEW_PEOPLE:
        yield Reason(Level.CARE, f"Only {people} people: the interval itself is uncertain.")
    if interval.high - interval.low > _WIDE:
        span = f"{interval.low:.0%} to {interval.high:.0%}"
        yield Reason(Level.CARE, f"People differ: with others the accuracy could be anywhere from {span}.")


def _figures(scores: Scores) -> Iterator[Reason]:
    low = scores.accuracy if scores.accuracy_interval is None else scores.accuracy_interval.low
    if low < _MODEST:
        level = Level.DOUBT if low < _POOR else Level.CARE
        yield Reason(level, f"It may be wrong {1 - low:.0%} of the time, going by the low end of the interval.")
    if weak := [one for one in scores.per_class if one.support and one.recall < _WEAK_CLASS]:
        names = ", ".join(f"{one.name} ({one.recall:.0%})" for one in sorted(weak, key=lambda one: one.recall)[:4])
        more = f" and {len(weak) - 4} more" if len(weak) > 4 else ""  # noqa: PLR2004 - a line's worth
        yield Reason(Level.CARE, f"Often missed: {names}{more}.")
    if untested := [one.name for one in scores.per_class if not one.support]:
        yield Reason(Level.CARE, f"Never tested, for the data has none: {', '.join(untested)}.")
    if scores.calibration_error > _OVERCONFIDENT:
        yield Reason(Level.CARE, f"Its confidence is off by {scores.calibration_error:.0%} on average.")


def _limit(evaluation: Evaluation) -> Iterator[Reason]:
    if (refused := evaluation.report.refused) > _REFUSED:
        yield Reason(Level.CARE, f"Of what it knows, {refused:.0%} is too strange for it and taken for nothing.")


def _quantization(evaluation: Evaluation) -> Iterator[Reason]:
    report = evaluation.report
    lost = report.exact.accuracy - report.quantized.accuracy
    if lost > _LOST:
        level = Level.DOUBT if lost > _MUCH_LOST else Level.CARE
        yield Reason(level, f"The model on devices is {100 * lost:.1f} points worse than its float weights.")
    elif report.agreement < _AGREEMENT:
        yield Reason(Level.CARE, f"The model on devices answers as its float weights in {report.agreement:.1%} only.")


def _events(evaluation: Evaluation) -> Iterator[Reason]:
    stream = evaluation.stream
    if stream is None:
        yield Reason(Level.CARE, "No continuous recording: nothing is known of events and false alarms.")
        return
    high = stream.false_alarm_interval.high
    if high > _ALARMS:
        counted = f"{len(stream.touching.false)} in {stream.hours * 60:.1f} minutes"
        yield Reason(Level.CARE, f"False alarms: {counted}; up to {high:.0f} an hour are not ruled out.")


def _data(evaluation: Evaluation) -> Iterator[Reason]:
    for one in evaluation.findings:
        if one.severity != "note":
            yield Reason(Level.DOUBT if one.severity == "refuse" else Level.CARE, f"Data: {one.reason} ({one.where}).")
    if evaluation.unknown:
        names = ", ".join(evaluation.unknown)
        yield Reason(Level.CARE, f"The model does not know {names}: counted neither right nor wrong.")
