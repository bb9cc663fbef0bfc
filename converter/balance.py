"""Patching that knows what a classifier is shown: what rounding adds on average is taken back.

Features are far from zero on average (a joint that is seen has the score 1 in every frame), so rounding a weight of the
first layer moves what the layer gives by much the same amount in every window. Its bias, which is not rounded, takes
that back (Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction", section 4.2).
On MSR-Action3D this halves the mean error of the logits; later layers add little to it.

    model = patch_balanced(template, patch_map, weights, architecture=architecture, windows=golden_windows)
"""

import numpy as np
import numpy.typing as npt

from converter.patch import PatchMap, held_weights, patch
from core.architecture import Architecture, Conv1D, Dense, Lstm
from core.errors import BundleError
from core.weights import Weights


def patch_balanced(
    template: bytes,
    patch_map: PatchMap,
    weights: Weights,
    *,
    architecture: Architecture,
    windows: npt.NDArray[np.float32],
) -> bytes:
    """The template with these weights in place of its own; equal inputs give equal bytes.

    Args:
        template: a classifier of `architecture`, and where its weights lie.
        patch_map: see `template`.
        weights: the float ones.
        architecture: whose first layer's bias gives way.
        windows: (N, T, F) typical feature windows, at least one; only their mean counts.

    Raises:
        BundleError: as `converter.patch.patch`, or the windows are not the architecture's.
    """
    expected = (architecture.window, architecture.input_size)
    if len(windows) == 0 or windows.shape[1:] != expected:
        raise BundleError(f"the classifier sees windows of shape {expected}, not {windows.shape}")
    model = patch(template, patch_map, weights)
    return patch(model, patch_map, balance(architecture, weights, held_weights(model, patch_map), windows))


def balance(architecture: Architecture, weights: Weights, held: Weights, windows: npt.NDArray[np.float32]) -> Weights:
    """The weights, with the first layer's bias such that `held`, their rounded ones, give the same on average.

    Typical windows are (N, T, F). A network that begins with a graph of joints keeps its weights.
    """
    first = architecture.layers[0]
    if not isinstance(first, Dense | Conv1D | Lstm):  # graphs of joints mix their inputs first, and lose little
        return weights
    kernel, bias = f"{first.name}/kernel", f"{first.name}/bias"
    lost = (weights[kernel] - held[kernel]).astype(np.float64)
    if isinstance(first, Conv1D):
        lost = lost.sum(axis=0)  # every step of the kernel sees the same mean
    means = windows.mean(axis=(0, 1), dtype=np.float64)
    return weights | {bias: (weights[bias] + means @ lost).astype(np.float32)}
