"""Recordings on disk."""

import numpy as np
import pytest

from core.errors import InputError
from training.datasets.recording import Recording, load, load_directory, save


def sample(frames: int = 5, **changes) -> Recording:
    joints = np.random.default_rng(0).random((frames, 33, 4)).astype(np.float32)
    joints[1] = np.nan
    values = {
        "name": "one",
        "subject": "anna",
        "times": np.arange(frames) / 10,
        "joints": joints,
        "labels": np.array([0, 0, 1, 1, 1])[:frames],
        "classes": ("background", "wave"),
    }
    return Recording(**(values | changes))


def test_a_recording_survives_the_disk_and_only_its_owner_can_read_it(tmp_path):
    """All fields come back as they were, absent people included; keypoints are private."""
    path = tmp_path / "one.npz"
    save(sample(), path)
    back = load(path)
    assert (back.name, back.subject, back.classes, back.layout) == (
        "one",
        "anna",
        ("background", "wave"),
        "mediapipe33",
    )
    assert np.array_equal(back.joints, sample().joints, equal_nan=True)
    assert np.array_equal(back.labels, sample().labels)
    assert path.stat().st_mode & 0o777 == 0o600


def test_frames_without_a_person_have_no_pose():
    """Rows of NaN are nobody, all others are CORE15 keypoints."""
    poses = list(sample().poses())
    assert [pose is None for _, pose in poses] == [False, True, False, False, False]
    assert poses[0][1].shape == (15, 4)
    assert sample().found == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "cannot be read"), (b"rubbish" * 100, "cannot be read"), (None, "cannot be read")]
)
def test_files_that_are_no_recording_are_named(tmp_path, content, says):
    """Rubbish, an empty file and a missing one: one sentence each, with the path."""
    path = tmp_path / "bad.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"bad.npz: {says}"):
        load(path)


def test_other_arrays_are_no_recording(tmp_path):
    """An npz file of something else is refused and what it lacks is said."""
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(InputError, match="lacks classes, joints"):
        load(tmp_path / "other.npz")


def test_pickles_are_not_opened(tmp_path):
    """A recording with a pickled object inside is refused, not unpickled."""
    np.savez(tmp_path / "evil.npz", **{field: np.array([{}], dtype=object) for field in
             ("name", "subject", "layout", "times", "joints", "labels", "classes")})  # fmt: skip
    with pytest.raises(InputError, match="damaged"):
        load(tmp_path / "evil.npz")


def test_a_folder_without_recordings_is_explained(tmp_path):
    """An empty folder says what was looked for."""
    with pytest.raises(InputError, match="no recordings"):
        load_directory(tmp_path)


def test_labels_outside_of_the_classes_are_a_programming_error():
    """A recording cannot have a label that has no name."""
    with pytest.raises(ValueError, match="outside"):
        sample(labels=np.array([0, 0, 1, 1, 2]))


def test_everything_that_is_known_about_a_take_survives_the_disk(tmp_path):
    """Source, published parts, unit, depth, stills and objects come back as they were."""
    known = sample(
        source="take 7", splits=("xsub_train",), unit="metres", has_depth=False, stills=True,
        objects=np.random.default_rng(1).random((5, 2, 5)).astype(np.float32), object_names=("cup", "phone"),
    )  # fmt: skip
    save(known, tmp_path / "one.npz")
    back = load(tmp_path / "one.npz")
    for field in ("source", "splits", "unit", "has_depth", "stills", "object_names"):
        assert getattr(back, field) == getattr(known, field)
    assert np.array_equal(back.objects, known.objects)


def test_older_files_load_with_what_was_meant(tmp_path):
    """Files from before these fields are takes of their own, in frame heights, with depth, without objects."""
    one = sample()
    older = {
        field: getattr(one, field) for field in ("name", "subject", "layout", "times", "joints", "labels", "classes")
    }
    np.savez(tmp_path / "old.npz", **older)
    back = load(tmp_path / "old.npz")
    assert (back.source, back.splits, back.unit, back.has_depth, back.stills) == (
        "one",
        (),
        "frame heights",
        True,
        False,
    )
    assert back.objects is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"times": np.array([0.0, 0.1, 0.1, 0.2, 0.3])}, "do not grow"),
        ({"times": np.array([0.0, 0.1, np.nan, 0.2, 0.3])}, "do not grow"),
        (
            {"joints": np.where(np.arange(132).reshape(33, 4) == 5, np.nan, np.ones((5, 33, 4))).astype(np.float32)},
            "frame 0 is",
        ),
        ({"joints": np.full((5, 33, 4), np.inf, np.float32)}, "frame 0 is neither a person nor nobody"),
        ({"unit": "miles"}, "unit 'miles'"),
        ({"layout": "cube"}, "layout 'cube'"),
        ({"objects": np.zeros((5, 1, 5), np.float32)}, "objects"),
        ({"objects": np.full((5, 0, 5), np.nan, np.float32), "labels": np.zeros(4, int)}, "labels"),
    ],
)
def test_inconsistent_recordings_cannot_be_made_or_loaded(tmp_path, changes, says):
    """Time that stands still, half a NaN, unknown units, boxes without names: an error, in memory and on disk."""
    with pytest.raises(ValueError, match=says):
        sample(**changes)
    one = sample()
    fields = ("name", "subject", "layout", "times", "joints", "labels", "classes")
    np.savez(tmp_path / "bad.npz", **({field: getattr(one, field) for field in fields} | changes))
    with pytest.raises(InputError, match=r"bad\.npz: damaged"):
        load(tmp_path / "bad.npz")
