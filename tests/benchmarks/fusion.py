"""Does a detector help, and does a blind one hurt? Drinking and telephoning, told apart by the thing in the hand alone.

    python -m tests.benchmarks.fusion --seeds 3         # about two minutes of one core a seed

Trains `conv_lstm` on poses and `fusion` on poses and objects of rendered people (training.synthesis.handling), and
judges both on people whom neither saw: with the detector, and with one that sees nothing. Nothing here passes or fails.
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from core.features import FeatureSpec, extract
from core.network import forward
from training.augment import blinded
from training.datasets.recording import Recording
from training.datasets.windows import WindowSet
from training.pipeline import classes_of, windows_of
from training.synthesis.handling import HANDLINGS, THINGS, handling_take
from training.train import Trained, TrainingConfig, train

_ALIKE = ("drink", "phone")


@dataclass(frozen=True)
class Figures:
    """Shares of clear windows that are right.

    Attributes:
        all: of all windows.
        apart: of those of the two actions that look alike.
        merged: of all windows, when either of the two is right for both.
    """

    all: float
    apart: float
    merged: float


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    parts = {"training": _takes("t", 20), "validation": _takes("v", 6), "test": _takes("u", 14)}
    rows: dict[str, list[Figures]] = {}
    for seed in range(options.seeds):
        for model, objects in (("conv_lstm", ()), ("fusion", THINGS)):
            config = TrainingConfig(
                model=model, epochs=options.epochs, seed=seed, features=FeatureSpec(objects=objects)
            )
            windows = {name: windows_of(takes, config, classes_of(takes)) for name, takes in parts.items()}
            trained = train(windows["training"], windows["validation"], config)
            rows.setdefault(model, []).append(_judge(trained, windows["test"]))
            if objects:
                blind = replace(windows["test"], keypoints=blinded(windows["test"].keypoints, config.features))
                rows.setdefault("fusion, blind detector", []).append(_judge(trained, blind))
    _print(rows)


def _takes(group: str, people: int) -> list[Recording]:
    """Two takes of each action of each person."""
    wanted = [(action, f"{group}{person}", take) for person in range(people) for action in HANDLINGS for take in (0, 1)]
    return [handling_take(*one) for one in track(wanted, f"people {group}")]


def _judge(trained: Trained, windows: WindowSet) -> Figures:
    clear = windows.select(windows.clear)
    config = trained.config
    features = extract(clear.keypoints, config.features, rate_hz=config.window.rate_hz)
    answers = forward(trained.architecture, trained.weights, features).argmax(axis=1)
    alike = np.isin(clear.labels, [clear.classes.index(name) for name in _ALIKE])
    said_alike = np.isin(answers, [clear.classes.index(name) for name in _ALIKE])
    right = answers == clear.labels
    return Figures(float(right.mean()), float(right[alike].mean()), float((right | (alike & said_alike)).mean()))


def _print(rows: dict[str, list[Figures]]) -> None:
    table = Table(title="accuracy on windows of unseen people: mean and standard deviation over seeds")
    for column in ("", "all windows", "drink and phone windows", "all, the two merged"):
        table.add_column(column)
    for name, figures in rows.items():
        columns = [[one.all for one in figures], [one.apart for one in figures], [one.merged for one in figures]]
        table.add_row(name, *(f"{np.mean(values):.1%} ± {np.std(values):.1%}" for values in columns))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
