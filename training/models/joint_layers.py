"""The layers of `core.joint_layers` for Keras: what trains them, and what the converter turns into TFLite operators.

Only reshapes, transpositions, products and a convolution: operators that every TFLite runtime has.
"""

from typing import Any

import tensorflow as tf
import tf_keras

from core.architecture import JOINT_RELATIONS
from core.joint_layers import initial_edges

_Tensor = Any  # of Keras's symbolic kind, which has no public name


class JointGraphLayer(tf_keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """(N, T, V * C) -> (N, T, V, units), before the activation; weights in the order of `core.architecture`."""

    def __init__(self, units: int, parents: tuple[int, ...], *, name: str) -> None:
        super().__init__(name=name)
        self._units, self._parents = units, parents

    def build(self, shape: Any) -> None:  # noqa: ANN401
        """Make the weights."""
        joints = len(self._parents)
        self._channels = int(shape[-1]) // joints
        edges = tf.constant_initializer(initial_edges(self._parents))
        self._kernel = self.add_weight("kernel", (JOINT_RELATIONS * self._channels, self._units))
        self._edges = self.add_weight("edges", (joints, JOINT_RELATIONS * joints), initializer=edges)
        self._bias = self.add_weight("bias", (self._units,), initializer="zeros")

    def call(self, inputs: _Tensor) -> _Tensor:
        """See the class."""
        joints, steps = len(self._parents), inputs.shape[1]
        frames = tf.reshape(inputs, (-1, joints, self._channels))
        rows = tf.reshape(tf.transpose(frames, (0, 2, 1)), (-1, joints))
        heard = tf.reshape(tf.matmul(rows, self._edges), (-1, self._channels * JOINT_RELATIONS, joints))
        mixed = tf.reshape(tf.transpose(heard, (0, 2, 1)), (-1, self._channels * JOINT_RELATIONS))
        return tf.reshape(tf.matmul(mixed, self._kernel) + self._bias, (-1, steps, joints, self._units))


class JointConv1DLayer(tf_keras.layers.Layer):  # type: ignore[misc]
    """(N, T, V * C) -> (N, T, V, filters), before the activation; weights in the order of `core.architecture`."""

    def __init__(self, joints: int, filters: int, width: int, *, name: str) -> None:
        super().__init__(name=name)
        self._joints, self._filters, self._width = joints, filters, width

    def build(self, shape: Any) -> None:  # noqa: ANN401
        """Make the weights."""
        self._channels = int(shape[-1]) // self._joints
        self._kernel = self.add_weight("kernel", (self._width, self._channels, self._filters))
        self._bias = self.add_weight("bias", (self._filters,), initializer="zeros")

    def call(self, inputs: _Tensor) -> _Tensor:
        """See the class."""
        frames = tf.reshape(inputs, (-1, inputs.shape[1], self._joints, self._channels))
        return tf.nn.conv2d(frames, self._kernel[:, None], 1, "SAME") + self._bias
