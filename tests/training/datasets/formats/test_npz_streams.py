"""Continuous takes with a label for every frame."""

import numpy as np
import pytest

from tests.outside import real_data
from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format


def write(path, **changes):
    rng = np.random.default_rng(0)
    fields = {
        "X": rng.uniform(10, 400, (6, 17, 2)).astype(np.float32),
        "y": np.array([0, 0, 1, 1, 0, 1]),
        "t": np.array([0.0, 0.1, 0.2, 0.3, 0.0, 0.1]),
        "video": np.array([0, 0, 0, 0, 1, 1]),
        "video_names": np.array(["one.mp4", "two.mp4"]),
        "classes": np.array(["walk", "fall"]),
    } | changes
    np.savez(path, **{name: value for name, value in fields.items() if value is not None})
    return path


def test_each_take_is_a_recording_with_a_label_for_every_frame(tmp_path):
    """Frames are grouped by take; background is added in front of the classes, and times stay as they are."""
    one, two = everything(write(tmp_path / "falls.npz"))
    assert (one.name, two.name) == ("one", "two")
    assert one.classes == ("background", "walk", "fall")
    assert one.labels.tolist() == [1, 1, 2, 2]
    assert two.labels.tolist() == [1, 2]
    assert one.times == pytest.approx([0, 0.1, 0.2, 0.3])
    assert (one.layout, one.unit, one.has_depth) == ("coco17", "pixels", False)


def test_a_size_turns_pixels_into_frame_heights(tmp_path):
    """With the pictures' size, the unit is the frame's height."""
    source = write(tmp_path / "falls.npz")
    assert everything(source, size=(640, 480))[0].joints[..., :2] * 480 == pytest.approx(
        everything(source)[0].joints[..., :2], rel=1e-5
    )


def test_missing_joints_and_scores_are_kept(tmp_path):
    """(0, 0) is a joint that was not seen, a third value is its score, all zero is nobody."""
    points = np.random.default_rng(1).uniform(10, 400, (6, 17, 3))
    points[..., 2] = 0.7
    points[0, 5, :2] = 0
    points[1] = 0
    one, _ = everything(write(tmp_path / "falls.npz", X=points))
    assert one.joints[0, 5].tolist() == [0, 0, 0, 0]
    assert one.joints[0, 4, 3] == pytest.approx(0.7)
    assert np.isnan(one.joints[1]).all()


def test_a_known_rate_beats_rounded_times(tmp_path):
    """Times with two digits jitter; a rate that is given makes them even."""
    source = write(tmp_path / "falls.npz", t=np.array([0.0, 0.03, 0.07, 0.1, 0.0, 0.03]))
    assert everything(source, fps=30.0)[0].times == pytest.approx(np.arange(4) / 30)
    assert everything(source)[0].times == pytest.approx([0, 0.03, 0.07, 0.1])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"t": np.array([0.0, 0.2, 0.1, 0.3, 0.0, 0.1])}, "one: its times t do not grow"),
        ({"t": np.full(6, np.nan)}, "one: its times t do not grow"),
        ({"t": np.zeros(5)}, "t has 5 entries, 6 are needed"),
        ({"y": np.array([0, 0, 1, 1, 0, 2])}, "class 0 to 2 in y, but 2 names"),
        ({"video": np.array([0, 0, 0, 0, 2, 2])}, "video 0 to 2, but 2 video_names"),
        ({"video": None}, "lacks video"),
        ({"X": np.ones((6, 16, 2))}, "16 joints are not of a known layout"),
        ({"X": np.ones((6, 17, 5))}, "5 values a joint"),
        ({"X": np.full((6, 17, 2), np.inf)}, "frame 0, joint nose"),
        (
            {name: np.zeros((0, 17, 2) if name == "X" else 0, np.int64) for name in ("X", "y", "t", "video")},
            "no frames",
        ),
    ],
)
def test_fields_that_do_not_fit_are_named(tmp_path, changes, says):
    """A missing field, a wrong count, time that stands still, NaN: the complaint says which and where."""
    message = refusal(write(tmp_path / "bad.npz", **changes), "npz-streams")
    assert "bad.npz" in message
    assert says in message


@pytest.mark.real_data
def test_the_falls_are_imported():
    """Thirty videos, their classes and all 2884 frames."""
    source = real_data("fall_video_keypoints/fall30.npz")
    assert find_format(source).name == "npz-streams"
    recordings = everything(source)
    assert len(recordings) == 30
    assert sum(len(recording.times) for recording in recordings) == 2884
    assert recordings[0].classes == ("background", "walk", "fall", "fallen", "sitting")
