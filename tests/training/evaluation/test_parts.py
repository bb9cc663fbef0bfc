"""Clips as several windows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.parts import parts_of


def clock(steps):
    """Two clips in which every joint is where the time is: from 0 at the first frame to 1 at the last."""
    clips = np.ones((2, steps, 15, 4), np.float32)
    clips[..., :3] = np.linspace(0, 1, steps)[:, None, None]
    return clips


def test_parts_are_the_beginning_the_middle_and_the_end():
    """Each part shows 85 % of the clip's time at an even pace, and together they show all of it."""
    shown = parts_of(clock(64), 32)[:, 0, :, 0, 0]
    assert np.allclose(shown[:, 0], [0, 0.075, 0.15], atol=1e-6)
    assert np.allclose(shown[:, -1], [0.85, 0.925, 1], atol=1e-6)
    assert np.allclose(np.diff(shown, axis=1), 0.85 / 31, atol=1e-6)


@given(st.integers(2, 40), st.integers(1, 40))
def test_parts_are_windows_of_the_same_clips(steps, more):
    """Parts have as many steps as asked for, in the order of the clips."""
    clips = clock(steps + more) * np.array([1, 2], np.float32)[:, None, None, None]
    parts = parts_of(clips, steps)
    assert parts.shape == (3, 2, steps, 15, 4)
    assert np.allclose(parts[:, 1, ..., :3], 2 * parts[:, 0, ..., :3])


@given(st.integers(1, 40))
def test_windows_are_their_own_only_part(steps):
    """What has no more steps than a window is judged as it is."""
    windows = clock(steps)
    assert np.array_equal(parts_of(windows, steps), windows[None])
