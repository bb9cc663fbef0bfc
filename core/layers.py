"""Forward and backward of each kind of layer, in numpy; `core.network` stacks them.

A layer object serves one pass: `forward` keeps what `backward` needs. Batches are (N, T, F) for sequences and (N, F)
for vectors. Everything keeps the kind of float it is given: float32 at work, float64 where a test wants exact slopes.
"""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core import architecture
from core.architecture import LSTM_GATES
from core.weights import Weights

Array = npt.NDArray[Any]  # float32, or float64 in gradient checks
Gradients = dict[str, Array]  # by the names of the weights

_GATE_SCALE = np.array([0.5, 0.5, 1.0, 0.5]).reshape(LSTM_GATES, 1, 1)  # input, forget, cell, output


class LayerPass(Protocol):
    """One layer on its way through one batch."""

    def forward(self, inputs: Array) -> Array:
        """Outputs for a batch."""

    def backward(self, slope: Array, gradients: Gradients) -> Array:
        """Slope of the loss by the inputs from that by the outputs; adds the parameters' to `gradients`."""


class DensePass:
    """activation(x @ kernel + bias), of all steps in one product."""

    def __init__(self, layer: architecture.Dense, weights: Weights) -> None:
        self._layer = layer
        self._kernel, self._bias = weights[f"{layer.name}/kernel"], weights[f"{layer.name}/bias"]

    def forward(self, inputs: Array) -> Array:
        """See LayerPass."""
        self._shape = inputs.shape
        self._rows = inputs.reshape(-1, inputs.shape[-1])  # time-distributed is one large product
        outputs = self._rows @ self._kernel
        outputs += self._bias
        self._outputs = _activate(outputs, self._layer.activation)
        return self._outputs.reshape(*inputs.shape[:-1], -1)

    def backward(self, slope: Array, gradients: Gradients) -> Array:
        """See LayerPass."""
        rows = _activation_slope(slope.reshape(self._outputs.shape), self._outputs, self._layer.activation)
        gradients[f"{self._layer.name}/kernel"] = self._rows.T @ rows
        gradients[f"{self._layer.name}/bias"] = rows.sum(axis=0)
        return (rows @ self._kernel.T).reshape(self._shape)


class Conv1DPass:
    """Convolution as one product with the steps that each output sees, side by side (im2col)."""

    def __init__(self, layer: architecture.Conv1D, weights: Weights) -> None:
        self._layer = layer
        kernel = weights[f"{layer.name}/kernel"]
        self._kernel = kernel.reshape(-1, layer.filters)  # (width * F, filters)
        self._kernel_shape = kernel.shape
        self._bias = weights[f"{layer.name}/bias"]

    def forward(self, inputs: Array) -> Array:
        """See LayerPass."""
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

    def backward(self, slope: Array, gradients: Gradients) -> Array:
        """See LayerPass."""
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


class MaxPoolPass:
    """Maximum over every few steps."""

    def __init__(self, layer: architecture.MaxPool, _: Weights) -> None:
        self._size = layer.size

    def forward(self, inputs: Array) -> Array:
        """See LayerPass."""
        batch, steps, features = inputs.shape
        self._shape = inputs.shape
        self._groups = inputs[:, : steps // self._size * self._size].reshape(batch, -1, self._size, features)
        self._largest = self._groups.max(axis=2)
        return np.asarray(self._largest)

    def backward(self, slope: Array, _: Gradients) -> Array:
        """See LayerPass."""
        batch, pooled, features = slope.shape
        inputs = np.zeros(self._shape, slope.dtype)
        winners = _first_largest(self._groups, self._largest[:, :, None], axis=2)
        inputs[:, : pooled * self._size] = (winners * slope[:, :, None]).reshape(batch, -1, features)
        return inputs


class LstmPass:
    """LSTM with back-propagation through time.

    Inside, gates come first and steps second, (4, T, N, units): every product of a step then works on small contiguous
    matrices, which BLAS does three times as fast as one wide one.
    """

    def __init__(self, layer: architecture.Lstm, weights: Weights) -> None:
        self._name, self._units = layer.name, layer.units
        self._kernel = _gates_first(weights[f"{layer.name}/kernel"])  # (4, F, units)
        self._recurrent = _gates_first(weights[f"{layer.name}/recurrent_kernel"])  # (4, units, units)
        self._bias = weights[f"{layer.name}/bias"].reshape(LSTM_GATES, 1, -1)

    def forward(self, inputs: Array) -> Array:
        """See LayerPass."""
        batch, steps, features = inputs.shape
        self._inputs = np.ascontiguousarray(inputs.swapaxes(0, 1)).reshape(steps * batch, features)
        self._gates = (self._inputs @ self._kernel + self._bias).reshape(LSTM_GATES, steps, batch, -1)
        self._cells = np.zeros((steps + 1, batch, self._units), inputs.dtype)  # [0]: before the first step
        self._hidden = np.zeros_like(self._cells)
        self._squashed = np.empty_like(self._cells[1:])  # tanh(cell)
        for step in range(steps):
            gates = self._gates[:, step]
            gates += self._hidden[step] @ self._recurrent
            _activate_gates(gates)
            entry, forget, candidate, exit_ = gates
            np.multiply(forget, self._cells[step], out=self._cells[step + 1])
            self._cells[step + 1] += entry * candidate
            np.tanh(self._cells[step + 1], out=self._squashed[step])
            np.multiply(exit_, self._squashed[step], out=self._hidden[step + 1])
        return self._hidden[1:].swapaxes(0, 1)

    def backward(self, slope: Array, gradients: Gradients) -> Array:
        """See LayerPass."""
        _, steps, batch, units = self._gates.shape
        before = self._gates * (1 - self._gates)  # derivative of the sigmoid by its value; becomes the slopes before
        before[2] = 1 - self._gates[2] ** 2  # the activations
        squash_slopes = 1 - self._squashed**2
        recurrent = np.ascontiguousarray(self._recurrent.swapaxes(1, 2))
        hidden = np.zeros((batch, units), slope.dtype)
        cell = np.zeros_like(hidden)
        for step in reversed(range(steps)):
            entry, forget, candidate, exit_ = self._gates[:, step]
            hidden += slope[:, step]
            cell += hidden * exit_ * squash_slopes[step]
            before[0, step] *= cell * candidate
            before[1, step] *= cell * self._cells[step]
            before[2, step] *= cell * entry
            before[3, step] *= hidden * self._squashed[step]
            cell *= forget
            np.sum(before[:, step] @ recurrent, axis=0, out=hidden)
        rows = before.reshape(LSTM_GATES, steps * batch, units)
        earlier = self._hidden[:-1].reshape(steps * batch, units)
        gradients[f"{self._name}/kernel"] = _gates_last(self._inputs.T @ rows)
        gradients[f"{self._name}/recurrent_kernel"] = _gates_last(earlier.T @ rows)
        gradients[f"{self._name}/bias"] = rows.sum(axis=1).reshape(-1)
        inputs = (rows @ self._kernel.swapaxes(1, 2)).sum(axis=0)
        return np.asarray(inputs.reshape(steps, batch, -1).swapaxes(0, 1))


class MeanMaxPoolPass:
    """Mean and maximum over time."""

    def __init__(self, _: architecture.MeanMaxPool, __: Weights) -> None:
        pass

    def forward(self, inputs: Array) -> Array:
        """See LayerPass."""
        self._inputs = inputs
        self._largest = inputs.max(axis=1)
        return np.concatenate([inputs.mean(axis=1), self._largest], axis=1)

    def backward(self, slope: Array, _: Gradients) -> Array:
        """See LayerPass."""
        _batch, steps, features = self._inputs.shape
        winners = _first_largest(self._inputs, self._largest[:, None], axis=1)
        return np.asarray(winners * slope[:, None, features:] + slope[:, None, :features] / steps)


class GatherPass:
    """Chosen features."""

    def __init__(self, layer: architecture.Gather, _: Weights) -> None:
        self._columns = np.array(layer.columns)

    def forward(self, inputs: Array) -> Array:
        """See LayerPass."""
        self._shape = inputs.shape
        return inputs[..., self._columns]

    def backward(self, slope: Array, _: Gradients) -> Array:
        """See LayerPass."""
        chosen = np.eye(self._shape[-1], dtype=slope.dtype)[self._columns]  # one may have been chosen several times
        return np.asarray((slope.reshape(-1, len(chosen)) @ chosen).reshape(self._shape))


class LastStepPass:
    """The last step."""

    def __init__(self, _: architecture.LastStep, __: Weights) -> None:
        pass

    def forward(self, inputs: Array) -> Array:
        """See LayerPass."""
        self._shape = inputs.shape
        return inputs[:, -1]

    def backward(self, slope: Array, _: Gradients) -> Array:
        """See LayerPass."""
        inputs: Array = np.zeros(self._shape, slope.dtype)
        inputs[:, -1] = slope
        return inputs


def _activate(outputs: Array, activation: architecture.Activation) -> Array:
    if activation == "relu":
        np.maximum(outputs, 0, out=outputs)
    return outputs


def _activation_slope(slope: Array, outputs: Array, activation: architecture.Activation) -> Array:
    return np.asarray(slope * (outputs > 0)) if activation == "relu" else slope


def _first_largest(values: Array, largest: Array, axis: int) -> npt.NDArray[np.bool_]:
    # Where the maximum is taken from. Ties are common after a relu, and only one step may get the slope; argmax would
    # say it in one call, at eight times the cost.
    equal = values == largest
    return np.asarray(equal & (np.cumsum(equal, axis=axis, dtype=np.int16) == 1))


def _activate_gates(gates: Array) -> None:
    # (4, N, units) in place. The sigmoid is made of tanh, which saturates without overflow and numpy has vectorised:
    # sigmoid(x) = tanh(x / 2) / 2 + 1/2; the candidate's gate is a plain tanh.
    scale = _GATE_SCALE.astype(gates.dtype)
    gates *= scale
    np.tanh(gates, out=gates)
    gates *= scale
    gates += 1 - scale


def _gates_first(kernel: Array) -> Array:
    return np.ascontiguousarray(kernel.reshape(len(kernel), LSTM_GATES, -1).swapaxes(0, 1))


def _gates_last(kernel: Array) -> Array:
    return np.asarray(kernel.swapaxes(0, 1).reshape(kernel.shape[1], -1))
