"""From probabilities to figures: accuracy and its interval over people, per class, top-k, calibration, the unknown.

    figures = score(probabilities, labels, subjects, classes)
    figures.accuracy, figures.accuracy_interval, figures.calibration_error

scikit-learn computes what it has. An interval says how the figure would vary with other people: whole people are drawn
with replacement (the cluster bootstrap of Field and Welsh 2007), for windows of one person are no independent evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix as count_answers
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score, top_k_accuracy_score

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

BINS = 15  # of confidence, as is usual since Guo et al. 2017
_TOPS = (2, 3, 5)
_DRAWS, _CHUNK = 2000, 200  # of people; a chunk bounds memory
_TAILS = (2.5, 97.5)  # per cent
_FEWEST = 2  # people: one cannot vary


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of one class, and how many windows truly have it."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Interval:
    """Where a figure lies with 95 % confidence, were other people drawn."""

    low: float
    high: float


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence: how sure they are on average, how many of them are right."""

    confidence: float
    right: float
    count: int


@dataclass(frozen=True)
class Scores:
    """Figures of a classifier over windows.

    Attributes:
        macro_f1: mean over the classes that occur.
        confusion: (C, C) counts, rows are the truth.
        top: share of the windows whose true class is among the k most probable, by k below the number of classes.
        calibration_error: mean distance of confidence and rightness over the bins (Guo et al. 2017, ECE).
        accuracy_interval: over people; None for fewer than two. So the other.
        by_subject: share right of each person.
    """

    accuracy: float
    macro_f1: float
    per_class: tuple[ClassScore, ...]
    confusion: Counts
    top: dict[int, float]
    calibration_error: float
    reliability: tuple[Bin, ...]
    accuracy_interval: Interval | None
    macro_f1_interval: Interval | None
    by_subject: dict[str, float]


def score(probabilities: Floats, labels: Counts, subjects: npt.NDArray[np.str_], classes: Sequence[str]) -> Scores:
    """Figures of probabilities (N, C) for windows with labels (N,) of people (N,); at least one window."""
    answers = probabilities.argmax(axis=1)
    confusion = confusion_matrix(labels, answers, len(classes))
    per_class = class_scores(labels, answers, classes)
    reliability = reliability_bins(probabilities.max(axis=1), answers == labels)
    people = sorted(set(subjects.tolist()))
    by_person = [confusion_matrix(labels[subjects == one], answers[subjects == one], len(classes)) for one in people]
    return Scores(
        accuracy=float((answers == labels).mean()),
        macro_f1=float(np.mean([one.f1 for one in per_class if one.support])),
        per_class=per_class,
        confusion=confusion,
        top=_top(probabilities, labels),
        calibration_error=calibration_error(reliability),
        reliability=reliability,
        accuracy_interval=interval(np.array(by_person), _accuracies),
        macro_f1_interval=interval(np.array(by_person), _macro_f1s),
        by_subject={one: float((answers == labels)[subjects == one].mean()) for one in people},
    )


def confusion_matrix(truth: Counts, answers: Counts, count: int) -> Counts:
    """(C, C) counts; rows are the truth, columns the answers."""
    matrix: Counts = count_answers(truth, answers, labels=np.arange(count)).astype(np.int64)
    return matrix


def class_scores(truth: Counts, answers: Counts, classes: Sequence[str]) -> tuple[ClassScore, ...]:
    """Precision, recall and F1 of every class; 0 where there is nothing to divide by."""
    columns = precision_recall_fscore_support(truth, answers, labels=np.arange(len(classes)), zero_division=0)
    return tuple(
        ClassScore(name, float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(classes, *columns, strict=True)
    )


def reliability_bins(confidence: Floats, right: npt.NDArray[np.bool_]) -> tuple[Bin, ...]:
    """Answers (N,) in bins of equal width over confidence; empty bins are left out."""
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    here = [place == number for number in range(BINS)]
    return tuple(
        Bin(float(confidence[one].mean()), float(right[one].mean()), int(one.sum())) for one in here if one.any()
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error; 0 without answers."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.confidence - one.right) for one in bins) / total if total else 0.0


def unknown_auroc(known: Floats, unknown: Floats) -> float:
    """Chance that movement of no known class has the higher energy (N,) than movement of one; at least one of both."""
    truth = np.concatenate([np.zeros(len(known)), np.ones(len(unknown))])
    return float(roc_auc_score(truth, np.concatenate([known, unknown])))


def interval(per_person: Counts, statistic: Callable[[Floats], Floats]) -> Interval | None:
    """Percentile bootstrap over people, the same for the same counts.

    Args:
        per_person: (S, ...) counts, one row a person, that add up.
        statistic: sums of drawn people (B, ...) -> (B,) the figure; NaN where it has no meaning.
    """
    people = len(per_person)
    if people < _FEWEST:
        return None
    rng = np.random.default_rng(0)
    values = []
    for _ in range(_DRAWS // _CHUNK):
        drawn = rng.multinomial(people, np.full(people, 1 / people), size=_CHUNK).astype(np.float64)
        values.append(statistic(np.tensordot(drawn, per_person.astype(np.float64), axes=1)))
    low, high = np.nanpercentile(np.concatenate(values), _TAILS)
    return Interval(float(low), float(high))


def _accuracies(confusions: Floats) -> Floats:
    """(B, C, C) -> (B,)."""
    shares: Floats = np.trace(confusions, axis1=1, axis2=2) / np.maximum(confusions.sum(axis=(1, 2)), 1)
    return shares


def _macro_f1s(confusions: Floats) -> Floats:
    """(B, C, C) -> (B,), over the classes that occur in each."""
    true, answered = confusions.sum(axis=2), confusions.sum(axis=1)
    f1 = 2 * np.diagonal(confusions, axis1=1, axis2=2) / np.maximum(true + answered, 1)
    means: Floats = np.where(true > 0, f1, 0).sum(axis=1) / np.maximum((true > 0).sum(axis=1), 1)
    return means


def _top(probabilities: Floats, labels: Counts) -> dict[int, float]:
    count = probabilities.shape[1]
    every = np.arange(count)
    return {k: float(top_k_accuracy_score(labels, probabilities, k=k, labels=every)) for k in _TOPS if k < count}
