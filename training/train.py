"""Train a classifier of the family on labelled windows: augmentation, AdamW, warm-up and cosine, calibrated.

Validation people choose the epoch and the temperature; test people are never seen here. Batch norm is folded into its
neighbours before anything leaves this module, so that the result is plain weights for `core.network`.

    trained = train(train_set, validation_set, TrainingConfig(epochs=30))
    trained = train(train_set, validation_set, config, options=RunOptions(state=Path("run.npz"), resume=True))
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.architecture import Architecture
from core.checkpoint import Checkpoint
from core.features import FeatureSpec, extract
from core.network import cross_entropy, forward, free_energy
from core.skeleton import Array
from core.weights import Weights
from core.window import WindowSpec
from training.augmentation.augment import Augmentation, blinded
from training.augmentation.mixup import mix_up
from training.choice import NONE_YET, Kept
from training.datasets.windows import WindowSet
from training.models import MODELS
from training.quiet import native_stderr_silenced
from training.resume import Run, fingerprint, load_run, save_run
from training.teachers import check_teachers, distilled

_KNOWN_SHARE = 0.995  # one in two hundred windows of known movement may be lost to find some of the unknown
if TYPE_CHECKING:
    from training.trainer import Trainer

_CHUNK = 32  # batches that are augmented at once: bounds memory, costs no speed


@dataclass(frozen=True)
class TrainingConfig:
    """What a training run may change; the defaults are what the demo uses."""

    model: str = "conv_lstm"
    epochs: int = 30
    patience: int = 0  # epochs without a better one before it stops; 0: never
    batch: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.1  # share of the steps
    label_smoothing: float = 0.05
    gradient_norm: float = 1.0
    dropout: float = 0.1  # of hidden channels
    head_dropout: float = 0.5  # before the logits
    input_norm: bool = True  # every feature made as large as the others; False: as large as it is, see core.features
    mixup: float = 0.0  # shape of the Beta distribution that half of the windows are mixed by; 0: none are
    average: float = 0.99  # of the weights over the steps (Polyak and Juditsky 1992), exponential; 0: the last step's
    distillation: float = 0.7  # share of the teachers in the targets, if there are any
    seed: int = 0
    clips: bool = False  # every recording shows one action from start to end, and is one window
    window: WindowSpec = field(default_factory=WindowSpec)
    features: FeatureSpec = field(default_factory=FeatureSpec)
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out.

    Attributes:
        state: file that keeps the run after every epoch; the caller removes it when the result is safe.
        resume: go on from `state`, if it is there.
        deterministic: equal runs give equal bits, slower on a graphics card. Holds for the whole process.
        teachers: whose answers the network learns besides the labels.
    """

    state: Path | None = None
    resume: bool = False
    deterministic: bool = False
    teachers: tuple[Checkpoint, ...] = ()


PLAIN_RUN = RunOptions()


@dataclass(frozen=True)
class Progress:
    """How far a run is, after each epoch."""

    epoch: int
    epochs: int
    loss: float
    validation_accuracy: float
    learning_rate: float
    kept: Kept


@dataclass(frozen=True)
class Trained:
    """A finished run: weights without batch norm, and what validation people said."""

    architecture: Architecture
    weights: Weights
    classes: tuple[str, ...]
    temperature: float
    energy_limit: float | None
    validation_accuracy: float
    epoch: int
    config: TrainingConfig


def train(
    training: WindowSet,
    validation: WindowSet,
    config: TrainingConfig,
    on_epoch: Callable[[Progress], None] = lambda _: None,
    options: RunOptions = PLAIN_RUN,
) -> Trained:
    """Run the epochs and keep the last one that validation people were not clearly recognised worse in than ever.

    Without validation people the last epoch is kept, and probabilities are not calibrated. Where there are objects,
    windows are shown twice, with and without them, to learn from and to choose the epoch by.

    Raises:
        InputError: the state to resume from is another run's.
        ConfigError: a teacher knows other classes or windows.
    """
    check_teachers(options.teachers, training.classes, config.window, config.features)
    architecture = MODELS[config.model](
        features=config.features, window=config.window.length, classes=len(training.classes)
    )
    trainer = _make_trainer(architecture, config, deterministic=options.deterministic)
    if config.features.objects:
        twice = _with_blind_twins(validation.keypoints, validation.shares, config.features)
        validation = WindowSet(*twice, np.repeat(validation.subjects, 2), validation.classes)
    held_out = _features(validation.keypoints, config)
    said = [tensor for teacher in options.teachers for tensor in teacher.weights.values()]
    mark = fingerprint(repr((config, architecture)), training.keypoints, training.shares, validation.keypoints, *said)
    run = load_run(options.state, mark) if options.resume and options.state else None
    if run is not None:
        trainer.restore(run.trainer)
    kept = run.kept if run else NONE_YET
    for epoch in range(run.epoch if run else 0, config.epochs):
        if config.patience and len(validation) and epoch - kept.improved >= config.patience:
            break
        loss = trainer.run(_batches(training, config, epoch, options.teachers), _schedule(config, len(training)))
        weights = trainer.weights()
        accuracy = _accuracy(forward(architecture, weights, held_out), validation)
        kept = kept.after(accuracy, epoch + 1, weights, windows=int(validation.clear.sum()))
        if options.state:
            save_run(options.state, Run(epoch + 1, kept, trainer.state()), mark)
        rate = _learning_rate(config, (epoch + 1) / config.epochs)
        on_epoch(Progress(epoch + 1, config.epochs, loss, accuracy, rate, kept))
    logits = forward(architecture, kept.weights, held_out)
    temperature = calibrate(logits, validation.shares)
    limit = energy_limit(logits, temperature)
    return Trained(architecture, kept.weights, training.classes, temperature, limit, kept.accuracy, kept.epoch, config)


def _make_trainer(architecture: Architecture, config: TrainingConfig, *, deterministic: bool) -> "Trainer":
    with native_stderr_silenced():  # a page of remarks about plug-ins that nobody has
        from training.hardware import set_up
        from training.trainer import Recipe, Trainer

    recipe = Recipe(
        weight_decay=config.weight_decay,
        gradient_norm=config.gradient_norm,
        label_smoothing=config.label_smoothing,
        dropout=config.dropout,
        head_dropout=config.head_dropout,
        average=config.average,
        precision=set_up(deterministic=deterministic),
        input_norm=config.input_norm,
    )
    return Trainer(architecture, recipe, seed=config.seed)


def calibrate(logits: Array, shares: Array) -> float:
    """The temperature that makes probabilities honest: least cross entropy (Guo et al. 2017, section 4.2).

    Searched between 0.5 and 5 in steps of 2 %; 1 without windows.
    """
    if not len(logits):
        return 1.0
    steps = int(math.log(10) / math.log(1.02)) + 1
    candidates = [0.5 * 1.02**step for step in range(steps)]
    losses = [cross_entropy(logits / np.float32(candidate), shares).mean() for candidate in candidates]
    return candidates[int(np.argmin(losses))]


def energy_limit(logits: Array, temperature: float) -> float | None:
    """The energy that all but a few validation windows stay below; what lies above is called background."""
    return float(np.quantile(free_energy(logits, temperature), _KNOWN_SHARE)) if len(logits) else None


def _features(keypoints: Array, config: TrainingConfig) -> Array:
    return extract(keypoints, config.features, rate_hz=config.window.rate_hz)


def _batches(
    windows: WindowSet, config: TrainingConfig, epoch: int, teachers: tuple[Checkpoint, ...]
) -> Iterator[tuple[Array, Array]]:
    """An epoch's steps in random order, the windows left over dropped; the same for the same seed and epoch."""
    rng = np.random.default_rng((config.seed, epoch))
    order = rng.permutation(len(windows))[: _steps(len(windows), config) * config.batch]
    for start in range(0, len(order), _CHUNK * config.batch):
        chosen = order[start : start + _CHUNK * config.batch]
        keypoints = config.augmentation.apply(
            windows.keypoints[chosen], config.features, rng, length=config.window.length
        )
        shares, size = windows.shares[chosen], config.batch
        if config.features.objects:
            keypoints, shares = _with_blind_twins(keypoints, shares, config.features)
            size *= 2
        features = _features(keypoints, config)
        targets = distilled(shares, keypoints, teachers, share=config.distillation)
        features, targets = mix_up(features, targets, shape=config.mixup, rng=rng)
        for first in range(0, len(features), size):
            yield features[first : first + size], targets[first : first + size]


def _steps(windows: int, config: TrainingConfig) -> int:
    return max(1, windows // config.batch)


def _schedule(config: TrainingConfig, windows: int) -> Callable[[int], float]:
    """The learning rate of a step by its number."""
    total = config.epochs * _steps(windows, config)
    return lambda step: _learning_rate(config, (step + 0.5) / total)


def _with_blind_twins(keypoints: Array, shares: Array, features: FeatureSpec) -> tuple[Array, Array]:
    """Every window and its targets twice in a row: as the detector shows it, and as it is if the detector sees nothing.

    So a step shows a network with objects what one for poses alone would see in it, and the objects besides. Blind in
    every second window instead, it had half as much to learn poses from, and erred five times as often on them.
    """
    twice = np.repeat(keypoints, 2, axis=0)
    twice[1::2] = blinded(keypoints, features)
    return twice, np.repeat(shares, 2, axis=0)


def _accuracy(logits: Array, windows: WindowSet) -> float:
    """Share of the clear windows that is right; 0 without windows."""
    right: npt.NDArray[np.bool_] = logits.argmax(axis=1) == windows.labels
    return float(right[windows.clear].mean()) if len(windows) else 0.0


def _learning_rate(config: TrainingConfig, done: float) -> float:
    """Linear warm-up, then half a cosine down to 3 %."""
    warm = min(1.0, done / config.warm_up)
    return config.learning_rate * warm * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * done)))
