"""The classifier in numpy: what devices train with and what the aggregator checks a quantized model against.

    weights = initialise(architecture, np.random.default_rng(0))
    logits = forward(architecture, weights, windows)                            # (N, T, F) -> (N, C)
    loss, gradients, logits = loss_and_gradients(architecture, weights, windows, labels)

Numbers agree with TensorFlow's to float32 precision (tests/core/test_network.py). There is no batch normalisation: it
is folded into its neighbours before weights leave the desktop (`training.models`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from core import architecture as kinds
from core import joint_layers, layers
from core.architecture import LSTM_GATES, Architecture, JointGraph, parameter_shapes
from core.layers import Array, Gradients, LayerPass
from core.weights import Weights

_PASSES: dict[type[kinds.Layer], Callable[[Any, Weights], LayerPass]] = {
    kinds.Dense: layers.DensePass,
    kinds.Conv1D: layers.Conv1DPass,
    kinds.MaxPool: layers.MaxPoolPass,
    kinds.Lstm: layers.LstmPass,
    kinds.MeanMaxPool: layers.MeanMaxPoolPass,
    kinds.LastStep: layers.LastStepPass,
    kinds.Gather: layers.GatherPass,
    kinds.JointGraph: joint_layers.JointGraphPass,
    kinds.JointConv1D: joint_layers.JointConv1DPass,
}
_FORWARD_BATCH = 256  # windows at once: bounds memory (about 60 MB for the default network), costs no speed


def initialise(architecture: Architecture, rng: np.random.Generator) -> Weights:
    """Fresh weights, Keras's defaults.

    Kernels are uniform (Glorot and Bengio 2010), recurrent kernels orthogonal (Saxe et al. 2013), biases zero but for
    the forget gates' at one (Jozefowicz et al. 2015), edges the skeleton's.
    """
    weights = {name: _initial_tensor(name, shape, rng) for name, shape in parameter_shapes(architecture).items()}
    for layer in architecture.layers:
        if isinstance(layer, JointGraph):
            weights[f"{layer.name}/edges"] = joint_layers.initial_edges(layer.parents)
    return weights


def prepare(layer: kinds.Layer, weights: Weights) -> LayerPass:
    """The layer, ready for one pass with these weights."""
    return _PASSES[type(layer)](layer, weights)


def forward(architecture: Architecture, weights: Weights, windows: Array) -> Array:
    """Logits (N, C) for windows (N, T, F).

    Raises:
        ValueError: the windows are not of the architecture's T and F.
    """
    _check_windows(architecture, windows)
    batches = [windows[start : start + _FORWARD_BATCH] for start in range(0, len(windows), _FORWARD_BATCH)]
    if not batches:
        return np.zeros((0, architecture.classes), windows.dtype)
    return np.concatenate([_forward_batch(architecture, weights, batch) for batch in batches])


def loss_and_gradients(
    architecture: Architecture,
    weights: Weights,
    windows: Array,
    labels: npt.NDArray[Any],
    *,
    sample_weight: Array | None = None,
) -> tuple[float, Weights, Array]:
    """Mean cross-entropy of a batch, its gradient by every weight, and the logits (N, C).

    `labels` are classes (N,) of an integer type, or distributions (N, C). `sample_weight` (N,) weights the mean.

    Raises:
        ValueError: empty batch, or shapes that do not belong together.
    """
    _check_windows(architecture, windows)
    targets = _distributions(labels, architecture.classes).astype(windows.dtype, copy=False)
    shares = np.ones(len(windows), windows.dtype) if sample_weight is None else np.asarray(sample_weight)
    if not len(windows) == len(targets) == len(shares) or not shares.sum() > 0:
        raise ValueError(f"{len(windows)} windows, {len(targets)} labels and {len(shares)} weights do not make a batch")
    shares = (shares / shares.sum()).astype(windows.dtype, copy=False)
    passes = [prepare(layer, weights) for layer in architecture.layers]
    outputs = windows
    for layer in passes:
        outputs = layer.forward(outputs)
    loss = float(shares @ cross_entropy(outputs, targets))
    slope = (softmax(outputs) * targets.sum(axis=1, keepdims=True) - targets) * shares[:, None]
    gradients: Gradients = {}
    for layer in reversed(passes):
        slope = layer.backward(slope, gradients)
    return loss, {name: gradients[name] for name in weights}, outputs


def softmax(logits: Array) -> Array:
    """Probabilities along the last axis."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def free_energy(logits: Array, temperature: float) -> Array:
    """Energy (...) of logits (..., C), high for movement unlike anything in training (Liu et al. 2020, section 3.1)."""
    scaled = logits / np.float32(temperature)
    highest = scaled.max(axis=-1, keepdims=True)
    total = np.exp(scaled - highest).sum(axis=-1, keepdims=True)
    return np.asarray(-np.float32(temperature) * (highest + np.log(total))[..., 0])


def cross_entropy(logits: Array, labels: npt.NDArray[Any]) -> Array:
    """Loss (N,) of every row of logits (N, C) for classes (N,) or distributions (N, C), in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.asarray(-(_distributions(labels, logits.shape[1]) * log_probabilities).sum(axis=1), logits.dtype)


def _forward_batch(architecture: Architecture, weights: Weights, outputs: Array) -> Array:
    for layer in architecture.layers:
        outputs = prepare(layer, weights).forward(outputs)
    return outputs


def _check_windows(architecture: Architecture, windows: Array) -> None:
    if windows.shape[1:] != (architecture.window, architecture.input_size):
        expected = f"(N, {architecture.window}, {architecture.input_size})"
        raise ValueError(f"windows have shape {windows.shape}; this architecture takes {expected}")


def _distributions(labels: npt.NDArray[Any], classes: int) -> npt.NDArray[Any]:
    if labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer):
        if labels.size and not 0 <= labels.min() <= labels.max() < classes:
            raise ValueError(f"labels go from {labels.min()} to {labels.max()}, but there are {classes} classes")
        return np.asarray(np.eye(classes, dtype=np.float32)[labels])
    if labels.ndim != 2 or labels.shape[1] != classes:  # noqa: PLR2004 - (N, C)
        raise ValueError(
            f"labels of shape {labels.shape} and type {labels.dtype} are neither classes nor (N, {classes})"
        )
    return labels


def _initial_tensor(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    if name.endswith("/bias"):
        return np.zeros(shape, np.float32)
    if name.endswith("/recurrent_kernel"):
        return np.concatenate([_orthogonal(shape[0], rng) for _ in range(LSTM_GATES)], axis=1)
    receptive_field = int(np.prod(shape[:-2]))
    limit = np.sqrt(6 / (receptive_field * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def _orthogonal(size: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    basis, triangle = np.linalg.qr(rng.standard_normal((size, size)))
    return np.asarray(basis * np.sign(np.diag(triangle)), np.float32)
