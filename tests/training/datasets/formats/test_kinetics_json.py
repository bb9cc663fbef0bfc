"""Kinetics-skeleton."""

import json

import numpy as np
import pytest

from core.skeleton import OP18
from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format


def skeleton(x: float, *, score: float = 0.8) -> dict:
    """A person around x, in shares of the picture."""
    rng = np.random.default_rng(int(10 * x))
    points = rng.uniform(-0.05, 0.05, (18, 2)) + np.array([x, 0.5])
    return {"pose": points.ravel().tolist(), "score": [score] * 18}


def clip(frames=None, **changes) -> dict:
    people = [skeleton(0.2), skeleton(0.8, score=0.5)]
    frames = frames or [people if number % 2 else people[::-1] for number in range(1, 6)]
    data = [{"frame_index": number, "skeleton": people} for number, people in enumerate(frames, start=1)]
    return {"data": data, "label": "juggling", "label_index": 3} | changes


def write(folder, content, name="abc.json"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_people_keep_their_identity_though_the_list_changes_order(tmp_path):
    """A frame lists its people in any order; each recording stays with one of them, the surest first."""
    source = write(tmp_path / "kinetics_val", clip())
    write(tmp_path / "kinetics_val", {"abc": {"has_skeleton": True}}, "kinetics_val_label.json")
    assert find_format(source).name == "kinetics-json"
    first, second = everything(source)
    assert (np.ptp(first.joints[..., 0], axis=0) == 0).all()
    assert first.joints[0, :, 0].mean() == pytest.approx(0.2 * 340 / 256, abs=0.05)
    assert second.joints[0, :, 0].mean() == pytest.approx(0.8 * 340 / 256, abs=0.05)
    assert first.joints[0, 0, 1] == pytest.approx(skeleton(0.2)["pose"][1])
    assert (first.source, first.splits, first.layout) == ("abc", ("val",), "op18")
    assert first.classes == ("background", "juggling")


def test_frames_that_are_not_listed_are_nobody(tmp_path):
    """Frames 2 and 5 of a clip make it four frames long."""
    content = clip([[skeleton(0.5)]] * 2)
    content["data"][0]["frame_index"], content["data"][1]["frame_index"] = 2, 5
    (recording,) = everything(write(tmp_path / "k", content))
    assert np.isfinite(recording.joints[:, 0, 0]).tolist() == [True, False, False, True]


def test_a_joint_without_score_is_unseen(tmp_path):
    """Score 0 comes with (0, 0), which is no place."""
    one = skeleton(0.5)
    one["pose"][6:8], one["score"][3] = [0.0, 0.0], 0.0
    (recording,) = everything(write(tmp_path / "k", clip([[one]])))
    assert recording.joints[0, 3].tolist() == [0, 0, 0, 0]
    assert OP18.size == 18


def test_clips_without_people_give_no_recording(tmp_path):
    """Empty clips exist in the published set."""
    assert everything(write(tmp_path / "k", clip() | {"data": []})) == []
    assert everything(write(tmp_path / "k", clip([[], []]))) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (json.dumps(clip())[:-20], "abc.json: Input data was truncated"),
        ("", "abc.json: Input data was truncated"),
        (json.dumps(clip()).replace("0.8", "NaN", 1), "abc.json: JSON is malformed"),
        ("[" * 100_000, "abc.json: "),
        (clip() | {"data": 3}, "Expected `array`, got `int` - at `$.data`"),
        (clip() | {"data": [{"frame_index": "one", "skeleton": []}]}, "$.data[0].frame_index"),
        (clip([[{"pose": [0.1] * 34, "score": [1.0] * 18}]]), "data[0].skeleton[0] has 34 coordinates and 18 scores"),
        (clip([[{"pose": [0.1] * 36, "score": [1.0] * 17}]]), "36 coordinates and 17 scores"),
        (clip() | {"data": [clip()["data"][0]] * 2}, "frame_index goes from 1 to 1 or repeats"),
        (clip() | {"data": [{"frame_index": -1, "skeleton": []}]}, "frame_index goes from -1"),
        (clip() | {"data": [{"frame_index": i, "skeleton": []} for i in (0, 10**9)]}, "from 0 to 1000000000"),
        (clip(label="", label_index=-1), "has no label"),
        (clip([[skeleton(0.5)] * 201]), "frame 0 has 201 people"),
        (clip([[{"pose": [1e300] * 36, "score": [1.0] * 18}]]), "frame 0: a coordinate is no sensible number"),
    ],
)
def test_spoilt_clips_are_refused_with_their_field(tmp_path, content, says):
    """Cut short, NaN, other shapes, wrong counts, frames far apart: the file and the field are said."""
    message = refusal(write(tmp_path / "k", content), "kinetics-json")
    assert "abc.json" in message
    assert says in message
