"""Does a quantized classifier still answer as its float weights do? No TensorFlow."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.architecture import Architecture
from core.errors import BundleError
from core.interpreter import Classifier
from core.network import forward
from core.weights import Weights


@dataclass(frozen=True)
class ParityReport:
    """How a quantized classifier differs from its float weights over a set of windows."""

    mean_abs_logit_error: float
    agreement: float  # share of the windows with the same most likely class


def check_parity(
    model: bytes, architecture: Architecture, weights: Weights, windows: npt.NDArray[np.float32]
) -> ParityReport:
    """Compare a .tflite model with `core.network` over windows (N, T, F), at least one.

    Raises:
        BundleError: the model cannot be run, or takes or gives something else than the architecture.
        ValueError: there are no windows, or they are not the architecture's.
    """
    if len(windows) == 0:
        raise ValueError("parity needs at least one window")
    classifier = Classifier(model)
    found = (classifier.window, classifier.features, classifier.labels)
    expected = (architecture.window, architecture.input_size, architecture.classes)
    if found != expected:
        raise BundleError(f"the classifier has steps, features and classes {found}, the architecture {expected}")
    exact = forward(architecture, weights, windows)
    quantized = classifier.batch_logits(windows)
    return ParityReport(
        mean_abs_logit_error=float(np.abs(quantized - exact).mean()),
        agreement=float((quantized.argmax(axis=1) == exact.argmax(axis=1)).mean()),
    )
