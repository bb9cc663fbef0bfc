"""Honest probabilities, and the border of what is known."""

import numpy as np

from core.network import free_energy, softmax
from training.train import calibrate, energy_limit

RNG = np.random.default_rng(0)
TRUE = RNG.normal(0, 2, (4000, 5)).astype(np.float32)


def test_exaggerated_logits_are_cooled_by_what_they_exaggerate():
    """Logits three times too large get a temperature of three; true ones one of one."""
    labels = np.array([RNG.choice(5, p=row / row.sum()) for row in softmax(TRUE).astype(np.float64)])
    shares = np.eye(5, dtype=np.float32)[labels]
    assert abs(calibrate(TRUE, shares) - 1) < 0.1
    assert abs(calibrate(3 * TRUE, shares) - 3) < 0.3


def test_nobody_to_validate_leaves_probabilities_and_energies_alone():
    """Without windows the temperature is one and no movement is too strange."""
    assert calibrate(TRUE[:0], TRUE[:0]) == 1
    assert energy_limit(TRUE[:0], 1.0) is None


def test_almost_all_known_movement_is_within_the_limit_of_energy():
    """One in two hundred windows of known movement, and no more, is above the limit."""
    limit = energy_limit(TRUE, 2.0)
    assert limit is not None
    above = -2.0 * np.log(np.exp(TRUE.astype(np.float64) / 2.0).sum(axis=1)) > limit
    assert above.sum() == 20
    assert np.allclose(free_energy(TRUE[0], 2.0), free_energy(TRUE[:1], 2.0)[0])
