"""Mixup: a network that is asked about blends of two windows draws smoother borders (Zhang et al. 2018).

features, targets = mix_up(features, targets, shape=0.3, rng=rng)
"""

import numpy as np

from core.skeleton import Array

_MIXED = 0.5  # share of the windows; the others stay as they are, so that pure actions are seen as well


def mix_up(features: Array, targets: Array, *, shape: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Features (N, T, F) and targets (N, C), half of them blended with another window's.

    Args:
        features: of augmented windows.
        targets: distributions over the classes.
        shape: both parameters of the Beta distribution of a blend's share; 0 leaves everything as it is.
        rng: where chance comes from.
    """
    if not shape:
        return features, targets
    own = rng.beta(shape, shape, len(features))
    own = np.where(rng.random(len(features)) < _MIXED, np.maximum(own, 1 - own), 1).astype(np.float32)
    other = rng.permutation(len(features))
    blended: Array = own[:, None, None] * features + (1 - own[:, None, None]) * features[other]
    return blended, own[:, None] * targets + (1 - own[:, None]) * targets[other]
