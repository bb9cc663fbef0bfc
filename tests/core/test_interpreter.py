"""The classifier on the TFLite runtime: each window gets its own answer, and only a fitting model is taken."""

import sys

import numpy as np
import pytest
import tflite

from core.errors import BundleError, InputError
from core.interpreter import MAX_MODEL_BYTES, Classifier
from tests import tiny


@pytest.fixture(scope="module")
def classifier():
    """The tiny release's classifier."""
    return Classifier(tiny.template())


def test_a_classifier_knows_its_sizes(classifier):
    """Steps, features and classes are read from the model itself."""
    assert (classifier.window, classifier.features, classifier.labels) == (32, 107, len(tiny.LABELS))


def test_the_order_of_windows_does_not_matter(classifier):
    """A window gets the same logits whatever was judged before it: the LSTM's state is cleared in between."""
    windows = tiny.windows(8)
    forwards = classifier.batch_logits(windows)
    backwards = classifier.batch_logits(windows[::-1])[::-1]
    np.testing.assert_array_equal(forwards, backwards)
    np.testing.assert_array_equal(forwards[5], Classifier(tiny.template()).logits(windows[5]))
    assert np.ptp(forwards, axis=0).min() > 0


def test_logits_are_the_callers_own(classifier):
    """Logits stay what they were when the next window is judged, and no windows give no logits."""
    first, second = tiny.windows(2)
    logits = classifier.logits(first)
    kept = logits.copy()
    classifier.logits(second)
    np.testing.assert_array_equal(logits, kept)
    assert logits.dtype == np.float32
    assert classifier.batch_logits(tiny.windows(2)[:0]).shape == (0, classifier.labels)


@pytest.mark.parametrize(
    "features",
    [np.zeros((32, 106), np.float32), np.zeros((1, 32, 107), np.float32), np.zeros((32, 107), np.float64)],
)
def test_a_window_of_another_kind_is_refused(classifier, features):
    """Features of another shape or type are a ValueError that says what is taken."""
    with pytest.raises(ValueError, match=r"\(32, 107\) float32"):
        classifier.logits(features)


def changed(edit):
    """The tiny classifier after an edit of its flatbuffer."""
    data = bytearray(tiny.template())
    edit(tflite.Model.GetRootAs(data, 0).Subgraphs(0))
    return bytes(data)


def output_an_inner_tensor(graph):
    """Make an inner tensor, (1, 64), the output."""
    graph.OutputsAsNumpy()[0] = graph.Operators(graph.OperatorsLength() - 1).InputsAsNumpy()[0] - 3


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (b"", "no TFLite model"),
        (b"PK\x03\x04" + bytes(1000), "lacks the mark TFL3"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(1000), "no TFLite model"),
        (tiny.template()[:10_000], "no TFLite model"),
        (bytes(MAX_MODEL_BYTES + 1), "at most"),
    ],
)
def test_bytes_that_are_no_model_are_refused(model, complaint):
    """What is no whole TFLite file, or an absurdly large one, is a BundleError before the runtime sees it."""
    with pytest.raises(BundleError, match=complaint):
        Classifier(model)


def test_a_model_of_another_kind_is_refused():
    """A model whose output is no row of logits is refused, with the shape that was found."""
    with pytest.raises(
        BundleError, match=r"must give one float32 tensor \(1, classes\); this one has 1: \(1, 16, 32\)"
    ):
        Classifier(changed(output_an_inner_tensor))


def test_a_machine_without_a_runtime_is_told_what_to_install(monkeypatch):
    """Without a TFLite runtime the error names the package to install."""
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(InputError, match="pip install tflite-runtime"):
        Classifier(tiny.template())
