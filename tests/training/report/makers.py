"""Evaluations as they could turn out, from answers instead of a model."""

import dataclasses
from typing import Any

import numpy as np

from training.datasets.splits import Split
from training.evaluation.evaluate import Report, Unknown
from training.evaluation.event_metrics import Span
from training.evaluation.scores import Scores, score
from training.evaluation.stream_scores import StreamScores, judge_takes
from training.evaluation.streaming import Take
from training.report import Evaluation

LABELS = ("background", "clap", "<b>wave</b>")
HONEST = Split("by subject", (0,), (1,))


def scores(people: int = 8, *, wrong: int = 0, weak: int = 0, confidence: float = 0.98) -> Scores:
    """Thirty windows of each person: the first so many wrong, and of each person's background so many."""
    labels = np.tile(np.arange(3), 10 * people)
    answers = labels.copy()
    answers[:wrong] = (answers[:wrong] + 1) % 3
    answers.reshape(people, 10, 3)[:, :weak, 0] = 1
    probabilities = np.full((len(labels), 3), (1 - confidence) / 2)
    probabilities[np.arange(len(labels)), answers] = confidence
    return score(probabilities, labels, np.repeat([f"p{i}" for i in range(people)], 30), LABELS)


def take(*, hours: float = 4.0, false: int = 0) -> Take:
    """A long film with one wave, which is found, and false alarms."""
    times = np.arange(0, hours * 3600, 1.0)
    truth = np.where((times >= 10) & (times < 20), 2, 0)
    done = Span(LABELS[2], 10.0, 20.0)
    events = [
        Span(LABELS[2], 10.2, 19.0, 11.0),
        *(Span(LABELS[1], 100.0 + k, 100.5 + k, 100.4 + k) for k in range(false)),
    ]
    return Take("film", "p0", times, truth, truth, truth, (done,), tuple(events))


def stream(one: Take) -> StreamScores:
    """Figures over it."""
    return judge_takes([one], labels=LABELS)


def evaluation(**changes: Any) -> Evaluation:
    """One with nothing to complain about, but for the changes; those of the report's fields are taken there."""
    film = take()
    report = Report("actions-1", LABELS, scores(), scores(), 0.01, 0.97, 1.0, 240, 8, Unknown(20, 0.9, 0.5))
    fields = {field.name for field in dataclasses.fields(Report)} - {"model", "unknown"}
    report = dataclasses.replace(report, **{name: changes.pop(name) for name in list(changes) if name in fields})
    plain = Evaluation(
        model="actions-1",
        data="films",
        kind="windows",
        people=[f"p{i}" for i in range(8)],
        split=HONEST,
        learnt_since=False,
        findings=[],
        unknown=[],
        report=report,
        stream=stream(film),
        takes=[film],
    )
    return dataclasses.replace(plain, **changes)
