"""Archives of clips."""

import numpy as np
import pytest

from tests.outside import real_data
from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format


def write(path, **changes):
    rng = np.random.default_rng(0)
    fields = {
        "X": rng.uniform(0.1, 0.9, (4, 5, 258)).astype(np.float32),
        "y": np.array([0, 1, 0, 1]),
        "classes": np.array(["hello", "thanks"]),
    } | changes
    np.savez(path, **{name: value for name, value in fields.items() if value is not None})
    return path


def test_every_clip_is_a_recording_of_the_archives_person(tmp_path):
    """Names come from classes, the person from the file, and several archives from a folder."""
    write(tmp_path / "anna.npz")
    write(tmp_path / "ben.npz")
    recordings = everything(tmp_path, fps=10.0)
    assert find_format(tmp_path).name == "npz-clips"
    assert [recording.subject for recording in recordings] == ["anna"] * 4 + ["ben"] * 4
    assert [recording.classes[recording.labels[0]] for recording in recordings[:4]] == ["hello", "thanks"] * 2
    assert recordings[0].times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert len({recording.name for recording in recordings}) == 8


def test_people_and_names_may_be_given(tmp_path):
    """An array of subjects beats the file's name; names of classes may come from outside."""
    source = write(tmp_path / "all.npz", subject=np.array(["a", "a", "b", "b"]), classes=None)
    assert [one.subject for one in everything(source)] == ["a", "a", "b", "b"]
    assert everything(source)[1].classes == ("background", "class_001")
    assert everything(source, classes=("up", "down"))[1].classes == ("background", "down")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"y": None}, "lacks y"),
        ({"y": np.array([0, 1, 0])}, "y has 3 entries, 4 are needed"),
        ({"y": np.array([0, 1, 0, 2])}, "class 0 to 2 in y, but 2 names"),
        ({"y": np.array([0, -1, 0, 1])}, "class -1 to 1"),
        ({"y": np.array([0.0, 1, 0, 1])}, "y is (4,) of float64"),
        ({"X": np.ones((4, 5))}, "X is (4, 5)"),
        ({"X": np.full((4, 5, 258), np.nan)}, "clip 0: frame 0, joint nose: no sensible number"),
        ({"X": np.array([["a"]])}, "X is (1, 1) of <U1"),
        ({"X": np.ones((4, 5, 7))}, "7 values a frame"),
        ({"subject": np.array(["a"])}, "subject (1,)"),
    ],
)
def test_fields_that_do_not_fit_are_named(tmp_path, changes, says):
    """A missing field, a wrong count, a class without a name, NaN: the complaint says which."""
    message = refusal(write(tmp_path / "bad.npz", **changes), "npz-clips")
    assert "bad.npz" in message
    assert says in message


def test_a_truncated_archive_is_refused(tmp_path):
    """Half an archive is no archive."""
    source = write(tmp_path / "half.npz")
    source.write_bytes(source.read_bytes()[:-200])
    assert "half.npz: cannot be read as an archive" in refusal(source, "npz-clips")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("place", "clips", "people"),
    [("holistic_signs", 270, 3), ("holistic_gestures/gestures_258.npz", 240, 1), ("refuse/frozen_frames", 240, 1)],
)
def test_real_archives_are_imported(place, clips, people):
    """Signs, gestures and the frozen set come in whole; whether they are any good is for the checks to say."""
    source = real_data(place)
    assert find_format(source).name == "npz-clips"
    recordings = everything(source)
    assert len(recordings) == clips
    assert len({recording.subject for recording in recordings}) == people
