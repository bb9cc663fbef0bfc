"""A release on continuous recordings, as a device would have run it: the daemon's recogniser and event machine.

    takes = [replay(bundle, one, EventSettings()) for one in continuous(recordings)]
    figures = judge_takes(takes)
    figures.overlapping.f1, figures.false_alarms_per_hour, figures.delay.p95

Poses go in with the recording's own clock, decisions and events come out when the daemon would have made them. What is
not measured here: pose estimation and tracking, for a recording is of one person already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.bundle import BACKGROUND, Bundle
from core.skeleton import Pose
from device.classifier import Decision, Logits, Recogniser
from device.events import EventDraft, EventMachine
from device.settings import EventSettings
from device.tracking.tracker import MAX_GAP_S
from training.datasets.recording import Recording
from training.evaluation.event_metrics import Span
from training.evaluation.segmental import Labels

Times = npt.NDArray[np.float64]

_TRACK = 1
UNKNOWN = -1  # label of frames that show what the model does not know


@dataclass(frozen=True)
class Take:
    """A recording, what was done in it, and what a device would have told.

    Attributes:
        times: (N,) seconds, of the frames.
        truth: (N,) what was done in each frame, as an index into the model's labels, or UNKNOWN.
        told: (N,) what the events say of each frame, once all of them are known.
        newest: (N,) the most probable label of the newest decision that was there at each frame; background before.
        done: what was done, without background and what the model does not know.
        events: what was reported; `told_at` is when its start was.
    """

    name: str
    subject: str
    times: Times
    truth: Labels
    told: Labels
    newest: Labels
    done: tuple[Span, ...]
    events: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """From the first frame to the end of the last."""
        return float(self.times[-1] - self.times[0]) + _step(self.times)


def continuous(recordings: Iterable[Recording]) -> list[Recording]:
    """Those in which something begins or ends, or in which nothing happens: what a camera sees.

    A clip that shows one action from start to end has no events to find; separate pictures have no time.
    """
    return [one for one in recordings if not one.stills and len(one.times) > 1 and _goes_on(one)]


def replay(
    bundle: Bundle, recording: Recording, settings: EventSettings | None = None, *, classifier: Logits | None = None
) -> Take:
    """Run a release over a recording.

    Args:
        bundle: the release.
        recording: of one person, at least two frames.
        settings: when an action counts; the daemon's defaults when None.
        classifier: answers in place of the release's quantized model.

    Raises:
        ValueError: the recording lacks joints that the release needs; cutting its windows says so to a person.
    """
    recogniser = Recogniser(bundle, classifier=classifier)
    manifest = bundle.manifest
    machine = EventMachine(settings or EventSettings(), manifest.thresholds, manifest.labels)
    newest = np.full(len(recording.times), manifest.labels.index(BACKGROUND), np.int64)
    drafts: list[tuple[float, EventDraft]] = []
    seen: float | None = None
    for frame, moment in enumerate(recording.times.tolist()):
        if seen is not None and moment - seen > MAX_GAP_S:
            recogniser.forget(_TRACK)
            drafts += [(moment, draft) for draft in machine.end_track(_TRACK, seen, "person_left")]
            newest[frame:], seen = manifest.labels.index(BACKGROUND), None
        for decision in _push(recogniser, recording, frame):
            newest[frame:] = int(decision.probabilities.argmax())
            drafts += [(moment, draft) for draft in machine.decide(decision)]
        seen = moment if np.isfinite(recording.joints[frame, 0, 0]) else seen
    drafts += [(moment, draft) for draft in machine.end_all(float(recording.times[-1]), "stopped")]
    truth = _truth(recording, manifest.labels)
    events = _events(drafts)
    return Take(
        name=recording.name,
        subject=recording.subject,
        times=recording.times,
        truth=truth,
        told=_told(recording.times, events, manifest.labels),
        newest=newest,
        done=_done(recording.times, truth, manifest.labels),
        events=events,
    )


def _push(recogniser: Recogniser, recording: Recording, frame: int) -> list[Decision]:
    joints = recording.joints[frame]
    if not np.isfinite(joints).all():
        return []
    pose = Pose(joints[:, :3].copy(), joints[:, 3].copy(), recording.layout)
    boxes = recording.boxes(frame, recogniser.manifest.features.objects)
    return recogniser.push(_TRACK, float(recording.times[frame]), pose, boxes)


def _goes_on(recording: Recording) -> bool:
    shown = {recording.classes[label] for label in np.unique(recording.labels)}
    return len(shown) > 1 or BACKGROUND in shown


def _truth(recording: Recording, labels: Sequence[str]) -> Labels:
    number = [labels.index(name) if name in labels else UNKNOWN for name in recording.classes]
    truth: Labels = np.array(number, np.int64)[recording.labels]
    return truth


def _done(times: Times, truth: Labels, labels: Sequence[str]) -> tuple[Span, ...]:
    begins = np.concatenate([[0], np.flatnonzero(np.diff(truth)) + 1])
    ends = [*times[begins[1:]].tolist(), float(times[-1]) + _step(times)]
    return tuple(
        Span(labels[truth[first]], float(times[first]), float(end))
        for first, end in zip(begins, ends, strict=True)
        if truth[first] not in {UNKNOWN, labels.index(BACKGROUND)}
    )


def _events(drafts: Iterable[tuple[float, EventDraft]]) -> tuple[Span, ...]:
    told_at: dict[str, float] = {}
    spans = []
    for moment, draft in drafts:
        if draft.kind == "start":
            told_at[draft.id] = moment
        if draft.kind == "end" and draft.ended_at is not None:
            spans.append(Span(draft.action, draft.started_at, draft.ended_at, told_at[draft.id]))
    return tuple(spans)


def _told(times: Times, events: Iterable[Span], labels: Sequence[str]) -> Labels:
    told = np.full(len(times), labels.index(BACKGROUND), np.int64)
    for event in events:
        told[(times >= event.start) & (times < event.end)] = labels.index(event.action)
    return told


def _step(times: Times) -> float:
    return float(np.median(np.diff(times)))
