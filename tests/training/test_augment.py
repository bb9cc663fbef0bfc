"""Augmentation changes people and cameras, not actions."""

import numpy as np

from core.features import FeatureSpec, extract
from training.augment import Augmentation

RNG = np.random.default_rng(0)
WINDOWS = np.cumsum(RNG.normal(0, 0.01, (6, 32, 15, 4)), axis=1).astype(np.float32) + RNG.random((6, 1, 15, 4)).astype(
    np.float32
)
WINDOWS[..., 3] = 1
NOTHING = Augmentation(mirror=0, rotation_rad=0, stretch=0, shear=0, speed=0, limb=0, noise=0, drop=0)


def test_no_augmentation_changes_nothing():
    """With every strength at zero the windows come back as they were."""
    assert np.allclose(NOTHING.apply(WINDOWS, np.random.default_rng(1)), WINDOWS, atol=1e-5)


def test_the_same_seed_gives_the_same_windows_and_leaves_the_input_alone():
    """Augmentation is reproducible and never writes into the windows that it is given."""
    before = WINDOWS.copy()
    first = Augmentation().apply(WINDOWS, np.random.default_rng(1))
    assert np.array_equal(first, Augmentation().apply(WINDOWS, np.random.default_rng(1)))
    assert not np.allclose(first, WINDOWS)
    assert np.array_equal(WINDOWS, before)


def test_results_are_windows_again():
    """Shape, type and finite features survive; a dropped joint is unseen for a part of the window."""
    changed = Augmentation(drop=1.0).apply(WINDOWS, np.random.default_rng(2))
    assert (changed.shape, changed.dtype) == (WINDOWS.shape, np.float32)
    assert np.isfinite(extract(changed, FeatureSpec(), rate_hz=15)).all()
    unseen = changed[..., 3] == 0
    assert (unseen.any(axis=1).sum(axis=1) == 1).all()
    assert unseen.sum(axis=(1, 2)).max() <= 32 // 3


def test_mirroring_is_the_joint_permutation():
    """With mirroring alone every window is the mirrored one."""
    from dataclasses import replace

    from core.skeleton import mirror_core15

    mirrored = replace(NOTHING, mirror=1.0).apply(WINDOWS, np.random.default_rng(3))
    assert np.allclose(mirrored, mirror_core15(WINDOWS), atol=1e-5)
