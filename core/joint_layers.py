"""Forward and backward of the layers that know the joints of a skeleton, in numpy; see `core.layers`.

A frame of V joints with C channels each is V * C features, joint after joint. Inside it is a matrix (V, C), to which a
spatial graph convolution (Yan et al. 2018, "ST-GCN", section 3) does two products: edges mix joints, the kernel mixes
channels. Each joint hears three others, chosen by their distance from the skeleton's root: itself, its parent, and the
mean of its children. These edges are where training starts from; every one of them is a weight.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core import architecture
from core.architecture import JOINT_RELATIONS, Conv1D, Dense
from core.layers import Array, Conv1DPass, DensePass, Gradients
from core.weights import Weights


def initial_edges(parents: Sequence[int]) -> npt.NDArray[np.float32]:
    """Weights (V, 3 V) that mix joints: each column is what a joint hears as itself, as its parent, as its children.

    A root is its own parent in `parents`, and hears none.
    """
    count = len(parents)
    itself = np.eye(count, dtype=np.float32)
    parent = np.zeros_like(itself)
    for joint, above in enumerate(parents):
        if above != joint:
            parent[above, joint] = 1
    children = parent.T / np.maximum(parent.sum(axis=1), 1)
    return np.concatenate([itself, parent, children], axis=1)


class JointGraphPass:
    """Joints mixed along edges, then channels by one dense layer that all joints share."""

    def __init__(self, layer: architecture.JointGraph, weights: Weights) -> None:
        self._name, self._joints = layer.name, len(layer.parents)
        self._edges = weights[f"{layer.name}/edges"]
        self._dense = DensePass(Dense(layer.name, layer.units, layer.activation), weights)

    def forward(self, inputs: Array) -> Array:
        """See LayerPass."""
        batch, steps, features = inputs.shape
        channels = features // self._joints
        frames = inputs.reshape(-1, self._joints, channels)
        self._rows = frames.swapaxes(1, 2).reshape(-1, self._joints)  # (N T C, V)
        heard = (self._rows @ self._edges).reshape(-1, channels * JOINT_RELATIONS, self._joints)
        mixed = heard.swapaxes(1, 2).reshape(-1, channels * JOINT_RELATIONS)
        return self._dense.forward(mixed).reshape(batch, steps, -1)

    def backward(self, slope: Array, gradients: Gradients) -> Array:
        """See LayerPass."""
        batch, steps, features = slope.shape
        mixed = self._dense.backward(slope.reshape(-1, features // self._joints), gradients)
        heard = mixed.reshape(-1, self._joints, mixed.shape[1]).swapaxes(1, 2).reshape(len(self._rows), -1)
        gradients[f"{self._name}/edges"] = self._rows.T @ heard
        frames = (heard @ self._edges.T).reshape(-1, mixed.shape[1] // JOINT_RELATIONS, self._joints)
        return frames.swapaxes(1, 2).reshape(batch, steps, -1)


class JointConv1DPass:
    """A convolution over time that all joints share: to it each of them is a window of its own."""

    def __init__(self, layer: architecture.JointConv1D, weights: Weights) -> None:
        self._joints = layer.joints
        self._conv = Conv1DPass(Conv1D(layer.name, layer.filters, layer.width, layer.activation), weights)

    def forward(self, inputs: Array) -> Array:
        """See LayerPass."""
        return self._to_frames(self._conv.forward(self._to_joints(inputs)))

    def backward(self, slope: Array, gradients: Gradients) -> Array:
        """See LayerPass."""
        return self._to_frames(self._conv.backward(self._to_joints(slope), gradients))

    def _to_joints(self, frames: Array) -> Array:
        batch, steps, features = frames.shape
        joints = frames.reshape(batch, steps, self._joints, -1).swapaxes(1, 2)
        return joints.reshape(batch * self._joints, steps, features // self._joints)

    def _to_frames(self, joints: Array) -> Array:
        _, steps, channels = joints.shape
        frames = joints.reshape(-1, self._joints, steps, channels).swapaxes(1, 2)
        return frames.reshape(len(frames), steps, self._joints * channels)
