"""The numpy classifier is the network that TensorFlow would compute, forward and backward."""

import numpy as np
import pytest

from core.architecture import Architecture, Dense, LastStep, Lstm, parameter_shapes
from core.features import FeatureSpec
from core.network import cross_entropy, forward, initialise, loss_and_gradients, softmax
from training.models import MODELS

RNG = np.random.default_rng(0)
SMALL = Architecture(3, 5, (Lstm("lstm", 4), LastStep(), Dense("logits", 3)))


def windows_for(architecture, count):
    """Random float32 windows."""
    return RNG.normal(size=(count, architecture.window, architecture.input_size)).astype(np.float32)


@pytest.mark.xdist_group("tensorflow")
@pytest.mark.parametrize("name", MODELS)
def test_logits_and_gradients_are_tensorflows(name):
    """Logits and the gradient of every weight agree with TensorFlow's to float32 precision."""
    import tensorflow as tf

    from training.models.keras import plain_model

    architecture = MODELS[name](features=FeatureSpec(objects=("cup",)), window=12, classes=5)
    weights = initialise(architecture, RNG)
    windows, labels = windows_for(architecture, 16), RNG.integers(0, 5, 16)
    shares = RNG.uniform(0.5, 2, 16).astype(np.float32)
    model = plain_model(architecture, weights)
    with tf.GradientTape() as tape:
        logits = model(windows)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = tf.reduce_sum(losses * shares) / shares.sum()
    expected = tape.gradient(loss, model.trainable_weights)

    found_loss, gradients, found_logits = loss_and_gradients(
        architecture, weights, windows, labels, sample_weight=shares
    )
    np.testing.assert_allclose(found_logits, logits, atol=2e-6)
    assert found_loss == pytest.approx(float(loss), rel=1e-5)
    assert list(gradients) == list(weights)
    for weight, reference in zip(gradients.values(), expected, strict=True):
        np.testing.assert_allclose(weight, reference, atol=1e-6)


def test_fresh_weights_are_kerass():
    """Kernels keep to Glorot's bound, recurrent kernels are orthogonal, only the forget gates' biases are one."""
    weights = initialise(SMALL, np.random.default_rng(1))
    assert {name: tensor.shape for name, tensor in weights.items()} == parameter_shapes(SMALL)
    assert all(tensor.dtype == np.float32 for tensor in weights.values())
    assert 0.5 < np.abs(weights["lstm/kernel"]).max() / np.sqrt(6 / (3 + 16)) <= 1
    for gate in np.split(weights["lstm/recurrent_kernel"], 4, axis=1):
        np.testing.assert_allclose(gate @ gate.T, np.eye(4), atol=1e-6)
    np.testing.assert_array_equal(weights["logits/bias"], 0)


def test_the_same_seed_gives_the_same_weights():
    """Initialising is repeatable, and another seed gives others."""
    first, again, other = (initialise(SMALL, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["lstm/kernel"], other["lstm/kernel"])


def test_a_window_does_not_depend_on_its_batch():
    """Many windows, cut into batches inside, get the logits that each gets alone; no windows get none."""
    weights, windows = initialise(SMALL, RNG), windows_for(SMALL, 300)
    together = forward(SMALL, weights, windows)
    for index in (0, 255, 256, 299):
        np.testing.assert_allclose(together[index], forward(SMALL, weights, windows[index : index + 1])[0], atol=1e-6)
    assert forward(SMALL, weights, windows[:0]).shape == (0, 3)


def test_class_labels_are_certain_distributions():
    """A class and the distribution that is sure of it give the same loss and gradients."""
    weights, windows, labels = initialise(SMALL, RNG), windows_for(SMALL, 6), np.array([0, 1, 2, 0, 1, 2])
    hard = loss_and_gradients(SMALL, weights, windows, labels)
    soft = loss_and_gradients(SMALL, weights, windows, np.eye(3, dtype=np.float32)[labels])
    assert hard[0] == soft[0]
    assert all(np.array_equal(hard[1][name], soft[1][name]) for name in weights)


def test_a_weight_of_zero_leaves_a_sample_out():
    """Samples that weigh nothing change neither loss nor gradients; a weight of two counts twice."""
    weights, windows, labels = initialise(SMALL, RNG), windows_for(SMALL, 3), np.array([0, 1, 2])
    weighted = loss_and_gradients(SMALL, weights, windows, labels, sample_weight=np.array([0.0, 1.0, 2.0]))
    repeated = loss_and_gradients(SMALL, weights, windows[[1, 2, 2]], labels[[1, 2, 2]])
    assert weighted[0] == pytest.approx(repeated[0], rel=1e-6)
    for name in weights:
        np.testing.assert_allclose(weighted[1][name], repeated[1][name], atol=1e-7)


def test_steps_along_the_gradient_learn():
    """Gradient descent on its gradients fits a small set of windows."""
    weights, windows, labels = initialise(SMALL, RNG), windows_for(SMALL, 12), np.arange(12) % 3
    losses = []
    for _ in range(150):
        loss, gradients, _ = loss_and_gradients(SMALL, weights, windows, labels)
        weights = {name: tensor - 0.5 * gradients[name] for name, tensor in weights.items()}
        losses.append(loss)
    assert losses[-1] < 0.2 * losses[0]


def test_softmax_and_cross_entropy_survive_large_logits():
    """Logits of a thousand give probabilities and losses, not overflow."""
    logits = np.array([[1000.0, 0.0, -1000.0]], np.float32)
    np.testing.assert_allclose(softmax(logits), [[1, 0, 0]])
    assert cross_entropy(logits, np.array([2])) == pytest.approx([2000])


@pytest.mark.parametrize(
    ("shape", "labels", "shares"),
    [
        ((2, 5, 4), np.zeros(2, np.int64), None),
        ((2, 4, 3), np.zeros(2, np.int64), None),
        ((0, 5, 3), np.zeros(0, np.int64), None),
        ((2, 5, 3), np.zeros(3, np.int64), None),
        ((2, 5, 3), np.array([0, 3]), None),
        ((2, 5, 3), np.array([0, -1]), None),
        ((2, 5, 3), np.zeros(2, np.float32), None),
        ((2, 5, 3), np.zeros((2, 4), np.float32), None),
        ((2, 5, 3), np.zeros(2, np.int64), np.zeros(2, np.float32)),
        ((2, 5, 3), np.zeros(2, np.int64), np.ones(3, np.float32)),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(shape, labels, shares):
    """Windows, labels and sample weights that do not belong together are a ValueError, never a wrong gradient."""
    with pytest.raises(ValueError, match=r"windows|labels"):
        loss_and_gradients(SMALL, initialise(SMALL, RNG), np.zeros(shape, np.float32), labels, sample_weight=shares)
