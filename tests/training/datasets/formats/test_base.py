"""Steps that all importers share."""

import numpy as np
import pytest

from core.errors import InputError
from training.datasets.formats import _base
from training.datasets.formats._base import assemble, files_of, read_json, read_text


def test_a_huge_text_is_refused_before_it_is_read(tmp_path, monkeypatch):
    """The bound is looked at first; the file and the bound are said."""
    monkeypatch.setattr(_base, "MAX_TEXT_BYTES", 10)
    (tmp_path / "big.json").write_text("[" + "1," * 100)
    with pytest.raises(InputError, match=r"big\.json: 201 bytes are more than 10"):
        read_json(tmp_path / "big.json", list[int])


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    """A folder that is no data set but a whole disk is left before all of it is listed."""
    monkeypatch.setattr(_base, "MAX_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.json").touch()
    with pytest.raises(InputError, match="more than 3 files"):
        files_of(tmp_path, "*.json")


def test_hidden_files_are_no_data(tmp_path):
    """What systems and editors leave behind is passed over, below hidden folders as well."""
    (tmp_path / ".trash").mkdir()
    for name in ("b.json", "a.json", ".c.json", ".trash/d.json"):
        (tmp_path / name).touch()
    assert [path.name for path in files_of(tmp_path, "*.json")] == ["a.json", "b.json"]


def test_a_byte_order_mark_is_no_text(tmp_path):
    """Files that Windows programs wrote begin with three bytes that mean nothing."""
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfnose_x")
    assert read_text(tmp_path / "a.txt") == "nose_x"


def test_unseen_joints_have_any_place_and_seen_ones_a_sensible_one():
    """NaN under score 0 becomes 0; under a score, or as a score, it is refused with frame and joint."""
    place, score = np.ones((2, 17, 2)), np.ones((2, 17))
    place[0, 3], score[0, 3] = np.nan, 0
    joints = assemble(place, score, layout="coco17", where="here")
    assert joints[0, 3].tolist() == [0, 0, 0, 0]
    assert joints[1, 3].tolist() == [1, 1, 0, 1]
    for wrong in (np.nan, np.inf, 1e9):
        place[1, 2, 1] = wrong
        with pytest.raises(InputError, match="here: frame 1, joint right_eye: no sensible number"):
            assemble(place, score, layout="coco17", where="here")
    place[1, 2, 1], score[1, 4] = 0, np.nan
    with pytest.raises(InputError, match="frame 1, joint right_ear"):
        assemble(place, score, layout="coco17", where="here")


def test_scores_are_cut_and_frames_without_any_are_nobody():
    """Scores beyond one are one, below zero none; a frame of zeros is NaN throughout."""
    joints = assemble(np.ones((2, 17, 3)), np.array([[2.0] * 17, [-1.0] * 17]), layout="coco17", where="here")
    assert (joints[0, :, 3] == 1).all()
    assert np.isnan(joints[1]).all()
