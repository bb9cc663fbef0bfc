"""Three signs by three people, MediaPipe Holistic: whoever is tested was never seen."""

from collections.abc import Sequence

import numpy as np

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
from training.datasets.formats import npz_clips
from training.datasets.formats._base import Options
from training.datasets.recording import Recording

ABOUT = (
    "Leave one recording (taken to be one person) out, train on the other two, 90 clips each; mean and standard "
    "deviation over seeds of the mean of three. Recipe: training/recipes/signs.toml, fixed epochs."
)


def run(seeds: int) -> None:
    """Measure and report."""
    recordings = read()
    people = sorted({one.subject for one in recordings})
    rounds = steps(range(seeds), "training", console)
    answers = [[_without(recordings, person, seed) for person in people] for seed in rounds]
    accuracy = np.array([[one.accuracy for one in each] for each in answers])
    figures = [Figure("clips of an unseen person right, mean of three, %", tuple(accuracy.mean(axis=1)), 73)]
    figures += [
        Figure(f"clips of {person} right, %", tuple(one)) for person, one in zip(people, accuracy.T, strict=True)
    ]
    first = answers[0][0]
    figures += [*costs(first, Quantizer(first.trained.architecture)), peak_memory()]
    report("signs", "Holistic signs", ABOUT, figures)


def read() -> list[Recording]:
    """All clips of the three archives."""
    return recordings_of(npz_clips.read(data("holistic_signs"), Options()))


def _without(recordings: Sequence[Recording], person: str, seed: int) -> Answers:
    training = [one for one in recordings if one.subject != person]
    test = [one for one in recordings if one.subject == person]
    answers = learn(training, test, recipe("signs", seed=seed))
    console.print(f"  without {person}, seed {seed}: {answers.accuracy:.1f} %")
    return answers
