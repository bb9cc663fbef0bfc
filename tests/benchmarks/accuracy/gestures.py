"""Eight gestures by one person, MediaPipe Holistic: easy, and only a check that nothing is broken."""

from collections.abc import Sequence

import numpy as np

from tests.benchmarks.accuracy.harness import Figure, console, learn, recipe, recordings_of, report
from tests.command import data, steps
from training.datasets.formats import npz_clips
from training.datasets.formats._base import Options
from training.datasets.recording import Recording

ABOUT = (
    "240 clips of one person, five folds of whole clips: the same person is on both sides, so this says nothing about "
    "others. Recipe: training/recipes/gestures.toml, fixed epochs."
)
_FOLDS = 5


def run(seeds: int) -> None:
    """Measure and report."""
    recordings = recordings_of(npz_clips.read(data("holistic_gestures/gestures_258.npz"), Options()))
    values = [_one_round(recordings, seed) for seed in range(seeds)]
    figure = Figure("clips right, %", tuple(values), 99.6, note="within person: flatters")
    report("gestures", "Holistic gestures", ABOUT, [figure])


def _one_round(recordings: Sequence[Recording], seed: int) -> float:
    order = np.random.default_rng(seed).permutation(len(recordings))
    right = []
    for fold in steps(range(_FOLDS), f"gestures, seed {seed}", console):
        inside = [recordings[index] for index in order if index % _FOLDS != fold]
        outside = [recordings[index] for index in order if index % _FOLDS == fold]
        answers = learn(inside, outside, recipe("gestures", seed=seed))
        right.append(answers.logits.argmax(axis=1) == answers.labels)
    share = 100 * float(np.concatenate(right).mean())
    console.print(f"  gestures seed {seed}: {share:.2f} %")
    return share
