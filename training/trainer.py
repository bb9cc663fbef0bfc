"""One network on its way through training: steps, averaged weights, and a state that can be put down and taken up.

What is random in a step depends on the seed and the step's number alone, never on what the process did before. A run
that is taken up from its state in another process therefore goes on as if nothing had happened.

    trainer = Trainer(architecture, recipe, seed=0)
    loss = trainer.run(batches, learning_rate)      # any number of (features, targets)
    weights = trainer.weights()                     # batch norm folded: for core.network
    other.restore(trainer.state())                  # `other` now is where `trainer` is

TensorFlow is loaded by importing this module.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from core.architecture import Architecture
from core.skeleton import Array
from core.weights import Weights
from training.models.keras import build, fold

State = dict[str, npt.NDArray[Any]]

_AVERAGE_WARM_UP = 10  # steps; an average over many steps would start with the random weights otherwise


@dataclass(frozen=True)
class Recipe:
    """How a step learns; see `training.train.TrainingConfig` for the meaning and the defaults."""

    weight_decay: float
    gradient_norm: float
    label_smoothing: float
    dropout: float
    head_dropout: float
    average: float  # share of the averaged weights that survives a step; 0: no average
    precision: str = "float32"  # or a policy of Keras's, "mixed_bfloat16"
    input_norm: bool = True


class Trainer:
    """See the module. Not for use by several threads."""

    def __init__(self, architecture: Architecture, recipe: Recipe, *, seed: int) -> None:
        tf_keras.utils.set_random_seed(seed)
        self._architecture, self._recipe = architecture, recipe
        self._optimizer = tf_keras.optimizers.AdamW(
            weight_decay=recipe.weight_decay, global_clipnorm=recipe.gradient_norm
        )
        self._network = build(
            architecture,
            dropout=recipe.dropout,
            head_dropout=recipe.head_dropout,
            step=self._optimizer.iterations,
            seed=seed,
            precision=recipe.precision,
            input_norm=recipe.input_norm,
        )
        self._optimizer.build(self._network.trainable_variables)
        self._loss = tf_keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
        self._averages = [tf.Variable(weight) for weight in self._network.weights]
        windows = tf.TensorSpec((None, architecture.window, architecture.input_size), tf.float32)
        self._step = tf.function(self._learn, input_signature=(windows, tf.TensorSpec((None, architecture.classes))))

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return int(self._optimizer.iterations)

    def run(self, batches: Iterable[tuple[Array, Array]], learning_rate: Callable[[int], float]) -> float:
        """Learn from batches of features (N, T, F) and target distributions (N, C); the mean loss.

        Args:
            batches: one step each; at least one.
            learning_rate: of a step by its number, counted over all runs.
        """
        losses, sizes = [], []
        for features, targets in batches:
            self._optimizer.learning_rate = learning_rate(self.steps)
            losses.append(self._step(features, targets))
            sizes.append(len(features))
        return float(np.average([float(loss) for loss in losses], weights=sizes))

    def weights(self) -> Weights:
        """The weights as they would be shipped: averaged, batch norm folded in."""
        latest = self._network.get_weights()
        self._network.set_weights([average.numpy() for average in self._averages])
        folded = fold(self._network, self._architecture)
        self._network.set_weights(latest)
        return folded

    def state(self) -> State:
        """Everything that the next step depends on."""
        return {name: variable.numpy() for name, variable in self._variables().items()}

    def restore(self, state: State) -> None:
        """Take up where the trainer that gave this state, of the same architecture and recipe, was.

        Raises:
            ValueError: it is the state of another kind of trainer.
        """
        variables = self._variables()
        shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
        if {name: array.shape for name, array in state.items()} != shapes:
            raise ValueError("the state is of another network or optimizer")
        for name, variable in variables.items():
            variable.assign(state[name])

    def _variables(self) -> dict[str, Any]:
        kinds = {"network": self._network.weights, "optimizer": self._optimizer.variables, "average": self._averages}
        return {f"{kind}/{index:03d}": one for kind, ones in kinds.items() for index, one in enumerate(ones)}

    def _learn(self, features: Any, targets: Any) -> Any:  # noqa: ANN401 - TensorFlow's tensors have no types
        with tf.GradientTape() as tape:
            loss = self._loss(targets, self._network(features, training=True))
        variables = self._network.trainable_variables
        self._optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        step = tf.cast(self._optimizer.iterations, tf.float32)
        kept = tf.minimum(self._recipe.average, step / (_AVERAGE_WARM_UP + step))
        for average, weight in zip(self._averages, self._network.weights, strict=True):
            average.assign(kept * average + (1 - kept) * weight)
        return loss
