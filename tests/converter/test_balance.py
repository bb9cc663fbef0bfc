"""What rounding adds on average is taken back by the first layer's bias, and by nothing else."""

import numpy as np
import pytest

from converter.balance import balance, patch_balanced
from converter.parity import check_parity
from converter.patch import held_weights, patch
from core.architecture import Architecture, Conv1D, Dense, Lstm, MeanMaxPool
from core.errors import BundleError
from core.network import initialise
from tests import tiny

MAP = tiny.patch_map()


def around_a_pose(seed):
    """Windows that vary about one pose, far from zero, as scores and places of joints do."""
    pose = np.random.default_rng(0).uniform(-2, 2, tiny.ARCHITECTURE.input_size).astype(np.float32)
    return pose + np.float32(0.2) * tiny.windows(32, seed=seed)


TYPICAL = around_a_pose(3)


def balanced(weights, windows=TYPICAL):
    """The tiny classifier with these weights."""
    return patch_balanced(tiny.template(), MAP, weights, architecture=tiny.ARCHITECTURE, windows=windows)


def first_layer(weights, windows):
    """What the first layer gives before its activation, (N, T, units)."""
    return windows @ weights["embed/kernel"] + weights["embed/bias"]


def test_the_first_layer_gives_the_same_on_average():
    """Over the typical windows each unit of the first layer gives, on average, what it gives with float weights."""
    weights = tiny.weights(2)
    held = held_weights(balanced(weights), MAP)
    plain = held_weights(patch(tiny.template(), MAP, weights), MAP)
    wanted = first_layer(weights, TYPICAL).mean(axis=(0, 1))
    np.testing.assert_allclose(first_layer(held, TYPICAL).mean(axis=(0, 1)), wanted, atol=1e-4)
    assert np.abs(first_layer(plain, TYPICAL).mean(axis=(0, 1)) - wanted).max() > 1e-2


def test_answers_come_closer_to_those_of_the_float_weights():
    """Where one large weight makes the steps coarse, logits of fresh windows are half as far from the float ones."""
    errors = {"balanced": [], "plain": []}
    fresh = around_a_pose(4)
    for seed in range(4):
        weights = tiny.weights(seed)
        weights["embed/kernel"][0, 0] *= 40
        for name, model in (("balanced", balanced(weights)), ("plain", patch(tiny.template(), MAP, weights))):
            report = check_parity(model, tiny.ARCHITECTURE, weights, fresh)
            errors[name].append(report.mean_abs_logit_error)
    assert np.mean(errors["balanced"]) < 0.5 * np.mean(errors["plain"])


def test_only_the_first_bias_gives_way():
    """All other numbers of the classifier are those of plain patching."""
    weights = tiny.weights(5)
    held, plain = (held_weights(one, MAP) for one in (balanced(weights), patch(tiny.template(), MAP, weights)))
    differing = {name for name in held if not np.array_equal(held[name], plain[name])}
    assert differing == {"embed/bias"}


@pytest.mark.parametrize("first", [Dense("first", 6, "relu"), Conv1D("first", 6, 3, "relu"), Lstm("first", 6)])
def test_every_kind_of_first_layer_is_balanced(first):
    """A pose that is held all the time gives the first layer, past its zero padding, the same sums as float weights."""
    architecture = Architecture(5, 8, (first, MeanMaxPool(), Dense("logits", 2)))
    weights = initialise(architecture, np.random.default_rng(0))
    held = weights | {"first/kernel": np.round(weights["first/kernel"], 1)}
    pose = np.random.default_rng(1).uniform(-2, 2, 5).astype(np.float32)
    moved = balance(architecture, weights, held, np.tile(pose, (3, 8, 1)))
    sums, wanted = (np.tensordot(pose, kernel["first/kernel"], (0, -2)) for kernel in (held, weights))
    if isinstance(first, Conv1D):
        sums, wanted = sums.sum(axis=0), wanted.sum(axis=0)
    np.testing.assert_allclose(sums + moved["first/bias"], wanted + weights["first/bias"], atol=1e-5)


@pytest.mark.parametrize("windows", [TYPICAL[:0], TYPICAL[:, :5], TYPICAL[:, :, :5], TYPICAL[0]])
def test_windows_of_another_classifier_are_refused(windows):
    """No windows, or windows of another size, are refused with the shape that is expected."""
    with pytest.raises(BundleError, match=r"sees windows of shape \(\d+, \d+\), not"):
        balanced(tiny.weights(), windows)
