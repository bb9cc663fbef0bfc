"""Every network of the family becomes a TFLite model that both runtimes compute, and that can be patched.

Conversions are kept in pytest's cache until a source that they depend on changes.
"""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from converter.locate import find_patch_map
from converter.patch import patch
from converter.tensors import read_operators
from core.chunks import digest
from core.features import FeatureSpec
from core.files import write_atomically
from core.interpreter import Classifier
from core.network import forward, initialise
from training.models import MODELS

pytestmark = pytest.mark.xdist_group("tensorflow")

RUNTIMES = ("tflite_runtime.interpreter", "ai_edge_litert.interpreter")
ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "converter" / "quantize.py", *sorted((ROOT / "training" / "models").glob("*.py")))
FEATURES = FeatureSpec(objects=("cup", "phone"))


def architecture_of(name):
    """The network as it is used, with few classes."""
    return MODELS[name](features=FEATURES, window=32, classes=7)


def weights_of(name, seed):
    """Weights of which no two tensors are alike, as the converter needs them."""
    rng = np.random.default_rng(seed)
    weights = initialise(architecture_of(name), rng)
    return {tensor: values + rng.normal(0, 0.05, values.shape).astype("f4") for tensor, values in weights.items()}


@pytest.fixture(scope="module")
def converted(pytestconfig):
    """The TFLite model of a network with the weights of a seed."""
    folder = pytestconfig.cache.mkdir("posefleet-converted")

    def convert(name, seed):
        from converter.quantize import convert_here

        sources = b"".join(source.read_bytes() for source in SOURCES)
        key = digest(sources + msgspec.json.encode((architecture_of(name), seed)))[:16]
        file = folder / f"{name}-{key}.tflite"
        if not file.exists():
            write_atomically(file, convert_here(architecture_of(name), weights_of(name, seed)))
        return file.read_bytes()

    return convert


def logits_of(model, runtime, windows, monkeypatch):
    """What one of the two runtimes computes."""
    monkeypatch.setattr("core.interpreter._RUNTIMES", (runtime,))
    return Classifier(model).batch_logits(windows)


@pytest.mark.parametrize("name", MODELS)
def test_both_runtimes_compute_a_patched_network(converted, name, monkeypatch):
    """A template with other weights patched in gives core.network's logits on both runtimes, but for quantization."""
    architecture, weights = architecture_of(name), weights_of(name, 2)
    template = converted(name, 1)
    patched = patch(template, find_patch_map(template, architecture, weights_of(name, 1)), weights)
    windows = np.random.default_rng(0).standard_normal((24, 32, FEATURES.size)).astype(np.float32)
    exact = forward(architecture, weights, windows)
    for runtime in RUNTIMES:
        found = logits_of(patched, runtime, windows, monkeypatch)
        assert np.abs(found - exact).mean() < 0.05 * exact.std()
    assert "CUSTOM" not in read_operators(patched)
    assert len(patched) <= 250_000


@pytest.mark.parametrize("name", ["conv1d", "st_gcn"])
def test_patching_is_converting_anew(converted, name, monkeypatch):
    """A patched template computes what a conversion of the same weights does, to a tenth of the error of either."""
    architecture, weights = architecture_of(name), weights_of(name, 2)
    template = converted(name, 1)
    patched = patch(template, find_patch_map(template, architecture, weights_of(name, 1)), weights)
    windows = np.random.default_rng(0).standard_normal((24, 32, FEATURES.size)).astype(np.float32)
    ours, fresh = (logits_of(one, RUNTIMES[0], windows, monkeypatch) for one in (patched, converted(name, 2)))
    error = np.abs(ours - forward(architecture, weights, windows)).mean()
    assert np.abs(ours - fresh).mean() < 0.1 * error
