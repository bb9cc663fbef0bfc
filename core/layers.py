"""Forward and backward of each kind of layer, in numpy; `core.network` stacks them.

A layer object serves one pass: `forward` keeps what `backward` needs. Batches are (N, T, F) for sequences and (N, F)
for vectors. Everything keeps the kind of float it is given: float32 at work, float64 where a test wants exact slopes.
"""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core import architecture
from core.weights import Weights

Array = npt.NDArray[Any]  # float32, or float64 in gradient checks


class LayerPass(Protocol):
    """One layer on its way through one batch."""

    def forward(self, inputs: Array) -> Array:
        """Outputs for a batch."""

    def backward(self, slope: Array, gradients: Weights) -> Array:
        """Slope of the loss by the inputs from that by the outputs; adds the parameters' to `gradients`."""


class _Dense:
    def __init__(self, layer: architecture.Dense, weights: Weights) -> None:
        self._layer = layer
        self._kernel, self._bias = weights[f"{layer.name}/kernel"], weights[f"{layer.name}/bias"]

    def forward(self, inputs: Array) -> Array:
        self._shape = inputs.shape
        self._rows = inputs.reshape(-1, inputs.shape[-1])  # time-distributed is one large product
        outputs = self._rows @ self._kernel
        outputs += self._bias
        self._outputs = _activate(outputs, self._layer.activation)
        return self._outputs.reshape(*inputs.shape[:-1], -1)

    def backward(self, slope: Array, gradients: Weights) -> Array:
        rows = _activation_slope(slope.reshape(self._outputs.shape), self._outputs, self._layer.activation)
        gradients[f"{self._layer.name}/kernel"] = self._rows.T @ rows
        gradients[f"{self._layer.name}/bias"] = rows.sum(axis=0)
        return (rows @ self._kernel.T).reshape(self._shape)


class _Conv1D:
    """Convolution as one product with the steps that each output sees, side by side (im2col)."""

    def __init__(self, layer: architecture.Conv1D, weights: Weights) -> None:
        self._layer = layer
        kernel = weights[f"{layer.name}/kernel"]
        self._kernel = kernel.reshape(-1, layer.filters)  # (width * F, filters)
        self._kernel_shape = kernel.shape
        self._bias = weights[f"{layer.name}/bias"]

    def forward(self, inputs: Array) -> Array:
        batch, steps, features = inputs.shape
        width = self._layer.width
        self._before = (width - 1) // 2  # TensorFlow's "same": of an odd number of zeros the larger half comes after
        padded = np.zeros((batch, steps + width - 1, features), inputs.dtype)
        padded[:, self._before : self._before + steps] = inputs
        seen = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)  # (N, T, F, width)
        self._seen = np.ascontiguousarray(seen.swapaxes(2, 3)).reshape(batch * steps, width * features)
        self._shape = inputs.shape
        outputs = self._seen @ self._kernel
        outputs += self._bias
        self._outputs = _activate(outputs, self._layer.activation)
        return self._outputs.reshape(batch, steps, -1)

    def backward(self, slope: Array, gradients: Weights) -> Array:
        batch, steps, features = self._shape
        width = self._layer.width
        rows = _activation_slope(slope.reshape(self._outputs.shape), self._outputs, self._layer.activation)
        gradients[f"{self._layer.name}/kernel"] = (self._seen.T @ rows).reshape(self._kernel_shape)
        gradients[f"{self._layer.name}/bias"] = rows.sum(axis=0)
        seen = (rows @ self._kernel.T).reshape(batch, steps, width, features)
        padded = np.zeros((batch, steps + width - 1, features), slope.dtype)
        for offset in range(width):
            padded[:, offset : offset + steps] += seen[:, :, offset]
        return padded[:, self._before : self._before + steps]


class _MaxPool:
    def __init__(self, layer: architecture.MaxPool, _: Weights) -> None:
        self._size = layer.size

    def forward(self, inputs: Array) -> Array:
        batch, steps, features = inputs.shape
        self._shape = inputs.shape
        groups = inputs[:, : steps // self._size * self._size].reshape(batch, -1, self._size, features)
        self._winners = groups.argmax(axis=2, keepdims=True)
        return np.take_along_axis(groups, self._winners, axis=2)[:, :, 0]

    def backward(self, slope: Array, _: Weights) -> Array:
        batch, pooled, features = slope.shape
        inputs = np.zeros(self._shape, slope.dtype)
        groups = inputs[:, : pooled * self._size].reshape(batch, pooled, self._size, features)
        np.put_along_axis(groups, self._winners, slope[:, :, None], axis=2)
        inputs[:, : pooled * self._size] = groups.reshape(batch, -1, features)
        return inputs


class _Lstm:
    """LSTM with back-propagation through time, steps first inside: the products of a step are then contiguous."""

    def __init__(self, layer: architecture.Lstm, weights: Weights) -> None:
        self._name, self._units = layer.name, layer.units
        self._kernel = weights[f"{layer.name}/kernel"]
        self._recurrent = weights[f"{layer.name}/recurrent_kernel"]
        self._bias = weights[f"{layer.name}/bias"]

    def forward(self, inputs: Array) -> Array:
        batch, steps, features = inputs.shape
        units = self._units
        self._inputs = np.ascontiguousarray(inputs.swapaxes(0, 1)).reshape(steps * batch, features)
        self._gates = (self._inputs @ self._kernel + self._bias).reshape(steps, batch, 4 * units)
        self._cells = np.zeros((steps + 1, batch, units), inputs.dtype)  # [0]: before the first step
        self._hidden = np.zeros_like(self._cells)
        self._squashed = np.empty_like(self._cells[1:])  # tanh(cell)
        for step, gates in enumerate(self._gates):
            gates += self._hidden[step] @ self._recurrent
            entry, forget, candidate, exit_ = self._split(gates)
            _sigmoid_in_place(gates[:, : 2 * units])
            np.tanh(candidate, out=candidate)
            _sigmoid_in_place(exit_)
            np.multiply(forget, self._cells[step], out=self._cells[step + 1])
            self._cells[step + 1] += entry * candidate
            np.tanh(self._cells[step + 1], out=self._squashed[step])
            np.multiply(exit_, self._squashed[step], out=self._hidden[step + 1])
        return self._hidden[1:].swapaxes(0, 1)

    def backward(self, slope: Array, gradients: Weights) -> Array:
        steps, batch, _ = self._gates.shape
        units = self._units
        derivatives = self._gates * (1 - self._gates)  # of the sigmoid, by its value
        derivatives[..., 2 * units : 3 * units] = 1 - self._gates[..., 2 * units : 3 * units] ** 2
        squash_slopes = 1 - self._squashed**2
        before = np.empty_like(self._gates)  # slopes before the gates' activations
        recurrent = np.ascontiguousarray(self._recurrent.T)
        hidden = np.zeros((batch, units), slope.dtype)
        cell = np.zeros_like(hidden)
        for step in reversed(range(steps)):
            entry, forget, candidate, exit_ = self._split(self._gates[step])
            hidden += slope[:, step]
            cell += hidden * exit_ * squash_slopes[step]
            to_entry, to_forget, to_candidate, to_exit = self._split(before[step])
            np.multiply(cell, candidate, out=to_entry)
            np.multiply(cell, self._cells[step], out=to_forget)
            np.multiply(cell, entry, out=to_candidate)
            np.multiply(hidden, self._squashed[step], out=to_exit)
            before[step] *= derivatives[step]
            cell *= forget
            np.matmul(before[step], recurrent, out=hidden)
        rows = before.reshape(steps * batch, -1)
        gradients[f"{self._name}/kernel"] = self._inputs.T @ rows
        gradients[f"{self._name}/recurrent_kernel"] = self._hidden[:-1].reshape(steps * batch, units).T @ rows
        gradients[f"{self._name}/bias"] = rows.sum(axis=0)
        return (rows @ self._kernel.T).reshape(steps, batch, -1).swapaxes(0, 1)

    def _split(self, gates: Array) -> tuple[Array, Array, Array, Array]:
        units = self._units  # views in Keras order
        return gates[:, :units], gates[:, units : 2 * units], gates[:, 2 * units : 3 * units], gates[:, 3 * units :]


class _MeanMaxPool:
    def __init__(self, _: architecture.MeanMaxPool, __: Weights) -> None:
        pass

    def forward(self, inputs: Array) -> Array:
        self._shape = inputs.shape
        self._winners = inputs.argmax(axis=1, keepdims=True)
        largest = np.take_along_axis(inputs, self._winners, axis=1)[:, 0]
        return np.concatenate([inputs.mean(axis=1), largest], axis=1)

    def backward(self, slope: Array, _: Weights) -> Array:
        _, steps, features = self._shape
        inputs = np.zeros(self._shape, slope.dtype)
        np.put_along_axis(inputs, self._winners, slope[:, None, features:], axis=1)
        inputs += slope[:, None, :features] / steps
        return inputs


class _LastStep:
    def __init__(self, _: architecture.LastStep, __: Weights) -> None:
        pass

    def forward(self, inputs: Array) -> Array:
        self._shape = inputs.shape
        return inputs[:, -1]

    def backward(self, slope: Array, _: Weights) -> Array:
        inputs = np.zeros(self._shape, slope.dtype)
        inputs[:, -1] = slope
        return inputs


def prepare(layer: architecture.Layer, weights: Weights) -> LayerPass:
    """The layer, ready for one pass with these weights."""
    match layer:
        case architecture.Dense():
            return _Dense(layer, weights)
        case architecture.Conv1D():
            return _Conv1D(layer, weights)
        case architecture.MaxPool():
            return _MaxPool(layer, weights)
        case architecture.Lstm():
            return _Lstm(layer, weights)
        case architecture.MeanMaxPool():
            return _MeanMaxPool(layer, weights)
        case architecture.LastStep():
            return _LastStep(layer, weights)


def _activate(outputs: Array, activation: architecture.Activation) -> Array:
    return np.maximum(outputs, 0, out=outputs) if activation == "relu" else outputs


def _activation_slope(slope: Array, outputs: Array, activation: architecture.Activation) -> Array:
    return slope * (outputs > 0) if activation == "relu" else slope


def _sigmoid_in_place(values: Array) -> None:
    # By tanh: it saturates without overflow, and numpy has a vectorised one.
    values *= 0.5
    np.tanh(values, out=values)
    values *= 0.5
    values += 0.5
