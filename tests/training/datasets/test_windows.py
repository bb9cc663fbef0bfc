"""Labelled windows."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import InputError
from core.features import FeatureSpec
from core.window import WindowSpec
from training.datasets.recording import Recording
from training.datasets.windows import clip_windows, label_windows, still_windows

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


def test_a_causal_window_has_the_label_of_its_last_frame():
    """Windows that speak of their end have one label each, that of the frame they end at."""
    labels = [0] * 20 + [1] * 17 + [0] * 11
    spec = WindowSpec(stride=1, causal=True)
    windows = label_windows([recording(labels)], spec, CLASSES)
    assert windows.labels.tolist() == [2 * label for label in labels]
    assert windows.clear.all()


def test_separate_pictures_are_windows_in_which_nothing_moves():
    """Every picture of a recording of stills is one window with its own label."""
    one = recording([0, 1, 1])
    windows = still_windows([one], 4, CLASSES)
    assert windows.keypoints.shape == (3, 4, 15, 4)
    assert windows.labels.tolist() == [0, 2, 2]
    assert np.array_equal(windows.keypoints[:, 0], windows.keypoints[:, 3])


def test_recordings_without_the_joints_of_a_feature_set_are_refused():
    """Hands cannot be had from a body's joints, and the recording is named."""
    with pytest.raises(InputError, match=r"r: features hands-2d-v2 need joints of holistic75"):
        clip_windows([recording([1] * 20)], 32, CLASSES, FeatureSpec(name="hands-2d-v2"))


def test_windows_between_two_frames_have_the_label_of_the_earlier_one():
    """A recording of few frames a second gives windows with a label each, though some hold no frame."""
    slow = recording([0, 1, 1, 0], fps=1)
    windows = label_windows([slow], WindowSpec(length=4, stride=1, max_gap_s=2.0), CLASSES)
    assert np.allclose(windows.shares.sum(axis=1), 1)
    assert set(windows.labels) == {0, 2}


def test_clips_that_show_nobody_are_left_out_and_named(caplog):
    """An empty clip makes no window, whether nobody was found or no joint seen, and the log says which it was."""
    shown, nobody, unseen = (replace(recording([1] * 20), name=name) for name in ("shown", "nobody", "unseen"))
    nobody.joints[:] = np.nan
    unseen.joints[..., 3] = 0
    windows = clip_windows([nobody, shown, unseen], 32, CLASSES)
    assert windows.labels.tolist() == [2]
    assert caplog.messages == ["2 of 3 recordings show nobody and are left out: nobody, unseen"]


def test_clips_of_nobody_at_all_are_refused():
    """If no clip shows anybody there is nothing to learn, and that is an error."""
    empty = recording([1] * 20)
    empty.joints[:] = np.nan
    with pytest.raises(InputError, match="none of 1 recordings shows anybody"):
        clip_windows([empty], 32, CLASSES)
