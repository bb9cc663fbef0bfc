"""OpenPose's folders."""

import json

import numpy as np
import pytest

from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format


def person(x: float, joints: int = 25, *, score: float = 0.9, scale: float = 100.0) -> dict:
    points = np.random.default_rng(int(x * 10)).uniform(-1, 1, (joints, 2)) * 0.5 * scale + (x * scale, 2 * scale)
    values = np.column_stack([points, np.full(joints, score)])
    return {"person_id": [-1], "pose_keypoints_2d": values.ravel().tolist(), "face_keypoints_2d": []}


def write(folder, frames, video="anna") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, people in frames.items():
        content = people if isinstance(people, str) else json.dumps({"version": 1.3, "people": people})
        (folder / f"{video}_{number:012d}_keypoints.json").write_text(content)


def test_a_run_of_files_is_a_take_of_everybody_in_it(tmp_path):
    """The folder names the action, files are frames, gaps are gaps in time, people are told apart anew."""
    people = [person(1), person(5, score=0.6)]
    write(tmp_path / "squat", {0: people, 1: people[::-1], 4: people})
    write(tmp_path / "jump", {0: [person(2)]}, video="ben")
    assert find_format(tmp_path).name == "openpose"
    ben, first, second = everything(tmp_path, fps=10.0)
    assert [one.classes[1] for one in (ben, first, second)] == ["jump", "squat", "squat"]
    assert first.times == pytest.approx([0, 0.1, 0.4])
    assert (np.ptp(first.joints, axis=0) == 0).all()
    assert first.joints[0, :, 0].mean() < second.joints[0, :, 0].mean()
    assert (first.source, second.source, first.layout) == ("anna", "anna", "body25")
    assert (first.unit, first.has_depth) == ("pixels", False)


@pytest.mark.parametrize("change", [lambda v: v / 480, lambda v: v / 480 * 2 - 1], ids=["0..1", "-1..1"])
def test_the_scale_is_found_out(tmp_path, change):
    """Shares of the picture, and coordinates from -1 to 1, come out as the pixels of a square picture would."""
    pixels = person(1.0)
    scaled = np.reshape(pixels["pose_keypoints_2d"], (-1, 3))
    scaled[:, :2] = change(scaled[:, :2])
    write(tmp_path / "a" / "squat", {0: [pixels]})
    write(tmp_path / "b" / "squat", {0: [{"pose_keypoints_2d": scaled.ravel().tolist()}]})
    (of_pixels,), (of_shares,) = (everything(tmp_path / name, size=(480, 480)) for name in "ab")
    assert of_shares.joints == pytest.approx(of_pixels.joints, abs=1e-5)


def test_coco_and_older_files_are_known(tmp_path):
    """Eighteen joints are the COCO model; before version 1.0 the field had another name."""
    one = person(1, joints=18)
    write(tmp_path / "squat", {0: [{"pose_keypoints": one["pose_keypoints_2d"]}]})
    (recording,) = everything(tmp_path)
    assert recording.layout == "op18"


def test_missing_joints_and_empty_frames(tmp_path):
    """(0, 0, 0) is a joint not seen; a frame without people keeps its place."""
    one = person(1)
    one["pose_keypoints_2d"][3:6] = [0, 0, 0]
    write(tmp_path / "squat", {0: [one], 1: [], 2: [one, {"pose_keypoints_2d": []}]})
    (recording,) = everything(tmp_path)
    assert recording.joints[0, 1].tolist() == [0, 0, 0, 0]
    assert np.isnan(recording.joints[1]).all()
    assert everything(tmp_path / "squat", label="hop")[0].classes == ("background", "hop")


def test_a_video_without_anybody_gives_no_recording(tmp_path):
    """Frames without people alone are nobody's recording."""
    write(tmp_path / "squat", {0: [], 1: []})
    assert everything(tmp_path) == []


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ('{"people": [', "Input data was truncated"),
        ('{"people": [{"pose_keypoints_2d": [NaN]}]}', "JSON is malformed"),
        ("[]", "Expected `object`, got `array`"),
        ('{"version": 1.3}', "missing required field `people`"),
        ([{"pose_keypoints_2d": [1.0] * 74}], "people[0] has 74 values; 75 (body25) or 54 (op18) are known"),
        ([{"pose_keypoints_2d": [1.0] * 45}], "people[0] has 45 values"),
        ([{"pose_keypoints_2d": ["x"] * 75}], "$.people[0].pose_keypoints_2d[0]"),
        ([person(1, joints=18)], "people of [18, 25] joints in one video"),
        ([{"pose_keypoints_2d": [1e300] * 75}], "frame 1: a coordinate is no sensible number"),
    ],
)
def test_spoilt_frames_are_refused_by_name(tmp_path, frame, says):
    """Cut short, NaN, other shapes, wrong counts, two models in one video: the file and the field are said."""
    write(tmp_path / "squat", {0: [person(1)], 1: frame})
    message = refusal(tmp_path, "openpose", people=3)
    assert "anna" in message
    assert says in message


def test_files_that_are_no_frames_are_refused(tmp_path):
    """Without a number it is no frame; twice the same number, no run; without a folder, no action."""
    write(tmp_path / "squat", {0: [person(1)]})
    assert "use --label" in refusal(tmp_path / "squat", "openpose")
    (tmp_path / "squat" / "anna_0_keypoints.json").write_text('{"people": []}')
    assert "frame 0 is there twice" in refusal(tmp_path, "openpose")
    (tmp_path / "squat" / "some_keypoints.json").write_text('{"people": []}')
    assert "some_keypoints.json: is not named" in refusal(tmp_path, "openpose")
    write(tmp_path / "far" / "squat", {0: [], 10**9: []})
    assert "too far apart" in refusal(tmp_path / "far", "openpose")
    (tmp_path / "nothing").mkdir()
    assert "no files named" in refusal(tmp_path / "nothing", "openpose")
