"""Parity compares a classifier with the weights that it should stand for."""

import msgspec
import numpy as np
import pytest

from converter.parity import check_parity
from converter.patch import patch
from core.errors import BundleError
from tests import tiny

MODEL = patch(tiny.template(), tiny.patch_map(), tiny.weights())


def test_its_own_weights_agree():
    """A classifier agrees with the weights that it was patched with."""
    report = check_parity(MODEL, tiny.ARCHITECTURE, tiny.weights(), tiny.windows(32))
    assert report.agreement >= 0.97
    assert 0 < report.mean_abs_logit_error < 0.05


def test_other_weights_do_not_agree():
    """Weights that the classifier does not hold show in both figures."""
    report = check_parity(MODEL, tiny.ARCHITECTURE, tiny.weights(seed=7), tiny.windows(32))
    assert report.agreement < 0.9
    assert report.mean_abs_logit_error > 0.2


def test_another_architecture_is_refused():
    """A classifier of other sizes than the architecture says is a BundleError, no windows are a ValueError."""
    shorter = msgspec.structs.replace(tiny.ARCHITECTURE, window=16)
    with pytest.raises(BundleError, match=r"\(32, 107, 4\), the architecture \(16, 107, 4\)"):
        check_parity(MODEL, shorter, tiny.weights(), tiny.windows(1)[:, :16])
    with pytest.raises(ValueError, match="at least one"):
        check_parity(MODEL, tiny.ARCHITECTURE, tiny.weights(), np.zeros((0, 32, 107), np.float32))
