"""A release, recordings and what taught it -> everything that a report says.

evaluation = assess(bundle, recordings, source="data/msr", provenance=read_provenance(checkpoint))
evaluation.report.accuracy, evaluation.stream, verdict(evaluation)
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from core.bundle import WEIGHTS, Bundle, Manifest
from core.errors import InputError
from device.settings import EventSettings
from training.datasets.checks import Finding, check
from training.datasets.recording import Recording
from training.datasets.splits import Split, judge, units
from training.datasets.windows import FINER, WindowSet, clip_windows, label_windows, still_windows
from training.evaluation.evaluate import evaluate
from training.evaluation.stream_scores import judge_takes
from training.evaluation.streaming import Take, continuous, replay
from training.provenance import Provenance
from training.report import Evaluation

_UNKNOWN = "(unknown)"  # no label of a release can have brackets


def assess(
    bundle: Bundle,
    recordings: Sequence[Recording],
    *,
    source: str,
    provenance: Provenance | None = None,
    people: frozenset[str] = frozenset(),
    clips: bool = False,
    events: EventSettings | None = None,
    on_take: Callable[[int, int], None] = lambda *_: None,
) -> Evaluation:
    """Judge a release.

    Args:
        bundle: the release.
        recordings: all that there are, also of people who taught it: the data checks compare the two sides.
        source: how a report names the data.
        provenance: what taught the release; None if nobody knows.
        people: who is judged; whoever did not teach it when empty, and everybody when there is nobody else.
        clips: every recording shows one action, as in training, and has one answer.
        events: when an action counts on devices; their defaults when None.
        on_take: told how many of the continuous recordings are done.

    Raises:
        InputError: nothing can be judged: no recording, no window, or none of what the model knows.
    """
    tested = choose(recordings, provenance, people)
    manifest = bundle.manifest
    kind = _kind(tested, clips=clips or (provenance is not None and provenance.clips))
    known, unknown, names = _windows(tested, manifest, kind)
    streams = continuous(tested) if kind == "windows" else []
    takes: list[Take] = []
    for one in streams:
        takes.append(replay(bundle, one, events))
        on_take(len(takes), len(streams))
    return Evaluation(
        model=manifest.model,
        data=source,
        kind=kind,
        people=sorted({one.subject for one in tested}),
        split=provenance.split(tested) if provenance else None,
        learnt_since=provenance is not None and provenance.weights_sha256 != manifest.files[WEIGHTS].sha256,
        findings=_findings(recordings, tested, provenance, manifest.window.seconds if kind == "windows" else 0.0),
        unknown=names,
        report=evaluate(bundle, known, unknown),
        stream=judge_takes(takes, labels=manifest.labels) if takes else None,
        takes=takes,
    )


def choose(
    recordings: Sequence[Recording], provenance: Provenance | None, people: frozenset[str]
) -> Sequence[Recording]:
    """The recordings to judge on, see `assess`.

    Raises:
        InputError: there are none.
    """
    if missing := people - {one.subject for one in recordings}:
        raise InputError(f"--people: {', '.join(sorted(missing))} is not in the data")
    taught = provenance.people if provenance else frozenset()
    chosen = [one for one in recordings if (one.subject in people if people else one.subject not in taught)]
    tested = chosen or recordings
    if not tested:
        raise InputError("there is nothing to judge on: no recordings")
    return tested


def _kind(tested: Sequence[Recording], *, clips: bool) -> str:
    if all(one.stills for one in tested):
        return "pictures"
    return "clips" if clips else "windows"


def _windows(tested: Sequence[Recording], manifest: Manifest, kind: str) -> tuple[WindowSet, WindowSet, list[str]]:
    """Windows of what the model knows, clear windows of what it does not, and the names of that."""
    marked = [_mark(one, manifest) for one in tested]
    classes, spec, features = (*manifest.labels, _UNKNOWN), manifest.window, manifest.features
    if kind == "pictures":
        cut = still_windows(marked, spec.length, classes, features)
    elif kind == "clips":
        cut = clip_windows(marked, FINER * spec.length, classes, features)
    else:
        cut = label_windows(marked, spec, classes, features)
    other = cut.labels == len(manifest.labels)
    inside = cut.select(~other)
    known = WindowSet(inside.keypoints, inside.shares[:, :-1], inside.subjects, manifest.labels)
    if not known.clear.any():
        raise InputError(f"the data shows nothing that the model knows; it knows {', '.join(manifest.labels)}")
    shown = {one.classes[label] for one in tested for label in np.unique(one.labels)}
    return known, cut.select(other & cut.clear), sorted(shown - set(manifest.labels))


def _mark(recording: Recording, manifest: Manifest) -> Recording:
    names = (name if name in manifest.labels else _UNKNOWN for name in recording.classes)
    return replace(recording, classes=tuple(names))


def _findings(
    recordings: Sequence[Recording], tested: Sequence[Recording], provenance: Provenance | None, seconds: float
) -> list[Finding]:
    """Of the data, and of both sides where the recordings that taught the model are there, too."""
    taught = (
        {(one.name, one.subject) for one in (*provenance.training, *provenance.validation)} if provenance else set()
    )
    learnt = [one for one in recordings if (one.name, one.subject) in taught and one not in tested]
    everyone = [*learnt, *tested]
    if not learnt:
        return check(everyone, window_s=seconds)
    border = len(learnt)
    split = Split("training and test", tuple(range(border)), tuple(range(border, len(everyone))))
    return check(everyone, window_s=seconds, split=judge(split, units(everyone)))
