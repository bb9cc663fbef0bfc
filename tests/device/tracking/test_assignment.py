"""Nobody finds a cheaper assignment."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from device.tracking.assignment import assign

SHAPES = st.integers(0, 4).flatmap(lambda rows: st.tuples(st.just(rows), st.integers(rows, 5)))


@given(SHAPES.flatmap(lambda shape: arrays.arrays(np.float64, shape, elements=st.floats(-100, 100))))
def test_no_assignment_is_cheaper(cost):
    """The sum is the least of all possible ones, and no column is taken twice."""
    chosen = assign(cost.tolist())
    assert len(set(chosen)) == len(chosen) == len(cost)
    rows = range(len(cost))
    least = min(
        sum(cost[row, column] for row, column in zip(rows, order, strict=True))
        for order in permutations(range(cost.shape[1]), len(cost))
    )
    assert cost[rows, chosen].sum() == pytest.approx(least)


def test_the_greedy_choice_is_not_the_best():
    """The cheapest pair is given up where that makes the whole cheaper."""
    assert assign([[1.0, 2.0], [1.1, 5.0]]) == [1, 0]


def test_every_row_needs_a_column():
    """More rows than columns are a ValueError."""
    with pytest.raises(ValueError, match="3 rows"):
        assign(np.zeros((3, 2)).tolist())
