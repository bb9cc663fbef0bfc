"""The golden test: a release must give on this board the logits that it gave where it was made.

It finds a runtime or CPU that computes wrongly, and a classifier that is not the one that was judged, before either
decides about a camera.
"""

import numpy as np
import numpy.typing as npt

from core.bundle import GOLDEN, Bundle
from core.errors import BundleError
from core.interpreter import Classifier
from core.weights import from_safetensors, to_safetensors

MAX_GOLDEN_WINDOWS = 256  # at 14 KB each; ours have about 50

# Kernels of other CPUs round otherwise, and a hybrid kernel quantizes activations while it runs.
_ABSOLUTE_TOLERANCE = 0.05  # logits
_RELATIVE_TOLERANCE = 0.05  # of the range of all expected logits


def make_golden(classifier: bytes, windows: npt.NDArray[np.float32]) -> bytes:
    """The golden file: windows (N, T, F) with the logits (N, C) that this classifier gives here.

    Raises:
        BundleError: the classifier cannot be run, or the windows are not its own, none, or too many.
    """
    model = Classifier(classifier)
    _check_windows(windows, model)
    return to_safetensors({"windows": windows, "logits": model.batch_logits(windows)})


def golden_windows(golden: bytes) -> npt.NDArray[np.float32]:
    """The windows (N, T, F) of a golden file.

    Raises:
        BundleError: it is none.
    """
    return _read(golden)[0]


def golden_test(bundle: Bundle) -> None:
    """Run a release's classifier on its golden windows.

    Raises:
        BundleError: it cannot be run, has other sizes than the manifest says, or gives other logits.
    """
    manifest = bundle.manifest
    windows, expected = _read(bundle.files[GOLDEN])
    classifier = Classifier(bundle.classifier)
    if (classifier.window, classifier.features, classifier.labels) != (
        manifest.architecture.window,
        manifest.architecture.input_size,
        len(manifest.labels),
    ):
        raise BundleError(f"release {manifest.model}: the classifier has other sizes than the manifest says")
    _check_windows(windows, classifier)
    if expected.shape != (len(windows), classifier.labels):
        raise BundleError(f"release {manifest.model}: {len(windows)} golden windows, but logits {expected.shape}")
    error = float(np.abs(classifier.batch_logits(windows) - expected).max())
    tolerance = _ABSOLUTE_TOLERANCE + _RELATIVE_TOLERANCE * float(np.ptp(expected))
    if not error <= tolerance:  # NaN fails as well
        raise BundleError(
            f"release {manifest.model}: on this board its logits differ by {error:.3f} from those where it was made "
            f"(at most {tolerance:.3f} is accepted); it will not be used here"
        )


def _read(golden: bytes) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    tensors = from_safetensors(golden)
    if tensors.keys() != {"windows", "logits"}:
        raise BundleError("the golden file must hold exactly the tensors windows and logits")
    return tensors["windows"], tensors["logits"]


def _check_windows(windows: npt.NDArray[np.float32], classifier: Classifier) -> None:
    shape = (classifier.window, classifier.features)
    if windows.shape[1:] != shape or not 1 <= len(windows) <= MAX_GOLDEN_WINDOWS:
        raise BundleError(f"golden windows must be 1 to {MAX_GOLDEN_WINDOWS} of shape {shape}, not {windows.shape}")
