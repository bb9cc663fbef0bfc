"""Labelled windows."""

import numpy as np
import pytest

from core.errors import InputError
from core.window import WindowSpec
from training.datasets.recording import Recording
from training.datasets.windows import label_windows

SPEC = WindowSpec()
CLASSES = ("background", "clap", "wave")


def recording(labels, classes=("background", "wave"), fps=15.0, subject="anna") -> Recording:
    joints = np.random.default_rng(0).random((len(labels), 33, 4)).astype(np.float32)
    return Recording("r", subject, np.arange(len(labels)) / fps, joints, np.array(labels), classes)


def test_shares_say_how_much_of_a_window_has_each_label():
    """A window over a border has both labels, in the model's order of classes, and the shares add up to one."""
    windows = label_windows([recording([0] * 48 + [1] * 48)], SPEC, CLASSES)
    assert np.allclose(windows.shares.sum(axis=1), 1)
    assert windows.shares[0].tolist() == [1, 0, 0]
    assert windows.shares[-1].tolist() == [0, 0, 1]
    assert (np.diff(windows.shares[:, 2]) >= 0).all()


def test_clear_windows_have_one_right_answer():
    """Windows with less than three quarters of one label are transitions."""
    windows = label_windows([recording([0] * 48 + [1] * 48)], SPEC, CLASSES)
    assert np.array_equal(windows.clear, windows.shares.max(axis=1) >= 0.75)
    assert 0 < (~windows.clear).sum() < len(windows)
    assert windows.select(windows.clear).labels.tolist() == windows.labels[windows.clear].tolist()


def test_a_class_that_the_model_lacks_is_named():
    """Recordings of another vocabulary are refused, and both vocabularies are said."""
    with pytest.raises(InputError, match="has jump, the model knows background, clap, wave"):
        label_windows([recording([0] * 40 + [1] * 40, classes=("background", "jump"))], SPEC, CLASSES)


def test_recordings_too_short_for_a_window_are_explained():
    """Nothing to train on is an error, not an empty result."""
    with pytest.raises(InputError, match="no window can be cut"):
        label_windows([recording([0] * 10)], SPEC, CLASSES)
