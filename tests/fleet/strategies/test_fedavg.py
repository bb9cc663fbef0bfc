"""FedAvg is the weighted average, and streams."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DeltaError
from fleet.strategies import STRATEGIES, FedAvg, Update

SHAPES = {"a/kernel": (3, 4), "a/bias": (4,), "scalar": ()}


def deltas(count: int, seed: int = 0, shapes=SHAPES):
    """Random updates."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield {name: rng.normal(0, 1, shape).astype(np.float32).reshape(shape) for name, shape in shapes.items()}


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=70), st.integers(0, 1000))
def test_result_is_the_average_weighted_by_samples(samples: list[int], seed: int):
    """Whatever the number of deltas and their samples, every tensor is numpy's own weighted average."""
    tensors = list(deltas(len(samples), seed))
    result = FedAvg().aggregate([Update(*pair) for pair in zip(tensors, samples, strict=True)], SHAPES)
    assert list(result) == list(SHAPES)
    for name, shape in SHAPES.items():
        expected = np.average([one[name].astype(np.float64) for one in tensors], axis=0, weights=samples)
        assert result[name].dtype == np.float32
        assert result[name].shape == shape
        np.testing.assert_allclose(result[name], expected, rtol=1e-5, atol=1e-6)


def test_memory_does_not_grow_with_the_number_of_deltas():
    """Ten times as many deltas take no more memory, for they are read one after the other."""
    shapes = {"w": (100, 100)}

    def peak(count: int) -> int:
        tracemalloc.start()
        FedAvg().aggregate((Update(delta, 1) for delta in deltas(count, shapes=shapes)), shapes)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(400) < 1.2 * peak(40)


def test_no_deltas_make_no_average():
    """An empty round is a programmer's error here: the rounds never close with nothing."""
    with pytest.raises(ValueError, match="at least one"):
        FedAvg().aggregate([], SHAPES)


def test_overflowing_result_is_refused():
    """What is not finite does not leave a rule."""
    huge = {name: np.full(shape, 3e38, np.float32) for name, shape in SHAPES.items()}
    with np.errstate(all="ignore"), pytest.raises(DeltaError) as caught:
        FedAvg().aggregate([Update(huge, 5000), Update(huge, 5000)], SHAPES)
    assert caught.value.reason == "not_finite"


def test_registry_names_the_rules():
    """The configuration's names lead to rules that work."""
    assert set(STRATEGIES) == {"fedavg"}
    for rule in STRATEGIES.values():
        delta = next(deltas(1))
        result = rule().aggregate([Update(delta, 3)], SHAPES)
        assert all(np.allclose(result[name], delta[name]) for name in SHAPES)
