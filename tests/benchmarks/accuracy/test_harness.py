"""Figures of accuracy, and what measuring them takes."""

import numpy as np

from device.bench.worker import resident_mb
from tests.benchmarks.accuracy.harness import Figure, peak_memory


def test_a_figure_says_whether_its_target_is_reached():
    """The mean counts, from below or from above; without a target nothing is said."""
    assert Figure("right, %", (90.0, 92.0), 91).row() == ("right, %", "91.0 ± 1.0", "≥ 91: reached", "")
    assert Figure("false", (2.0,), 1, at_most=True).row() == ("false", "2.0", "≤ 1: **missed**", "")
    assert Figure("seconds", (2.0,), note="once").row() == ("seconds", "2.0", "", "once")
    assert Figure("late", (float("nan"),), 0.3, at_most=True).row()[2] == "≤ 0.3: **missed**"


def test_the_peak_of_memory_is_what_was_held_once():
    """It is no less than what the process holds while a large array is there, and stays when that is gone."""
    array = np.ones(10_000_000)
    held_mb = resident_mb("self") * 1e6 / 2**20
    assert held_mb > array.nbytes / 2**20
    del array
    assert peak_memory().values[0] >= held_mb - 1  # which the kernel counts by whole batches of pages
