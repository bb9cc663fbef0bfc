"""Falls in continuous video: five folds by video, every moment judged by what came before it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.bundle import Thresholds
from core.network import softmax
from core.window import Window, cut_windows
from device.classifier import Decision
from device.events import EventMachine
from device.settings import EventSettings
from tests.benchmarks.accuracy.harness import DATA, Answers, Figure, Quantizer, console, costs, learn, recipe, report
from training.datasets.formats import npz_streams
from training.datasets.formats._base import Options
from training.datasets.recording import Recording

ABOUT = (
    "Thirty videos, COCO-17 joints in the picture; five folds by video, mean and standard deviation over seeds. "
    "A moment is right if the window that ends there says its label. Events are those of the device's state machine. "
    "Recipe: training/recipes/fall_video.toml, fixed epochs."
)
_FOLDS = 5
_SETTINGS = EventSettings(minimum_s=0.1, cool_down_s=0.5)
_PERCENTILE = 90


@dataclass(frozen=True)
class _Spans:
    """When somebody truly fell in a video, and when the device would say so: (start, end, told at)."""

    truth: tuple[float, float]
    events: list[tuple[float, float, float]]

    def hits(self) -> list[tuple[float, float, float]]:
        """Events that overlap the fall."""
        return [one for one in self.events if one[0] <= self.truth[1] and one[1] >= self.truth[0]]


def run(seeds: int) -> None:
    """Measure and report."""
    recordings = read()
    rounds = [_one_round(recordings, seed) for seed in range(seeds)]
    last = rounds[-1][1]
    figures = [Figure("moments right, %", tuple(share for share, _, _ in rounds), 94.5), *_events(rounds)]
    report("falls", "Falls", ABOUT, [*figures, *costs(last, Quantizer(last.trained.architecture))])


def read() -> list[Recording]:
    """All videos."""
    reading = npz_streams.read(DATA / "fall_video_keypoints/fall30.npz", Options())
    return [one for unit in reading.units for one in unit]


def _one_round(recordings: Sequence[Recording], seed: int) -> tuple[float, Answers, list[_Spans]]:
    """Five folds: share of moments that are right, the last fold's model, and every video's falls."""
    right, spans = [], []
    for fold in range(_FOLDS):
        test = recordings[fold::_FOLDS]
        training = [one for one in recordings if one not in test]
        answers = learn(training, test, recipe("fall_video", seed=seed))
        right.append(answers.logits.argmax(axis=1) == answers.labels)
        spans += _spans(answers, test)
    share = 100 * float(np.concatenate(right).mean())
    console.print(f"  falls seed {seed}: {share:.2f} %")
    return share, answers, spans


def _spans(answers: Answers, test: Sequence[Recording]) -> list[_Spans]:
    config = answers.trained.config
    probabilities, first, spans = softmax(answers.logits), 0, []
    for recording in test:
        windows = cut_windows(recording.poses(config.features), config.window)
        events = _fall_events(windows, probabilities[first : first + len(windows)], answers.trained.classes)
        falling = recording.times[recording.labels == recording.classes.index("fall")]
        spans.append(_Spans((float(falling[0]), float(falling[-1])), events))
        first += len(windows)
    return spans


def _fall_events(
    windows: Sequence[Window], probabilities: np.ndarray, labels: tuple[str, ...]
) -> list[tuple[float, float, float]]:
    """What the device's state machine reports of one video."""
    machine = EventMachine(_SETTINGS, Thresholds(enter=0.5, exit=0.4), labels)
    drafts = []
    for window, each in zip(windows, probabilities, strict=True):
        drafts += [(window.moment, draft) for draft in machine.decide(Decision(0, each, 0.0, window))]
    end = windows[-1].moment
    drafts += [(end, draft) for draft in machine.end_all(end, "finished")]
    told = {draft.id: at for at, draft in drafts if draft.kind == "start"}
    return [
        (draft.started_at, draft.ended_at or end, told[draft.id])
        for _, draft in drafts
        if draft.kind == "end" and draft.action == "fall"
    ]


def _events(rounds: Sequence[tuple[float, Answers, list[_Spans]]]) -> list[Figure]:
    found, false, onset, told = [], [], [], []
    for _, _, spans in rounds:
        hits = [span.hits() for span in spans]
        found.append(float(sum(bool(each) for each in hits)))
        false.append(float(sum(len(span.events) for span in spans) - found[-1]))
        late = [abs(each[0][0] - span.truth[0]) for span, each in zip(spans, hits, strict=True) if each]
        heard = [each[0][2] - span.truth[0] for span, each in zip(spans, hits, strict=True) if each]
        onset.append(float(np.percentile(late, _PERCENTILE)))
        told.append(float(np.percentile(heard, _PERCENTILE)))
    return [
        Figure("falls found, of 30", tuple(found), 29),
        Figure("false events, repeated ones included", tuple(false), 1, at_most=True),
        Figure("error of the onset that is reported, p90, s", tuple(onset), 0.3, at_most=True),
        Figure("from the onset to the report, p90, s", tuple(told)),
    ]
