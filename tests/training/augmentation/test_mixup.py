"""Mixup blends windows and their targets alike."""

import numpy as np

from training.augmentation.mixup import mix_up

FEATURES = np.random.default_rng(0).random((200, 4, 3), np.float32)
TARGETS = np.eye(5, dtype=np.float32)[np.arange(200) % 5]


def test_without_mixup_nothing_changes():
    """A shape of zero leaves features and targets as they are."""
    features, targets = mix_up(FEATURES, TARGETS, shape=0, rng=np.random.default_rng(1))
    assert features is FEATURES
    assert targets is TARGETS


def test_features_and_targets_are_blended_by_the_same_share():
    """What a network that only passes its inputs on would be asked for is what it gives, for every window."""
    carried = np.repeat(TARGETS[:, None], 4, axis=1)  # features that are the targets, at every step
    features, targets = mix_up(carried, TARGETS, shape=0.5, rng=np.random.default_rng(2))
    assert np.allclose(features[:, 0], targets, atol=1e-6)
    assert np.allclose(targets.sum(axis=1), 1)
    blended = (targets.max(axis=1) < 0.999).mean()
    assert 0.2 < blended < 0.5
    assert targets.max(axis=1).min() >= 0.5
