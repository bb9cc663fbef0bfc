"""Train a classifier of the family on labelled windows: augmentation, AdamW, warm-up and cosine, calibrated.

Validation people choose the epoch and the temperature; test people are never seen here. Batch norm is folded into its
neighbours before anything leaves this module, so that the result is plain weights for `core.network`.

    trained = train(train_set, validation_set, TrainingConfig(epochs=30))
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.architecture import Architecture
from core.features import FeatureSpec, extract
from core.network import cross_entropy, forward
from core.skeleton import Array
from core.weights import Weights
from core.window import WindowSpec
from training.augment import Augmentation
from training.datasets.windows import WindowSet
from training.models import MODELS
from training.quiet import native_stderr_silenced


@dataclass(frozen=True)
class TrainingConfig:
    """What a training run may change; the defaults are what the demo uses."""

    model: str = "conv_lstm"
    epochs: int = 30
    batch: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.1  # share of the steps
    label_smoothing: float = 0.05
    gradient_norm: float = 1.0
    seed: int = 0
    window: WindowSpec = field(default_factory=WindowSpec)
    features: FeatureSpec = field(default_factory=FeatureSpec)
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class Progress:
    """How far a run is, after each epoch."""

    epoch: int
    epochs: int
    loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class Trained:
    """A finished run: weights without batch norm, and what validation people said."""

    architecture: Architecture
    weights: Weights
    classes: tuple[str, ...]
    temperature: float
    validation_accuracy: float
    epoch: int
    config: TrainingConfig


def train(
    training: WindowSet,
    validation: WindowSet,
    config: TrainingConfig,
    on_epoch: Callable[[Progress], None] = lambda _: None,
) -> Trained:
    """Run all epochs and keep the one that validation people were recognised best in (the later of equals)."""
    with native_stderr_silenced():  # a page of remarks about plug-ins that nobody has
        import tf_keras

        from training.models.keras import build, fold

    tf_keras.utils.set_random_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    architecture = MODELS[config.model](
        features=config.features.size, window=config.window.length, classes=len(training.classes)
    )
    network = build(architecture)
    optimizer = tf_keras.optimizers.AdamW(weight_decay=config.weight_decay, clipnorm=config.gradient_norm)
    loss = tf_keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)
    network.compile(optimizer=optimizer, loss=loss)

    held_out = _features(validation.keypoints, config)
    best: tuple[float, int, Weights] | None = None
    for epoch in range(config.epochs):
        optimizer.learning_rate = _learning_rate(config, (epoch + 0.5) / config.epochs)
        augmented = config.augmentation.apply(training.keypoints, rng)
        history = network.fit(
            _features(augmented, config), training.shares, batch_size=config.batch, epochs=1, verbose=0, shuffle=True
        )
        weights = fold(network, architecture)
        accuracy = _accuracy(forward(architecture, weights, held_out), validation)
        if best is None or accuracy >= best[0]:
            best = (accuracy, epoch, weights)
        on_epoch(Progress(epoch + 1, config.epochs, float(history.history["loss"][-1]), accuracy))
    assert best is not None
    accuracy, epoch, weights = best
    temperature = calibrate(forward(architecture, weights, held_out), validation.shares)
    return Trained(architecture, weights, training.classes, temperature, accuracy, epoch + 1, config)


def calibrate(logits: Array, shares: Array) -> float:
    """The temperature that makes probabilities honest: least cross entropy (Guo et al. 2017, section 4.2).

    Searched between 0.5 and 5 in steps of 2 %.
    """
    steps = int(math.log(10) / math.log(1.02)) + 1
    candidates = [0.5 * 1.02**step for step in range(steps)]
    losses = [cross_entropy(logits / np.float32(candidate), shares).mean() for candidate in candidates]
    return candidates[int(np.argmin(losses))]


def _features(keypoints: Array, config: TrainingConfig) -> Array:
    return extract(keypoints, config.features, rate_hz=config.window.rate_hz)


def _accuracy(logits: Array, windows: WindowSet) -> float:
    right: npt.NDArray[np.bool_] = logits.argmax(axis=1) == windows.labels
    return float(right[windows.clear].mean())


def _learning_rate(config: TrainingConfig, done: float) -> float:
    """Linear warm-up, then half a cosine down to 3 %."""
    warm = min(1.0, done / config.warm_up)
    return config.learning_rate * warm * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * done)))
