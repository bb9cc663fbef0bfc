"""AlphaPose's lists."""

import json

import numpy as np
import pytest

from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format


def entry(frame: int, x: float, **changes) -> dict:
    points = np.random.default_rng(int(x)).uniform(-40, 40, (17, 2)) + np.array([x, 200])
    values = np.column_stack([points, np.full(17, 0.8)]).ravel().tolist()
    return {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": values, "score": 2.5} | changes


def write(folder, content, name="anna.json"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))


def test_entries_of_a_frame_are_its_people(tmp_path):
    """Entries come in any order; without track numbers people are told apart by where they are."""
    write(tmp_path / "squat", [entry(10, 100), entry(9, 400), entry(9, 100), entry(10, 400), entry(12, 100)])
    assert find_format(tmp_path).name == "alphapose"
    first, second = everything(tmp_path, fps=10.0)
    assert first.times == pytest.approx([0, 0.1, 0.3])
    assert (np.ptp(first.joints[..., 0], axis=0) == 0).all()
    assert np.isnan(second.joints[2]).all()
    assert (first.classes[1], first.layout, first.source) == ("squat", "coco17", "anna")


def test_track_numbers_say_who_is_who(tmp_path):
    """Two people who change places in one frame stay themselves when the tracker says so."""
    write(tmp_path / "squat", [entry(0, 100, idx=1), entry(0, 400, idx=2), entry(1, 400, idx=1), entry(1, 100, idx=2)])
    first, second = everything(tmp_path)
    for one in (first, second):
        assert abs(one.joints[0, :, 0].mean() - one.joints[1, :, 0].mean()) > 100


def test_scores_beyond_one_are_cut(tmp_path):
    """AlphaPose's scores reach beyond one."""
    values = entry(0, 100)["keypoints"]
    values[2] = 5.5
    write(tmp_path / "squat", [entry(0, 100, keypoints=values)])
    assert everything(tmp_path)[0].joints[0, 0, 3] == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (json.dumps([entry(0, 100)])[:-9], "truncated"),
        ("{}", "Expected `array`, got `object`"),
        ([{"image_id": "0.jpg"}], "missing required field `keypoints` - at `$[0]`"),
        ([entry(0, 100, keypoints=[1.0] * 50)], "[0].keypoints has 50 values"),
        ([entry(0, 100, image_id="front.jpg")], "'front.jpg' does not end in a frame number"),
        ([entry(0, 100, idx=1), entry(0, 400, idx=1)], "person 1 is twice in image 0.jpg"),
        ([entry(0, 100), entry(10**9, 100)], "too far apart"),
    ],
)
def test_spoilt_lists_are_refused_with_their_field(tmp_path, content, says):
    """Cut short, other shapes, wrong counts: the file and the entry are said."""
    write(tmp_path / "squat", content)
    message = refusal(tmp_path, "alphapose")
    assert "anna.json" in message
    assert says in message


def test_nobody_is_nobody(tmp_path):
    """An empty list gives no recording, an empty folder is refused."""
    write(tmp_path / "squat", [])
    assert everything(tmp_path, "alphapose") == []
    (tmp_path / "nothing").mkdir()
    assert "no results" in refusal(tmp_path / "nothing", "alphapose")
