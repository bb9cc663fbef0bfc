"""The golden test finds a classifier that does not answer as it did where it was made."""

import msgspec
import numpy as np
import pytest

from converter.patch import patch
from core.bundle import CLASSIFIER, GOLDEN, seal
from core.errors import BundleError
from core.golden import MAX_GOLDEN_WINDOWS, golden_test, golden_windows, make_golden
from core.signing import SigningKey
from core.weights import from_safetensors, to_safetensors
from tests import tiny

KEY = SigningKey.generate()
WINDOWS = tiny.windows(4)
LOGITS = np.zeros((4, 4), np.float32)


@pytest.fixture(scope="module")
def bundle():
    """A release that is right."""
    return tiny.bundle(KEY)


def with_file(bundle, name, data):
    """The release with another file, properly signed."""
    return seal(bundle.manifest, {**bundle.files, name: data}, KEY)


def test_a_release_passes_where_it_was_made(bundle):
    """A release passes its own golden test, and its golden windows can be had."""
    golden_test(bundle)
    np.testing.assert_array_equal(golden_windows(bundle.files[GOLDEN]), tiny.golden_windows())


def test_another_classifier_fails(bundle):
    """A classifier with other weights than the golden logits came from is not accepted."""
    other = patch(tiny.template(), tiny.patch_map(), tiny.weights(seed=9))
    with pytest.raises(BundleError, match="its logits differ by"):
        golden_test(with_file(bundle, CLASSIFIER, other))


def test_small_differences_of_a_cpu_pass(bundle):
    """Logits that differ by 1 % of their range, as kernels of another CPU may, pass."""
    logits = from_safetensors(bundle.files[GOLDEN])["logits"]
    shifted = logits + np.float32(0.01 * np.ptp(logits))
    changed = with_file(bundle, GOLDEN, to_safetensors({"windows": tiny.golden_windows(), "logits": shifted}))
    assert changed.files[GOLDEN] != bundle.files[GOLDEN]
    golden_test(changed)  # raises unless they pass


@pytest.mark.parametrize(
    "golden",
    [
        b"no safetensors",
        to_safetensors({"windows": WINDOWS}),
        to_safetensors({"windows": WINDOWS[:0], "logits": LOGITS[:0]}),
        to_safetensors({"windows": WINDOWS[:, :5], "logits": LOGITS}),
        to_safetensors({"windows": WINDOWS, "logits": LOGITS[:, :3]}),
        to_safetensors({"windows": WINDOWS, "logits": LOGITS[:3]}),
        to_safetensors({"windows": WINDOWS, "logits": LOGITS * np.float32(np.nan)}),
    ],
)
def test_a_golden_file_that_does_not_fit_fails(bundle, golden):
    """A golden file that is none, is empty, or is of other sizes than the classifier fails the test."""
    with pytest.raises(BundleError):
        golden_test(with_file(bundle, GOLDEN, golden))


def test_sizes_must_be_the_manifests(bundle):
    """A classifier with other sizes than the signed manifest says is not run."""
    architecture = msgspec.structs.replace(tiny.ARCHITECTURE, window=16)
    window = msgspec.structs.replace(bundle.manifest.window, length=16)
    manifest = msgspec.structs.replace(bundle.manifest, architecture=architecture, window=window)
    with pytest.raises(BundleError, match="other sizes than the manifest"):
        golden_test(seal(manifest, bundle.files, KEY))


def test_golden_windows_are_bounded():
    """No golden file is made of no windows, of too many, or of windows of another shape."""
    for windows in (WINDOWS[:0], np.zeros((MAX_GOLDEN_WINDOWS + 1, 32, 107), np.float32), WINDOWS[:, :, :5]):
        with pytest.raises(BundleError, match="golden windows must be"):
            make_golden(tiny.template(), windows)
