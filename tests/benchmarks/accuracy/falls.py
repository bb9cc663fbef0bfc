"""Falls in continuous video: five folds by video, every moment judged by what came before it."""

from collections.abc import Sequence

import numpy as np

from core.bundle import Thresholds
from core.network import softmax
from core.skeleton import Array
from core.window import Window, cut_windows
from device.classifier import Decision
from device.events import EventMachine
from device.settings import EventSettings
from tests.benchmarks.accuracy.harness import (
    Answers,
    Figure,
    Quantizer,
    console,
    costs,
    learn,
    peak_memory,
    recipe,
    recordings_of,
    report,
)
from tests.command import data, steps
from training.datasets.formats import npz_streams
from training.datasets.formats._base import Options
from training.datasets.recording import Recording
from training.evaluation.event_metrics import EventReport, Span, match, together, touching

ABOUT = (
    "Thirty videos, COCO-17 joints in the picture; five folds by video, mean and standard deviation over seeds. "
    "A moment is right if the window that ends there says its label. Events are those of the device's state machine. "
    "Recipe: training/recipes/fall_video.toml, fixed epochs; one for all folds, so videos that test in one have helped "
    "to choose it in another."
)
_FALL = "fall"
_FOLDS = 5
_SETTINGS = EventSettings(minimum_s=0.1, cool_down_s=0.5)
_PERCENTILE = 90


def run(seeds: int) -> None:
    """Measure and report."""
    recordings = read()
    rounds = [_one_round(recordings, seed) for seed in range(seeds)]
    last = rounds[-1][1]
    figures = [Figure("moments right, %", tuple(share for share, _, _ in rounds), 94.5)]
    figures += _events([events for _, _, events in rounds])
    figures += [*costs(last, Quantizer(last.trained.architecture)), peak_memory()]
    report("falls", "Falls", ABOUT, figures)


def read() -> list[Recording]:
    """All videos."""
    return recordings_of(npz_streams.read(data("fall_video_keypoints/fall30.npz"), Options()))


def _one_round(recordings: Sequence[Recording], seed: int) -> tuple[float, Answers, EventReport]:
    """Five folds: share of moments that are right, the last fold's model, and every video's falls."""
    right, reports = [], []
    for fold in steps(range(_FOLDS), f"falls, seed {seed}", console):
        test = recordings[fold::_FOLDS]
        training = [one for one in recordings if one not in test]
        answers = learn(training, test, recipe("fall_video", seed=seed))
        right.append(answers.logits.argmax(axis=1) == answers.labels)
        reports += _judge(answers, test)
    share, events = 100 * float(np.concatenate(right).mean()), together(reports)
    console.print(f"  falls seed {seed}: {share:.2f} %, {len(events.found)} found, {len(events.false)} false")
    return share, answers, events


def _judge(answers: Answers, test: Sequence[Recording]) -> list[EventReport]:
    """What was done in every video against what the device would have said."""
    config, labels = answers.trained.config, answers.trained.classes
    probabilities, first, reports = softmax(answers.logits), 0, []
    for recording in test:
        windows = cut_windows(recording.poses(config.features), config.window)
        events = _fall_events(windows, probabilities[first : first + len(windows)], labels)
        falling = recording.times[recording.labels == recording.classes.index(_FALL)]
        done = [Span(_FALL, float(falling[0]), float(falling[-1]))]
        reports.append(match(done, events, touching))
        first += len(windows)
    return reports


def _fall_events(windows: Sequence[Window], probabilities: Array, labels: tuple[str, ...]) -> list[Span]:
    """What the device's state machine reports of one video."""
    machine = EventMachine(_SETTINGS, Thresholds(enter=0.5, exit=0.4), labels)
    drafts = []
    for window, each in zip(windows, probabilities, strict=True):
        drafts += [(window.moment, draft) for draft in machine.decide(Decision(0, each, 0.0, window))]
    end = windows[-1].moment
    drafts += [(end, draft) for draft in machine.end_all(end, "finished")]
    told = {draft.id: at for at, draft in drafts if draft.kind == "start"}
    return [
        Span(draft.action, draft.started_at, draft.ended_at or end, told[draft.id])
        for _, draft in drafts
        if draft.kind == "end" and draft.action == _FALL
    ]


def _events(reports: Sequence[EventReport]) -> list[Figure]:
    onset = [[abs(one.start_error) for one in each.found] for each in reports]
    told = [[one.delay for one in each.found] for each in reports]
    return [
        Figure("falls found, of 30", tuple(float(len(each.found)) for each in reports), 29),
        Figure(
            "false events, repeated ones included", tuple(float(len(each.false)) for each in reports), 1, at_most=True
        ),
        Figure("error of the onset that is reported, p90, s", _late(onset), 0.3, at_most=True),
        Figure("from the onset to the report, p90, s", _late(told)),
    ]


def _late(seconds: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The 90th percentile of each round; NaN, which reaches nothing, where no fall was found."""
    return tuple(float(np.percentile(each, _PERCENTILE)) if each else float("nan") for each in seconds)
