"""Which epoch is kept."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.choice import NONE_YET


def kept_of(right, windows):
    """What is kept after epochs in which so many of the windows were right."""
    kept = NONE_YET
    for epoch, count in enumerate(right, start=1):
        kept = kept.after(count / windows, epoch, {}, windows=windows)
    return kept


@given(st.lists(st.integers(0, 400), min_size=1, max_size=20))
def test_the_last_epoch_that_is_not_clearly_worse_is_kept(right):
    """What is kept lies within a standard error of the best epoch, and everything after it does not."""
    kept = kept_of(right, 400)
    share = (max(right) + 2) / 404  # two right and two wrong ones more
    limit = max(right) / 400 - math.sqrt(share * (1 - share) / 404)
    assert kept.accuracy == right[kept.epoch - 1] / 400 >= limit
    assert all(count / 400 < limit for count in right[kept.epoch :])


@pytest.mark.parametrize(("right", "epoch"), [((397, 393, 395), 3), ((300, 270, 299), 3), ((300, 270, 260), 1)])
def test_an_early_epoch_is_kept_for_good_reasons_only(right, epoch):
    """Two windows of four hundred are no reason to prefer an early epoch, thirty are."""
    assert kept_of(right, 400).epoch == epoch


def test_all_being_right_is_not_taken_for_certain():
    """After an epoch in which every window was right, one with a single wrong one may still be kept."""
    assert kept_of((400, 399), 400).epoch == 2
    assert kept_of((400, 397), 400).epoch == 1


def test_without_validation_windows_the_last_epoch_is_kept():
    """Where nobody validates every epoch is as good, and the last one is kept."""
    kept = NONE_YET.after(0.0, 1, {}, windows=0).after(0.0, 2, {}, windows=0)
    assert kept.epoch == 2


@given(st.lists(st.integers(0, 40), min_size=1, max_size=20))
def test_the_last_improvement_is_the_first_of_the_best(right):
    """Patience counts from the first epoch that was as good as any."""
    assert kept_of(right, 40).improved == right.index(max(right)) + 1
