"""Checks of what a data set can teach: are its classes there, by whom, and how often?"""

from collections.abc import Callable, Sequence

import numpy as np

from training.datasets.checks.finding import Finding, some
from training.datasets.recording import Recording

_UNBALANCED = 5.0  # times as much of one action as of another
_FEWEST_PEOPLE = 2


def seconds_by_class(recordings: Sequence[Recording]) -> dict[str, float]:
    """How long each class is shown; a still counts as one second."""
    seconds: dict[str, float] = {}
    for one in recordings:
        step = float(np.median(np.diff(one.times))) if len(one.times) > 1 else 1.0
        for label, count in enumerate(np.bincount(one.labels, minlength=len(one.classes))):
            name = one.classes[label]
            seconds[name] = seconds.get(name, 0.0) + float(count) * step
    return seconds


def holders(recordings: Sequence[Recording], of: Callable[[Recording], str]) -> dict[str, set[str]]:
    """For each class, the people (or the takes) that show it."""
    found: dict[str, set[str]] = {}
    for one in recordings:
        for label in np.unique(one.labels):
            found.setdefault(one.classes[label], set()).add(of(one))
    return found


def label_imbalance(recordings: Sequence[Recording]) -> list[Finding]:
    """Classes that are shown much longer than others, and classes that are not shown at all."""
    background = {one.classes[0] for one in recordings}
    seconds = {name: value for name, value in seconds_by_class(recordings).items() if name not in background}
    shown = {name: value for name, value in seconds.items() if value > 0}
    findings = []
    if never := sorted(set(seconds) - set(shown)):
        remedy = "a model can never answer them; drop the names or add recordings"
        findings.append(Finding("note", "label_imbalance", "classes are named and never shown", some(never), remedy))
    if shown:
        most, least = max(shown, key=lambda name: shown[name]), min(shown, key=lambda name: shown[name])
        if shown[most] > _UNBALANCED * shown[least]:
            times = shown[most] / shown[least]
            reason = f"{most} is shown {times:.0f} times as long as {least}: accuracy is mostly {most}'s"
            remedy = "record more of the rare ones, and judge by macro F1"
            findings.append(Finding("warn", "label_imbalance", reason, f"{least}, {most}", remedy))
    return findings


def few_people(recordings: Sequence[Recording]) -> list[Finding]:
    """Classes that only one person shows: nothing can be said about others."""
    people = {one.subject for one in recordings}
    if len(people) < _FEWEST_PEOPLE:
        reason = "all recordings are of one person: no figure from them speaks for anybody else"
        return [
            Finding("warn", "few_people", reason, some(people), "record more people, or say who is who when importing")
        ]
    lonely = [name for name, who in holders(recordings, lambda one: one.subject).items() if len(who) < _FEWEST_PEOPLE]
    if not lonely:
        return []
    reason = "classes are shown by one person only: whoever trains on them cannot test them on somebody else"
    return [Finding("warn", "few_people", reason, some(lonely), "let others do them, too")]


def one_take(recordings: Sequence[Recording]) -> list[Finding]:
    """Classes that come from a single continuous take: any split of them cuts through it."""
    films = [one for one in recordings if not one.stills]
    lonely = {
        name: takes for name, takes in holders(films, lambda one: one.source).items() if len(takes) < _FEWEST_PEOPLE
    }
    lonely = {name: takes for name, takes in lonely.items() if name not in {one.classes[0] for one in films}}
    if not lonely:
        return []
    where = some(f"{name} in {next(iter(takes))}" for name, takes in lonely.items())
    reason = (
        f"{len(lonely)} classes come from one continuous recording each: training and test can only be overlapping or "
        "neighbouring windows of the same recording, and such a figure says nothing"
    )
    return [
        Finding("warn", "one_take", reason, where, "record every action several times, on other days and by others")
    ]
