"""Architectures as tf_keras models: to train them, with batch normalisation, and to convert them, without.

Batch normalisation speeds up training on the desktop but spoils federated averaging (DESIGN.md section 11), so it is
folded into its neighbours before weights leave this module, exactly:

    model = build(architecture)
    model.compile(...); model.fit(...)
    weights = fold(model, architecture)         # core.network.forward(architecture, weights, x) == model.predict(x)
"""

from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from core.architecture import (
    Architecture,
    Conv1D,
    Dense,
    Gather,
    JointConv1D,
    JointGraph,
    LastStep,
    Layer,
    Lstm,
    MaxPool,
    MeanMaxPool,
    Named,
    parameter_shapes,
)
from core.weights import Weights
from training.models.joint_layers import JointConv1DLayer, JointGraphLayer

_INPUT_NORM = "input_norm"
_NORM_MOMENTUM = 0.95  # Keras's 0.99 lags behind the few hundred steps of an epoch here
_Tensor = Any  # of Keras's symbolic kind, which has no public name
_Float64 = npt.NDArray[np.float64]


class StepDropout(tf_keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Dropout whose masks are a function of a seed and the number of the step, so that a run can be taken up.

    Of a sequence whole channels are dropped: neighbouring steps would give away single values (Tompson et al. 2015).
    """

    def __init__(self, rate: float, *, seed: int, step: tf.Variable) -> None:
        super().__init__()
        self._rate, self._seed = rate, seed

        def read_step() -> _Tensor:
            return step  # as an attribute, Keras would count it among the network's weights

        self._read_step = read_step

    def call(self, inputs: _Tensor, *, training: bool = False) -> _Tensor:
        """The inputs, a share of them zero and the others larger, in training."""
        if not training or not self._rate:
            return inputs
        seed = tf.stack([tf.constant(self._seed, tf.int64), tf.cast(self._read_step(), tf.int64)])
        shape = tf.shape(inputs)
        if len(inputs.shape) > 2:  # noqa: PLR2004 - (N, T, F), or (N, T, V, F) of joints
            shape = tf.concat([shape[:1], [1], shape[2:]], axis=0)
        return tf.nn.experimental.stateless_dropout(inputs, self._rate, seed=seed, noise_shape=shape)


def build(
    architecture: Architecture,
    *,
    dropout: float = 0.1,
    head_dropout: float = 0.5,
    step: tf.Variable | None = None,
    seed: int = 0,
    precision: str = "float32",
    input_norm: bool = True,
) -> tf_keras.Model:
    """The model to train, logits out: normalised inputs and hidden layers, dropout after them and before the logits.

    A network that starts with a convolution, of time or of joints, has no normalised inputs: its zero padding would be
    at another level than zero then, or its edges would mix levels, and folding would not be exact.

    Args:
        architecture: of which kind.
        dropout: share of the hidden channels that are zero.
        head_dropout: share of the zeros before the logits.
        step: counts training steps; with `seed` it decides about dropout's masks.
        seed: see `step`.
        precision: what Keras calls a policy; weights and logits are float32 in all of them.
        input_norm: False leaves the inputs at the scale that the features have.
    """
    before = tf_keras.mixed_precision.global_policy()
    tf_keras.mixed_precision.set_global_policy(precision)
    try:
        step = tf.Variable(0, dtype=tf.int64) if step is None else step
        inputs = tf_keras.Input((architecture.window, architecture.input_size), name="features")
        normed = input_norm and isinstance(architecture.layers[0], Dense | Lstm)
        first = _batch_norm(_INPUT_NORM)(inputs) if normed else inputs
        masks = _Dropouts(dropout, seed, step), _Dropouts(head_dropout, seed + 1, step)
        return tf_keras.Model(inputs, _hidden_and_logits(architecture, first, *masks))
    finally:
        tf_keras.mixed_precision.set_global_policy(before)


def _hidden_and_logits(
    architecture: Architecture, outputs: _Tensor, dropouts: "_Dropouts", last: "_Dropouts"
) -> _Tensor:
    for layer in architecture.layers[:-1]:
        outputs = _apply_hidden(layer, outputs, dropouts)
    outputs = _apply(architecture.layers[-1], last.next()(outputs))
    return tf_keras.layers.Activation("linear", dtype="float32")(outputs)


def plain_model(architecture: Architecture, weights: Weights, *, batch: int | None = None) -> tf_keras.Model:
    """The model that computes what `core.network.forward` does with these weights; `batch` fixes the batch size."""
    inputs = tf_keras.Input((architecture.window, architecture.input_size), batch_size=batch, name="features")
    outputs = inputs
    for layer in architecture.layers:
        outputs = _flatten_joints(layer, _activation(layer, _apply(layer, outputs)))
    model = tf_keras.Model(inputs, outputs)
    for layer in _named(architecture):
        model.get_layer(layer.name).set_weights([weights[name] for name in _parameters(layer, architecture)])
    return model


def fold(model: tf_keras.Model, architecture: Architecture) -> Weights:
    """The weights of a model that `build` made, batch normalisation folded in with its moving averages.

    With y = scale * x + shift for a normalisation, one that follows a layer scales the layer's columns; the inputs'
    scales the first layer's rows, and its shift goes through the kernel into the bias.
    """
    weights: dict[str, _Float64] = {}
    names = {layer.name for layer in model.layers}
    for layer in _named(architecture):
        kernel, *recurrent, bias = (tensor.astype(np.float64) for tensor in model.get_layer(layer.name).get_weights())
        if layer is architecture.layers[0] and _INPUT_NORM in names:
            scale, shift = _norm_of(model, _INPUT_NORM)
            kernel, bias = kernel * scale[:, None], bias + shift @ kernel
        if _has_norm(layer) and layer is not architecture.layers[-1]:
            scale, shift = _norm_of(model, _norm_name(layer))
            kernel, bias = kernel * scale, bias * scale + shift
        weights |= dict(zip(_parameters(layer, architecture), (kernel, *recurrent, bias), strict=True))
    return {name: tensor.astype(np.float32) for name, tensor in weights.items()}


class _Dropouts:
    """Makes a network's dropout layers, each with masks of its own."""

    def __init__(self, rate: float, seed: int, step: tf.Variable) -> None:
        self._rate, self._step = rate, step
        self._seeds = np.random.default_rng(seed)

    def next(self) -> StepDropout:
        return StepDropout(self._rate, seed=int(self._seeds.integers(2**62)), step=self._step)


def _apply_hidden(layer: Layer, outputs: _Tensor, dropouts: _Dropouts) -> _Tensor:
    outputs = _apply(layer, outputs)
    if _has_norm(layer):
        outputs = _activation(layer, _batch_norm(_norm_name(layer))(outputs))
        outputs = dropouts.next()(outputs)
    return _flatten_joints(layer, outputs)


def _apply(layer: Layer, inputs: _Tensor) -> _Tensor:
    """The layer's outputs before its activation; joints still apart (N, T, V, C), so that a norm is theirs together."""
    match layer:
        case MaxPool(size=size):
            return tf_keras.layers.MaxPool1D(size)(inputs)
        case MeanMaxPool():
            mean = tf_keras.layers.GlobalAveragePooling1D()(inputs)
            return tf_keras.layers.Concatenate()([mean, tf_keras.layers.GlobalMaxPooling1D()(inputs)])
        case LastStep():
            return inputs[:, -1]
        case Gather(columns=columns):
            return tf.gather(inputs, columns, axis=2)
        case _:
            return _with_weights(layer)(inputs)


def _with_weights(layer: Named) -> tf_keras.layers.Layer:
    match layer:
        case Dense(name=name, units=units):
            return tf_keras.layers.Dense(units, name=name)
        case Conv1D(name=name, filters=filters, width=width):
            return tf_keras.layers.Conv1D(filters, width, padding="same", name=name)
        case Lstm(name=name, units=units):
            return tf_keras.layers.LSTM(units, return_sequences=True, name=name)
        case JointGraph(name=name, units=units, parents=parents):
            return JointGraphLayer(units, parents, name=name)
        case JointConv1D(name=name, joints=joints, filters=filters, width=width):
            return JointConv1DLayer(joints, filters, width, name=name)


def _activation(layer: Layer, outputs: _Tensor) -> _Tensor:
    if _has_norm(layer) and layer.activation == "relu":
        return tf_keras.layers.ReLU()(outputs)
    return outputs


def _flatten_joints(layer: Layer, outputs: _Tensor) -> _Tensor:
    if isinstance(layer, JointGraph | JointConv1D):
        _, steps, joints, channels = outputs.shape
        return tf_keras.layers.Reshape((steps, joints * channels))(outputs)
    return outputs


def _has_norm(layer: Layer) -> TypeGuard[Dense | Conv1D | JointGraph | JointConv1D]:
    return isinstance(layer, Named) and not isinstance(layer, Lstm)


def _batch_norm(name: str) -> tf_keras.layers.Layer:
    return tf_keras.layers.BatchNormalization(momentum=_NORM_MOMENTUM, name=name)


def _norm_name(layer: Named) -> str:
    return f"{layer.name}_norm"


def _norm_of(model: tf_keras.Model, name: str) -> tuple[_Float64, _Float64]:
    """Scale and shift of a normalisation in inference."""
    norm = model.get_layer(name)
    gamma, beta, mean, variance = (tensor.astype(np.float64) for tensor in norm.get_weights())
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return scale, beta - mean * scale


def _named(architecture: Architecture) -> list[Named]:
    return [layer for layer in architecture.layers if isinstance(layer, Named)]


def _parameters(layer: Named, architecture: Architecture) -> list[str]:
    """Names of a layer's tensors in Keras's order, which is also ours: kernel, recurrent kernel, bias."""
    return [name for name in parameter_shapes(architecture) if name.startswith(f"{layer.name}/")]
