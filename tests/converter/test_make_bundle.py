"""Releases are made by patching, judged before they are sealed, and followed by the next."""

from datetime import UTC, datetime

import numpy as np
import pytest

from converter.make_bundle import next_release
from core.bundle import GOLDEN, PATCH_MAP, WEIGHTS, open_bundle
from core.errors import BundleError
from core.golden import golden_test, golden_windows
from core.signing import SigningKey
from core.weights import from_safetensors
from tests import tiny
from tests.outside import loaded_after

KEY = SigningKey.generate()
LATER = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def first():
    """Version 1."""
    return tiny.bundle(KEY)


def follow(parent, weights, version=2):
    """The release after `parent`."""
    return next_release(parent, weights, version=version, created_at=LATER, metrics={"accuracy": 0.9}, key=KEY)


def test_a_release_opens_and_passes_its_golden_test(first):
    """A made release verifies under its key, holds the float weights to the bit, and gives its golden logits."""
    opened = open_bundle(first.signed, first.files, KEY.public)
    assert opened.manifest.model == "tiny-1"
    golden_test(opened)
    stored = from_safetensors(first.files[WEIGHTS])
    assert all(np.array_equal(stored[name], tensor) for name, tensor in tiny.weights().items())


def test_the_next_release_has_new_weights_and_keeps_the_rest(first):
    """The next release differs from its parent in weights, version, time, figures and golden logits only."""
    second = follow(first, tiny.weights(5))
    golden_test(open_bundle(second.signed, second.files, KEY.public))
    assert (second.manifest.version, second.manifest.parent, second.manifest.metrics) == (2, 1, {"accuracy": 0.9})
    assert second.manifest.created_at == LATER
    for kept in ("name", "labels", "architecture", "features", "window", "temperature", "thresholds"):
        assert getattr(second.manifest, kept) == getattr(first.manifest, kept)
    assert second.files[PATCH_MAP] == first.files[PATCH_MAP]
    np.testing.assert_array_equal(golden_windows(second.files[GOLDEN]), golden_windows(first.files[GOLDEN]))
    assert second.files[GOLDEN] != first.files[GOLDEN]
    assert second.classifier != first.classifier


def test_a_line_of_releases_does_not_drift(first):
    """A release many generations on has the same classifier as one made from the first directly."""
    parent = first
    for version in range(2, 6):
        parent = follow(parent, tiny.weights(version), version)
    assert parent.classifier == follow(first, tiny.weights(5), 5).classifier


def test_weights_of_another_model_make_no_release(first):
    """Weights that do not fit, or hold NaN, are refused with the tensor's name."""
    with pytest.raises(BundleError, match="conv/kernel"):
        follow(first, tiny.weights() | {"conv/kernel": np.zeros((3, 24, 31), np.float32)})
    with pytest.raises(BundleError, match="NaN"):
        follow(first, tiny.weights() | {"logits/bias": np.full(4, np.nan, np.float32)})


def test_a_classifier_that_answers_otherwise_is_not_sealed(first):
    """Weights whose quantized answers differ too often from their float ones make no release."""
    kernel = tiny.weights()["embed/kernel"].copy()
    kernel[0, 0] = 1e4  # one wild weight leaves all others of its tensor without a step of their own
    with pytest.raises(BundleError, match="agree in only"):
        follow(first, tiny.weights() | {"embed/kernel": kernel, "lstm/kernel": tiny.weights()["lstm/kernel"] * 50})


def test_a_manifest_that_cannot_be_is_refused(monkeypatch):
    """Labels that do not fit the architecture are a BundleError that names the release."""
    monkeypatch.setattr(tiny, "LABELS", tiny.LABELS[:3])
    with pytest.raises(BundleError, match="release tiny-1 cannot be made: 4 logits for 3 labels"):
        tiny.bundle(KEY)


def test_making_a_release_needs_no_tensorflow():
    """The module that makes releases, and the one that asks for conversions, load no TensorFlow."""
    assert loaded_after("import converter.make_bundle, converter.quantize", {"tensorflow"}) == set()
