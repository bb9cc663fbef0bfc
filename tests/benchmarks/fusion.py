"""Does a detector help, and does a blind one hurt? Drinking and telephoning, told apart by the thing in the hand alone.

    python -m tests.benchmarks.fusion --seeds 3         # about two minutes of one core a seed

Trains `conv_lstm` on poses and `fusion` on poses and objects of rendered people (training.synthesis.handling), and
judges both on people whom neither saw: with the detector, and with one that sees nothing. Both answer for the same
windows, so what blindness costs is a difference in pairs; its interval is over people. Writes its section of
docs/benchmarks.md.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from rich.progress import track

from converter.quantize import Template, make_template
from core.features import FeatureSpec, extract
from core.interpreter import Classifier
from core.network import forward
from core.skeleton import Array
from tests.benchmarks.accuracy.harness import Figure, console, quantized, report, typical_windows
from tests.command import make_parser, positive_int, run, steps
from training.augmentation.augment import blinded
from training.datasets.recording import Recording
from training.datasets.windows import WindowSet
from training.evaluation.scores import Interval, interval
from training.pipeline import classes_of, windows_of
from training.synthesis.handling import HANDLINGS, THINGS, handling_take
from training.train import Trained, TrainingConfig, train

_EPOCHS = 6
ABOUT = (
    "Rendered people drink, telephone and wave; those who are tested were never seen. Drinking and telephoning are one "
    "movement, told apart by the thing in the hand alone. Clear windows; mean and standard deviation over seeds. "
    f"Default settings, {_EPOCHS} epochs, of which validation people choose one, with and without the detector. How a "
    "network with objects is trained was chosen on 120 people who neither teach nor test here, where pose alone erred "
    "in 2 to 8 windows of 19,440 and a blind one in 2 to 4."
)
_PARTS = {"training": ("t", 40), "validation": ("v", 10), "test": ("u", 40)}
_ALIKE = ("drink", "phone")
_Answers = npt.NDArray[np.int64]  # (N,) of the clear test windows


def main() -> None:
    """Train, judge and write down."""
    parser = make_parser(__doc__)
    parser.add_argument("--seeds", type=positive_int, default=3, help="runs, each with both networks")
    options = parser.parse_args()
    parts = {name: _takes(group, people) for name, (group, people) in _PARTS.items()}
    answers: dict[str, list[_Answers]] = {"pose": [], "fusion": [], "blind": [], "quantized": []}
    template = None
    for seed in steps(range(options.seeds), "training", console):
        config = TrainingConfig(seed=seed, epochs=_EPOCHS)
        pose, truth = _learn(parts, config)
        fusion, seen = _learn(parts, replace(config, model="fusion", features=FeatureSpec(objects=THINGS)))
        unseen = replace(seen, keypoints=blinded(seen.keypoints, fusion.config.features))
        answers["pose"].append(_answers(pose, truth))
        answers["fusion"].append(_answers(fusion, seen))
        answers["blind"].append(_answers(fusion, unseen))
        template = template or make_template(fusion.architecture)
        typical = typical_windows(parts["training"], fusion.config, fusion.classes)
        answers["quantized"].append(_quantized_answers(fusion, seen, template, typical))
        console.print(
            f"  seed {seed}:", {name: f"{(ones[-1] == truth.labels).mean():.2%}" for name, ones in answers.items()}
        )
    report("fusion", "Fusion", ABOUT, [*_figures(answers, truth), *_differences(answers, truth)])


def _takes(group: str, people: int) -> list[Recording]:
    """Two takes of each action of each person."""
    wanted = [(action, f"{group}{person}", take) for person in range(people) for action in HANDLINGS for take in (0, 1)]
    return [handling_take(*one) for one in track(wanted, f"people {group}", console=console)]


def _learn(parts: dict[str, list[Recording]], config: TrainingConfig) -> tuple[Trained, WindowSet]:
    """A model, and the clear windows of the people who test."""
    windows = {name: windows_of(takes, config, classes_of(takes)) for name, takes in parts.items()}
    trained = train(windows["training"], windows["validation"], config)
    return trained, windows["test"].select(windows["test"].clear)


def _answers(trained: Trained, windows: WindowSet) -> _Answers:
    answers: _Answers = forward(trained.architecture, trained.weights, _features(trained, windows)).argmax(axis=1)
    return answers


def _quantized_answers(trained: Trained, windows: WindowSet, template: Template, typical: Array) -> _Answers:
    """As a device would give them."""
    classifier = Classifier(quantized(template, trained, typical))
    answers: _Answers = classifier.batch_logits(_features(trained, windows)).argmax(axis=1)
    return answers


def _features(trained: Trained, windows: WindowSet) -> Array:
    return extract(windows.keypoints, trained.config.features, rate_hz=trained.config.window.rate_hz)


def _figures(answers: dict[str, list[_Answers]], truth: WindowSet) -> list[Figure]:
    alike = np.isin(truth.labels, _numbers(truth))
    apart = {name: tuple(_apart(one, truth) for one in ones) for name, ones in answers.items()}
    right = {name: [one == truth.labels for one in ones] for name, ones in answers.items()}
    shares = {name: tuple(100 * float(one.mean()) for one in ones) for name, ones in right.items()}
    found = tuple(100 * float(one[alike].mean()) for one in right["fusion"])
    lost = tuple(whole - part for whole, part in zip(shares["fusion"], shares["quantized"], strict=True))
    chance = "50 is chance: of the windows that it calls either, those that it calls by the right name"
    return [
        Figure("pose alone: drinking or telephoning, %", apart["pose"], note=chance),
        Figure("fusion: drinking or telephoning, %", apart["fusion"], 90),
        Figure("fusion: windows of drinking and telephoning right, %", found, 90),
        *(Figure(f"{name}: all windows right, %", shares[key]) for key, name in _NAMES.items()),
        Figure("fusion: points lost by quantizing", lost, 0.5, at_most=True),
    ]


_NAMES = {"fusion": "fusion", "pose": "pose alone", "blind": "fusion, the detector sees nothing"}


def _differences(answers: dict[str, list[_Answers]], truth: WindowSet) -> list[Figure]:
    """What a blind detector costs against having none, in points, over all windows, and when the two are one action."""
    figures = []
    for what, merged in (("all windows", False), ("drinking and telephoning as one", True)):
        pairs = [
            _right(blind, truth, merged=merged).astype(np.int64) - _right(pose, truth, merged=merged)
            for blind, pose in zip(answers["blind"], answers["pose"], strict=True)
        ]
        spread = _over_people(pairs, truth)
        note = f"95 % over people: {spread.low:+.2f} to {spread.high:+.2f}" if spread else ""
        values = tuple(100 * float(one.mean()) for one in pairs)
        figures.append(Figure(f"fusion blind less pose alone, {what}, points", values, 0, note=note))
    return figures


def _over_people(pairs: Sequence[npt.NDArray[np.int64]], truth: WindowSet) -> Interval | None:
    """The interval of a mean difference in points; people are drawn, each with the windows of every seed."""
    people = sorted(set(truth.subjects.tolist()))
    total = np.sum(pairs, axis=0)
    counts = [
        (int(total[here].sum()), len(pairs) * int(here.sum())) for here in (truth.subjects == one for one in people)
    ]
    return interval(np.array(counts), lambda sums: 100 * sums[:, 0] / sums[:, 1])


def _apart(answers: _Answers, truth: WindowSet) -> float:
    """Per cent right of the windows of either of the two that are called either of the two."""
    numbers = _numbers(truth)
    named = np.isin(truth.labels, numbers) & np.isin(answers, numbers)
    return 100 * float((answers == truth.labels)[named].mean())


def _right(answers: _Answers, truth: WindowSet, *, merged: bool) -> npt.NDArray[np.bool_]:
    numbers = _numbers(truth)
    either = np.isin(truth.labels, numbers) & np.isin(answers, numbers)
    right: npt.NDArray[np.bool_] = (answers == truth.labels) | (either & merged)
    return right


def _numbers(truth: WindowSet) -> list[int]:
    return [truth.classes.index(name) for name in _ALIKE]


if __name__ == "__main__":
    run(main)
