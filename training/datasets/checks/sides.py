"""Checks of a split: is anybody, any take, any moment, any movement on both sides?

What was drawn at random is warned about, because whoever asked for it wants to see it; a split that claims to be
honest and is not is refused.
"""

from collections.abc import Sequence

from training.datasets.checks.finding import Finding, Severity, some
from training.datasets.checks.twins import Twin, twins
from training.datasets.recording import Recording
from training.datasets.splits import Split, Unit

_REMEDY = "split by subject (or at least by recording), and report this figure only beside an honest one"


def check_split(split: Split, everyone: Sequence[Unit]) -> list[Finding]:
    """Takes, overlapping windows and people on both sides of a split; nothing for an honest one."""
    severity: Severity = "warn" if split.drawn else "refuse"
    findings = []
    held_out = (*split.validation, *split.test)
    if overlapping := _overlapping(split.train, held_out, everyone):
        reason = (
            f"{len(overlapping)} of {len(held_out)} held-out windows overlap in time with training windows of the same "
            "recording: the model is asked what it was told"
        )
        where = f"{split.name}: {some(everyone[i].source for i in overlapping)}"
        findings.append(Finding(severity, "overlap_across_split", reason, where, _REMEDY))
    takes = _common({everyone[i].source for i in split.train}, {everyone[i].source for i in held_out})
    if takes and not overlapping:
        reason = f"{len(takes)} recordings are on both sides"
        findings.append(Finding(severity, "recording_on_both_sides", reason, f"{split.name}: {some(takes)}", _REMEDY))
    people = _common({everyone[i].subject for i in split.train}, {everyone[i].subject for i in split.test})
    if people:
        reason = f"{len(people)} people are on both sides, so this says nothing about people whom the model never saw"
        findings.append(Finding("warn", "subject_on_both_sides", reason, f"{split.name}: {some(people)}", _REMEDY))
    return findings


def check_twins(split: Split, recordings: Sequence[Recording], known: Sequence[Twin] | None = None) -> list[Finding]:
    """The same movement on both sides under two names, as a copy, a mirror image or an overlapping window.

    `known` are the twins of these recordings, where they are known already.
    """
    inside, held_out = set(split.train), {*split.validation, *split.test}
    found = [twin for twin in (twins(recordings) if known is None else known) if _across(twin, inside, held_out)]
    if not found:
        return []
    kinds = ", ".join(sorted({_PLURAL[twin.kind] for twin in found}))
    where = some(f"{recordings[twin.first].name} = {recordings[twin.second].name}" for twin in found)
    reason = f"the same movement is on both sides in {len(found)} pairs of recordings ({kinds})"
    severity: Severity = "warn" if split.drawn else "refuse"
    return [
        Finding(severity, "same_movement_on_both_sides", reason, where, "delete one of each, or keep them together")
    ]


_PLURAL = {"copy": "copies", "mirror": "mirror images", "overlap": "overlapping windows"}


def _across(twin: Twin, inside: set[int], held_out: set[int]) -> bool:
    pair = {twin.first, twin.second}
    return bool(pair & inside) and bool(pair & held_out)


def _common(one: set[str], other: set[str]) -> list[str]:
    return sorted(one & other)


def _overlapping(train: Sequence[int], held_out: Sequence[int], everyone: Sequence[Unit]) -> list[int]:
    """Held-out units that share time with a training unit of the same take and person."""
    spans: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for i in train:
        unit = everyone[i]
        spans.setdefault((unit.source, unit.subject), []).append((unit.started_at, unit.ended_at))
    return [
        i
        for i in held_out
        if any(
            start < everyone[i].ended_at and everyone[i].started_at < end
            for start, end in spans.get((everyone[i].source, everyone[i].subject), ())
        )
    ]
