"""TensorFlow converts once, in a process of its own; everything after that is patching."""

import numpy as np
import pytest

from converter.locate import find_patch_map
from converter.parity import check_parity
from converter.patch import patch
from converter.quantize import convert, convert_here, make_template
from converter.tensors import read_operators
from core.architecture import parameter_shapes
from core.errors import PosefleetError
from core.features import FeatureSpec
from core.network import forward, initialise, loss_and_gradients
from tests import tiny
from training.models import DEFAULT_MODEL, MODELS

pytestmark = pytest.mark.xdist_group("tensorflow")

ARCHITECTURE = MODELS[DEFAULT_MODEL](features=FeatureSpec(), window=32, classes=7)


@pytest.fixture(scope="module")
def template():
    """The default network's template: the one conversion in a child process."""
    return make_template(ARCHITECTURE)


def make_windows(count, seed):
    """Windows of seven movements, each a prototype with noise, and their classes."""
    prototypes = np.random.default_rng(0).normal(0, 0.5, (7, 32, 107))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 7, count)
    return (prototypes[labels] + rng.normal(0, 1, (count, 32, 107))).astype(np.float32), labels


@pytest.fixture(scope="module")
def trained():
    """Weights after a short training: like real ones, unlike random ones."""
    weights = initialise(ARCHITECTURE, np.random.default_rng(3))
    for step in range(100):
        windows, labels = make_windows(32, seed=step)
        _, gradients, _ = loss_and_gradients(ARCHITECTURE, weights, windows, labels)
        weights = {name: tensor - 0.5 * gradients[name] for name, tensor in weights.items()}
    return weights


def test_a_template_has_fused_lstms_and_nothing_foreign(template):
    """The template uses the fused LSTM operator and no custom one, and stays below 200 KB."""
    operators = read_operators(template.model)
    assert operators.count("UNIDIRECTIONAL_SEQUENCE_LSTM") == 1
    assert "CUSTOM" not in operators
    assert len(template.model) <= 200_000


def test_a_template_maps_every_weight(template):
    """The map knows where all parts of all weights lie, the LSTM's by gate."""
    assert template.patch_map.shapes == parameter_shapes(ARCHITECTURE)
    gates = [one for one in template.patch_map.placements if one.weight == "lstm/recurrent_kernel"]
    assert [(one.start, one.stop) for one in gates] == [(0, 128), (128, 256), (256, 384), (384, 512)]


def test_patched_and_freshly_converted_agree(template, trained):
    """Patching is as good as converting anew: errors against float within a factor of two, answers the same."""
    windows, labels = make_windows(300, seed=1000)
    assert (forward(ARCHITECTURE, trained, windows).argmax(axis=1) == labels).mean() > 0.95
    patched = check_parity(patch(template.model, template.patch_map, trained), ARCHITECTURE, trained, windows)
    fresh = check_parity(convert_here(ARCHITECTURE, trained), ARCHITECTURE, trained, windows)
    assert 0.5 < patched.mean_abs_logit_error / fresh.mean_abs_logit_error < 2
    assert min(patched.agreement, fresh.agreement) >= 0.99


def test_a_conversion_that_needs_too_much_memory_fails_alone():
    """A converter that hits its memory limit is an error that says so; this process goes on."""
    with pytest.raises(PosefleetError, match=r"conversion to TFLite .*up to 0\.1 GiB of memory"):
        convert(ARCHITECTURE, initialise(ARCHITECTURE, np.random.default_rng(0)), memory_limit_bytes=100 * 2**20)


def test_a_conversion_that_takes_too_long_is_ended():
    """A converter that does not come to an end in time is killed, and the error says after how long."""
    with pytest.raises(PosefleetError, match=r"more than 0\.5 s"):
        convert(ARCHITECTURE, initialise(ARCHITECTURE, np.random.default_rng(0)), timeout_s=0.5)


def test_weights_that_were_not_converted_are_not_found():
    """A template that does not hold the given weights yields no map."""
    with pytest.raises(PosefleetError, match="does not hold embed/kernel"):
        find_patch_map(tiny.template(), tiny.ARCHITECTURE, tiny.weights(4))
