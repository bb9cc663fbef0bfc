"""Each layer computes its definition, and its slopes are the ones that finite differences find."""

import numpy as np
import pytest

from core.architecture import (
    Architecture,
    Conv1D,
    Dense,
    Gather,
    JointConv1D,
    JointGraph,
    LastStep,
    Lstm,
    MaxPool,
    MeanMaxPool,
    parameter_shapes,
)
from core.joint_layers import initial_edges
from core.network import cross_entropy, forward, loss_and_gradients, prepare

SEQUENCE, TO_VECTOR = (5, 3), LastStep()
STACKS = {
    "dense": (Dense("a", 4, "relu"), TO_VECTOR),
    "conv": (Conv1D("a", 4, 3, "relu"), TO_VECTOR),
    "conv of even width": (Conv1D("a", 4, 4), TO_VECTOR),
    "conv wider than the window": (Conv1D("a", 4, 7), TO_VECTOR),
    "pool with a rest": (MaxPool(2), MeanMaxPool()),
    "lstm": (Lstm("a", 4), TO_VECTOR),
    "two lstm": (Lstm("a", 4), Lstm("b", 2), MeanMaxPool()),
    "gather": (Gather((2, 0, 0, 1)), TO_VECTOR),
    "graph of three joints": (JointGraph("a", 2, (1, 1, 1), "relu"), TO_VECTOR),
    "graph of joints with channels": (Gather((0, 1, 2, 2, 1, 0)), JointGraph("a", 2, (0, 0, 1)), MeanMaxPool()),
    "convolution of each joint": (JointConv1D("a", 3, 2, 3, "relu"), TO_VECTOR),
    "graph and convolution": (JointGraph("a", 2, (0, 0, 0), "relu"), JointConv1D("b", 3, 2, 4), MaxPool(2), TO_VECTOR),
    "all": (Dense("a", 4, "relu"), Conv1D("b", 3, 3, "relu"), MaxPool(2), Lstm("c", 4), MeanMaxPool()),
}


def make(layers):
    """An architecture over (5, 3), float64 weights and inputs for it."""
    architecture = Architecture(3, 5, (*layers, Dense("logits", 3)))
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(0, 0.5, shape) for name, shape in parameter_shapes(architecture).items()}
    return architecture, weights, rng.normal(size=(4, 5, 3))


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_gradients_are_the_slopes_of_the_loss(layers):
    """Moving any weight a little changes the loss by what the gradient says (central differences, float64)."""
    architecture, weights, windows = make(layers)
    labels, step = np.array([0, 1, 2, 1]), 1e-6
    _, gradients, _ = loss_and_gradients(architecture, weights, windows, labels)
    for name, tensor in weights.items():
        for index in np.ndindex(tensor.shape):
            value = tensor[index]
            losses = []
            for moved in (value + step, value - step):
                tensor[index] = moved
                losses.append(cross_entropy(forward(architecture, weights, windows), labels).mean())
            tensor[index] = value
            assert gradients[name][index] == pytest.approx((losses[0] - losses[1]) / (2 * step), abs=1e-7), name


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_slopes_reach_the_inputs(layers):
    """A layer's slope by its inputs is the one that central differences find."""
    _, weights, windows = make(layers)
    layer, step = layers[0], 1e-6
    one_pass = prepare(layer, weights)
    outputs = one_pass.forward(windows)
    direction = np.random.default_rng(1).normal(size=outputs.shape)
    slope = one_pass.backward(direction, {})
    for index in np.ndindex(windows.shape):
        moved = np.zeros_like(windows)
        moved[index] = step
        difference = prepare(layer, weights).forward(windows + moved) - prepare(layer, weights).forward(windows - moved)
        assert slope[index] == pytest.approx((difference * direction).sum() / (2 * step), abs=1e-7)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_convolution_keeps_the_length(width):
    """Zeros before and after keep the number of steps; of an odd number of them the larger half comes after."""
    rng = np.random.default_rng(0)
    kernel, signal = rng.normal(size=width), rng.normal(size=6)
    layer = prepare(Conv1D("a", 1, width), {"a/kernel": kernel.reshape(width, 1, 1), "a/bias": np.array([0.5])})
    before = (width - 1) // 2
    padded = np.concatenate([np.zeros(before), signal, np.zeros(width - 1 - before)])
    expected = np.correlate(padded, kernel, mode="valid") + 0.5
    np.testing.assert_allclose(layer.forward(signal.reshape(1, 6, 1))[0, :, 0], expected)


def test_only_one_of_equals_gets_the_slope_of_a_maximum():
    """Where steps tie for the maximum, the first alone gets the slope, so that slopes add up to what came in."""
    for layer in (MaxPool(3), MeanMaxPool()):
        one_pass = prepare(layer, {})
        outputs = one_pass.forward(np.zeros((1, 3, 2)))
        slope = one_pass.backward(np.ones_like(outputs), {})
        assert slope.sum() == pytest.approx(outputs.size)
        assert slope[0, 0, 0] > slope[0, 1, 0] == slope[0, 2, 0]


def test_float32_stays_float32():
    """Nothing on the way turns float32 into float64, which would halve the speed."""
    architecture, weights, windows = make(STACKS["all"])
    narrow = {name: tensor.astype(np.float32) for name, tensor in weights.items()}
    _, gradients, logits = loss_and_gradients(architecture, narrow, windows.astype(np.float32), np.array([0, 1, 2, 1]))
    assert {logits.dtype, *(gradient.dtype for gradient in gradients.values())} == {np.dtype(np.float32)}


def test_a_joint_hears_itself_its_parent_and_its_children():
    """Edges start as the skeleton: a root without parent, leaves without children, siblings in equal shares."""
    itself, parent, children = np.split(initial_edges((0, 0, 0, 1)), 3, axis=1)
    positions = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(positions @ itself, positions)
    np.testing.assert_array_equal(positions @ parent, [0, 1, 1, 2])
    np.testing.assert_array_equal(positions @ children, [2.5, 4, 0, 0])


def test_a_graph_convolution_is_its_definition():
    """Each joint's outputs are the kernel's on what it hears: the sum over edges, as in ST-GCN's equation 10."""
    rng = np.random.default_rng(0)
    kernel, edges, bias, windows = (rng.normal(size=shape) for shape in ((3 * 2, 5), (4, 3 * 4), (5,), (2, 3, 4 * 2)))
    layer = JointGraph("a", 5, (0, 0, 0, 1))
    found = prepare(layer, {"a/kernel": kernel, "a/edges": edges, "a/bias": bias}).forward(windows)
    expected = np.einsum(
        "ntvc,vkw,cku->ntwu", windows.reshape(2, 3, 4, 2), edges.reshape(4, 3, 4), kernel.reshape(2, 3, 5)
    )
    np.testing.assert_allclose(found.reshape(2, 3, 4, 5), expected + bias)


def test_a_convolution_of_joints_treats_each_alike():
    """Every joint's outputs are those that an ordinary convolution with the same kernel gives it alone."""
    rng = np.random.default_rng(0)
    weights = {"a/kernel": rng.normal(size=(3, 2, 5)), "a/bias": rng.normal(size=5)}
    windows = rng.normal(size=(2, 6, 4, 2))
    together = prepare(JointConv1D("a", 4, 5, 3), weights).forward(windows.reshape(2, 6, 8)).reshape(2, 6, 4, 5)
    for joint in range(4):
        alone = prepare(Conv1D("a", 5, 3), weights).forward(windows[:, :, joint])
        np.testing.assert_allclose(together[:, :, joint], alone)
