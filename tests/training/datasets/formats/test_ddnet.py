"""DD-Net's JHMDB pickles."""

import pickle

import numpy as np
import pytest

from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format


def write(folder, **changes):
    rng = np.random.default_rng(0)
    content = {"pose": [rng.normal(size=(length, 15, 2)) for length in (3, 5)], "label": ["golf", "jump"]} | changes
    path = folder / "GT_train_2.pkl"
    path.write_bytes(pickle.dumps(content))
    return path


def test_clips_keep_their_lengths_labels_and_part(tmp_path):
    """Each clip is a recording in two dimensions; the file's name is the published part."""
    source = write(tmp_path)
    assert find_format(source).name == "ddnet"
    one, two = everything(source)
    assert (len(one.times), len(two.times)) == (3, 5)
    assert (one.classes[1], one.layout, one.splits, one.unit) == ("golf", "jhmdb15", ("train2",), "unknown")
    assert one.joints[..., :2] == pytest.approx(np.random.default_rng(0).normal(size=(3, 15, 2)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"label": ["golf"]}, "not two lists of the same length"),
        ({"label": ["golf", 3]}, "clip 1: its label is not a name"),
        ({"pose": [np.ones((3, 15, 2)), 3]}, "clip 1: pose is no array"),
        ({"pose": [np.ones((3, 15, 2)), np.ones((3, 14, 2))]}, "clip 1: pose is (3, 14, 2)"),
        ({"pose": [np.ones((3, 15, 2)), np.ones((0, 15, 2))]}, "clip 1: its label is not a name, or it has no frames"),
        ({"pose": [np.ones((3, 15, 2)), np.full((3, 15, 2), np.inf)]}, "clip 1: frame 0, joint neck: no sensible"),
    ],
)
def test_spoilt_clips_are_refused_by_number(tmp_path, changes, says):
    """Wrong counts, shapes, NaN: the file and the clip are said."""
    message = refusal(write(tmp_path, **changes), "ddnet")
    assert "GT_train_2.pkl" in message
    assert says in message


def test_other_pickles_are_refused(tmp_path):
    """A dict of something else has no clips."""
    path = tmp_path / "GT_train_1.pkl"
    path.write_bytes(pickle.dumps({"pose": []}))
    assert "is not a dict of pose and label" in refusal(path, "ddnet")
