"""Recordings in, checkpoint out: the steps that the command line and the demo share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bundle import BACKGROUND
from core.checkpoint import Checkpoint, Description, write_checkpoint
from core.errors import InputError
from core.features import extract
from core.skeleton import Array
from training.datasets.recording import Recording
from training.datasets.windows import FINER, WindowSet, clip_windows, empty_windows, label_windows, still_windows
from training.train import PLAIN_RUN, Progress, RunOptions, Trained, TrainingConfig, train

GOLDEN_WINDOWS = 48  # enough to notice a wrong conversion, small enough to travel with every release
_EVERY = 4  # one person in so many validates, unless somebody is named


@dataclass(frozen=True)
class Result:
    """A training run and the validation windows that chose it."""

    trained: Trained
    validation: WindowSet


def split_people(
    recordings: Sequence[Recording], validation: frozenset[str] = frozenset()
) -> tuple[list[Recording], list[Recording]]:
    """Training and validation recordings, with nobody on both sides.

    Raises:
        InputError: a named person is not there, or one side would be empty.
    """
    people = sorted({recording.subject for recording in recordings})
    if missing := validation - set(people):
        raise InputError(f"validation people {', '.join(sorted(missing))} are not among {', '.join(people)}")
    chosen = validation or frozenset(people[_EVERY - 1 :: _EVERY] or people[-1:])
    inside = [recording for recording in recordings if recording.subject not in chosen]
    held_out = [recording for recording in recordings if recording.subject in chosen]
    if not inside or not held_out:
        raise InputError(
            f"at least two people are needed, one to train on and one to validate with; found {len(people)}"
        )
    return inside, held_out


def classes_of(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """Every class that any recording knows, background first, then by name."""
    names = {name for recording in recordings for name in recording.classes}
    return (BACKGROUND, *sorted(names - {BACKGROUND}))


def train_on_recordings(
    training: Sequence[Recording],
    validation: Sequence[Recording],
    config: TrainingConfig,
    on_epoch: Callable[[Progress], None] = lambda _: None,
    options: RunOptions = PLAIN_RUN,
) -> Result:
    """Cut windows and train; raises as `training.train.train`."""
    classes = classes_of([*training, *validation])
    held_out = windows_of(validation, config, classes)
    trained = train(windows_of(training, config, classes, finer=FINER), held_out, config, on_epoch, options)
    return Result(trained, held_out)


def windows_of(
    recordings: Sequence[Recording], config: TrainingConfig, classes: Sequence[str], *, finer: int = 1
) -> WindowSet:
    """Labelled windows, as the configuration wants them.

    Args:
        recordings: of people on one side of a split.
        config: says which joints, and whether a recording is one window or is cut into many; one of stills is cut into
            its pictures.
        classes: all that the model knows.
        finer: steps of a clip for each step of a window; augmentation then has something to choose from.

    Raises:
        InputError: see `training.datasets.windows`.
    """
    if not recordings:
        return empty_windows(config.window, classes, config.features)
    if all(one.stills for one in recordings):
        return still_windows(recordings, config.window.length, classes, config.features)
    if config.clips:
        return clip_windows(recordings, finer * config.window.length, classes, config.features)
    return label_windows(recordings, config.window, classes, config.features)


def make_checkpoint(result: Result, directory: Path) -> Checkpoint:
    """Write what the converter needs."""
    checkpoint = checkpoint_of(result.trained, _golden(result.validation, result.trained.config))
    write_checkpoint(checkpoint, directory)
    return checkpoint


def checkpoint_of(trained: Trained, golden: Array) -> Checkpoint:
    """A trained classifier with feature windows (N, T, F) to try it on: for the converter, or as a teacher."""
    config = trained.config
    return Checkpoint(
        Description(
            labels=trained.classes,
            architecture=trained.architecture,
            features=config.features,
            window=config.window,
            temperature=round(trained.temperature, 3),
            energy_limit=trained.energy_limit,
            metrics={"validation_accuracy": round(trained.validation_accuracy, 4)},
        ),
        trained.weights,
        golden,
    )


def _golden(windows: WindowSet, config: TrainingConfig) -> Array:
    """Validation windows, evenly spread, so that every class is likely among them."""
    chosen = np.unique(np.linspace(0, len(windows) - 1, GOLDEN_WINDOWS).astype(np.int64))
    return extract(windows.keypoints[chosen], config.features, rate_hz=config.window.rate_hz)
