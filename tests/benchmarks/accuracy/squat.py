"""Squat positions: one picture, one answer; training and test files as published."""

from tests.benchmarks.accuracy.harness import (
    Figure,
    Quantizer,
    costs,
    learn,
    over_seeds,
    peak_memory,
    recipe,
    recordings_of,
    report,
)
from tests.command import data
from training.datasets.formats import landmarks_csv
from training.datasets.formats._base import Options
from training.datasets.recording import Recording

ABOUT = (
    "MediaPipe landmarks of single pictures, up or down; trained and tested on the files as they are published. "
    "Recipe: training/recipes/stills.toml, fixed epochs."
)


def run(seeds: int) -> None:
    """Measure and report."""
    training, test = (_read(part) for part in ("train", "test"))
    answers = over_seeds(seeds, lambda seed: learn(training, test, recipe("stills", seed=seed)))
    wrong = [str(int((one.logits.argmax(axis=1) != one.labels).sum())) for one in answers]
    note = f"wrong {', '.join(wrong)} of {len(answers[0].labels)}; published: 99.4"
    accuracy = Figure("pictures right, %", tuple(one.accuracy for one in answers), 99.4, note=note)
    cost = costs(answers[0], Quantizer(answers[0].trained.architecture))
    report("squat", "Squat positions", ABOUT, [accuracy, *cost, peak_memory()])


def _read(part: str) -> list[Recording]:
    return recordings_of(landmarks_csv.read(data(f"exercise_frames/squat_model__{part}.csv"), Options()))
