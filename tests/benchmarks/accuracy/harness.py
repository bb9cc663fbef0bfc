"""What the benchmarks of accuracy share: train on one side, answer for the other, count, and write it down."""

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console

from converter.balance import patch_balanced
from converter.quantize import Template, make_template
from core.architecture import Architecture, parameter_count
from core.features import extract
from core.interpreter import Classifier
from core.network import forward
from core.skeleton import Array
from tests.command import steps
from training.datasets.formats._base import Reading
from training.datasets.recording import Recording
from training.datasets.windows import FINER
from training.evaluation.parts import parts_of
from training.pipeline import GOLDEN_WINDOWS, classes_of, windows_of
from training.recipe import RECIPES, read_recipe
from training.train import Trained, TrainingConfig, train

DOCUMENT = Path(__file__).parents[3] / "docs/benchmarks.md"
_MEGABYTE_KB = 1024  # of what the kernel counts
console = Console(width=120)


@dataclass(frozen=True)
class Answers:
    """What a model that was trained on one side says about the other.

    Attributes:
        trained: the model.
        logits: (N, C) of its float weights.
        labels: (N,) the truth.
        features: (N, T, F) what it saw.
        cpu_s: of its training.
        averaged: (N, C) mean logits over the parts of each clip (`training.evaluation.parts`); the logits themselves
            where a recording is no clip.
        typical: (M, T, F) windows of the side that it learnt from, what a release would carry as golden ones.
    """

    trained: Trained
    logits: Array
    labels: npt.NDArray[np.int64]
    features: Array
    cpu_s: float
    averaged: Array
    typical: Array

    @property
    def accuracy(self) -> float:
        """Per cent right."""
        return share_right(self.logits, self.labels)

    @property
    def averaged_accuracy(self) -> float:
        """Per cent right of the averaged answers."""
        return share_right(self.averaged, self.labels)


@dataclass(frozen=True)
class Figure:
    """One line of a section: values over seeds, in the unit of `what`, and what they must reach."""

    what: str
    values: tuple[float, ...]
    target: float | None = None
    at_most: bool = False
    note: str = ""

    def row(self) -> tuple[str, str, str, str]:
        """Cells of the table."""
        mean, spread = float(np.mean(self.values)), float(np.std(self.values))
        text = f"{mean:.1f} ± {spread:.1f}" if len(self.values) > 1 else f"{mean:.1f}"
        if self.target is None:
            return self.what, text, "", self.note
        reached = mean <= self.target if self.at_most else mean >= self.target
        wanted = f"{'≤' if self.at_most else '≥'} {self.target:g}"
        return self.what, text, f"{wanted}: {'reached' if reached else '**missed**'}", self.note


def recipe(name: str, **changes: object) -> TrainingConfig:
    """A recipe of training/recipes, changed where a benchmark compares networks or seeds."""
    return replace(read_recipe(RECIPES / f"{name}.toml"), **changes)  # type: ignore[arg-type]


def recordings_of(reading: Reading) -> list[Recording]:
    """All that a file or folder holds."""
    return [one for unit in reading.units for one in unit]


def learn(training: Sequence[Recording], test: Sequence[Recording], config: TrainingConfig) -> Answers:
    """Train on one side and answer for the other; without validation people the recipe's last epoch is kept."""
    import tf_keras

    tf_keras.backend.clear_session()  # graphs of earlier runs would pile up
    classes = classes_of([*training, *test])
    held_out = windows_of((), config, classes)
    windows = windows_of(training, config, classes, finer=FINER if config.clips else 1)
    began = time.process_time()
    trained = train(windows, held_out, config)
    spent = time.process_time() - began
    judged = windows_of(test, config, classes)
    features = extract(judged.keypoints, config.features, rate_hz=config.window.rate_hz)
    logits = forward(trained.architecture, trained.weights, features)
    averaged = _averaged(trained, test, classes) if config.clips else logits
    return Answers(
        trained, logits, judged.labels, features, spent, averaged, typical_windows(training, config, classes)
    )


def typical_windows(recordings: Sequence[Recording], config: TrainingConfig, classes: Sequence[str]) -> Array:
    """Feature windows (M, T, F), evenly spread over the recordings."""
    windows = windows_of(recordings, config, classes).keypoints
    chosen = np.unique(np.linspace(0, len(windows) - 1, GOLDEN_WINDOWS).astype(np.int64))
    return extract(windows[chosen], config.features, rate_hz=config.window.rate_hz)


def _averaged(trained: Trained, test: Sequence[Recording], classes: Sequence[str]) -> Array:
    config = trained.config
    parts = parts_of(windows_of(test, config, classes, finer=FINER).keypoints, config.window.length)
    features = [extract(part, config.features, rate_hz=config.window.rate_hz) for part in parts]
    mean: Array = np.mean([forward(trained.architecture, trained.weights, part) for part in features], axis=0)
    return mean


def share_right(logits: Array, labels: npt.NDArray[np.int64]) -> float:
    """Accuracy, in per cent, of logits (N, C) against labels (N,)."""
    return 100 * float((logits.argmax(axis=1) == labels).mean())


class Quantizer:
    """Quantized models of one architecture: a template once, then patched."""

    def __init__(self, architecture: Architecture) -> None:
        self._template = make_template(architecture)

    @property
    def size_kb(self) -> float:
        """Of the file that devices get."""
        return len(self._template.model) / 1024

    def logits(self, answers: Answers) -> Array:
        """(N, C) as a device would compute them."""
        model = quantized(self._template, answers.trained, answers.typical)
        return Classifier(model).batch_logits(answers.features)


def quantized(template: Template, trained: Trained, typical: Array) -> bytes:
    """The model as a device would get it; see `typical_windows`."""
    return patch_balanced(
        template.model, template.patch_map, trained.weights, architecture=trained.architecture, windows=typical
    )


def costs(answers: Answers, quantizer: Quantizer | None, name: str = "") -> list[Figure]:
    """Parameters, size and training time of a model; its kind is its name, unless it has another."""
    name = name or answers.trained.config.model
    return [
        Figure(
            f"{name}: parameters, thousands", (parameter_count(answers.trained.architecture) / 1000,), 250, at_most=True
        ),
        *([Figure(f"{name}: quantized file, KB", (quantizer.size_kb,))] if quantizer else []),
        Figure(f"{name}: training, CPU seconds", (answers.cpu_s,)),
    ]


def peak_memory() -> Figure:
    """The most that the process has held; of several models the last value counts, so a section says it once."""
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE_KB
    return Figure("peak memory of the process so far, MB", (peak_mb,), 3 * _MEGABYTE_KB, at_most=True)


def report(name: str, title: str, about: str, figures: Sequence[Figure]) -> None:
    """A section of figures, one a line."""
    rows = [figure.row() for figure in figures]
    lines = [f"## {title}", "", about, "", "| what | measured | must | note |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    put_section(name, lines)


def put_section(name: str, lines: Sequence[str]) -> None:
    """Print a section and put it in the place of its predecessor in docs/benchmarks.md."""
    section = f"<!-- {name} -->\n" + "\n".join(lines) + f"\n<!-- /{name} -->\n"
    text = DOCUMENT.read_text() if DOCUMENT.exists() else "# Benchmarks\n"
    before, _, rest = text.partition(f"<!-- {name} -->\n")
    after = rest.partition(f"<!-- /{name} -->\n")[2]
    DOCUMENT.write_text(before + section + after if rest else f"{text.rstrip()}\n\n{section}")
    console.print("\n".join(lines))


def over_seeds(seeds: int, measure: Callable[[int], Answers]) -> list[Answers]:
    """One run for every seed, each told as soon as it is there."""
    answers = []
    for seed in steps(range(seeds), "training", console):
        answers.append(measure(seed))
        one = answers[-1]
        name, right = one.trained.config.model, f"{one.accuracy:.2f} %, averaged {one.averaged_accuracy:.2f} %"
        console.print(f"  {name} seed {seed}: {right} in {one.cpu_s:.0f} CPU s")
    return answers
