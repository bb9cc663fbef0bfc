"""Batch normalisation disappears from the trained model without a trace in its logits."""

from typing import get_args

import numpy as np
import pytest

from core.architecture import (
    Architecture,
    Conv1D,
    Dense,
    JointConv1D,
    JointGraph,
    LastStep,
    MeanMaxPool,
    Named,
    parameter_shapes,
)
from core.features import FeatureSpec
from core.network import forward, initialise
from training.models import MODELS

pytestmark = pytest.mark.xdist_group("tensorflow")

LOGITS = Dense("logits", 5)
FEATURES = FeatureSpec(objects=("cup", "phone"))
ARCHITECTURES = {
    **{name: make(features=FEATURES, window=12, classes=5) for name, make in MODELS.items()},
    "graph first": Architecture(
        20, 12, (JointGraph("graph", 3, (0, 0, 0, 1, 2), "relu"), JointConv1D("time", 5, 4, 2), LastStep(), LOGITS)
    ),
    "convolution first": Architecture(20, 12, (Conv1D("conv", 8, 4, "relu"), Dense("mix", 6), MeanMaxPool(), LOGITS)),
    "dense on a vector": Architecture(20, 12, (LastStep(), Dense("hidden", 8, "relu"), LOGITS)),
    "linear": Architecture(20, 12, (LastStep(), LOGITS)),
}


def shifted_windows(count, architecture):
    """Windows far from zero mean and unit variance, so that normalising them matters."""
    return np.random.default_rng(0).normal(3, 5, (count, 12, architecture.input_size)).astype(np.float32)


def trained(architecture, **options):
    """A model after a little training, every normalisation far from its start."""
    import tf_keras

    from training.models.keras import build

    tf_keras.utils.set_random_seed(0)
    model = build(architecture, **options)
    model.compile("adam", tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(shifted_windows(64, architecture), np.arange(64) % 5, epochs=2, batch_size=8, verbose=0)
    rng = np.random.default_rng(1)
    for norm in (layer for layer in model.layers if isinstance(layer, tf_keras.layers.BatchNormalization)):
        gamma, beta, mean, variance = norm.get_weights()
        norm.set_weights([rng.uniform(-2, 2, gamma.shape), rng.normal(size=beta.shape), mean, variance])
    return model


def assert_folds_exactly(model, architecture):
    """The folded weights have the architecture's shapes and give the model's logits in core.network, within 1e-4."""
    from training.models.keras import fold

    weights = fold(model, architecture)
    assert {name: tensor.shape for name, tensor in weights.items()} == parameter_shapes(architecture)
    windows = shifted_windows(10, architecture)
    expected = model.predict(windows, verbose=0)
    np.testing.assert_allclose(forward(architecture, weights, windows), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_folded_weights_compute_what_the_model_does(architecture):
    """After training, the folded weights give the Keras model's logits in core.network, within 1e-4."""
    assert_folds_exactly(trained(architecture), architecture)


def test_inputs_may_stay_as_they_are():
    """Without a norm of the inputs there is none in the model, and folding is exact all the same."""
    architecture = ARCHITECTURES["conv_lstm"]
    model = trained(architecture, input_norm=False)
    assert "input_norm" not in {layer.name for layer in model.layers}
    assert_folds_exactly(model, architecture)


def test_hidden_layers_are_normalised():
    """Inputs, dense and convolution layers are normalised in training, the logits are not."""
    from training.models.keras import build

    names = {layer.name for layer in build(ARCHITECTURES["conv_lstm"]).layers}
    assert {"input_norm", "embed_norm", "conv_norm"} <= names
    assert "logits_norm" not in names


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_the_plain_model_computes_what_numpy_does(architecture):
    """The model for conversion gives the logits of core.network for the same weights."""
    from training.models.keras import plain_model

    weights = initialise(architecture, np.random.default_rng(0))
    windows = shifted_windows(4, architecture) / 5
    np.testing.assert_allclose(
        plain_model(architecture, weights).predict(windows, verbose=0),
        forward(architecture, weights, windows),
        atol=1e-5,
    )


def test_layer_kinds_are_all_covered():
    """Every kind of layer with weights is folded in one of the architectures above."""
    kinds = {type(layer) for architecture in ARCHITECTURES.values() for layer in architecture.layers}
    assert set(get_args(Named)) <= kinds
