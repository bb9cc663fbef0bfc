"""Posefleet's own JSON of joints, labels and boxes."""

import json

import numpy as np
import pytest

from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format

CUP = {"name": "cup", "box": [300, 120, 24, 48], "score": 0.9}


def frame(**changes) -> dict:
    return {"label": "drink", "joints": [[320.0, 240.0, 0.9]] * 17, "boxes": [CUP]} | changes


def scene(frames=None, **changes) -> dict:
    return {
        "layout": "coco17",
        "fps": 10,
        "size": [640, 480],
        "subject": "anna",
        "objects": ["cup", "phone"],
        "frames": frames or [frame(), frame(joints=None, boxes=[]), frame(label="background")],
    } | changes


def write(folder, content, name="scene.json"):
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder / name


def test_joints_labels_and_boxes_of_every_frame(tmp_path):
    """Pixels become frame heights; a box its centre and size in its name's slot; null is nobody."""
    source = write(tmp_path, scene())
    assert find_format(source).name == "scenes-json"
    (recording,) = everything(tmp_path)
    assert recording.joints[0, 0].tolist() == pytest.approx([320 / 480, 0.5, 0, 0.9])
    assert np.isnan(recording.joints[1]).all()
    assert recording.times == pytest.approx([0, 0.1, 0.2])
    assert recording.object_names == ("cup", "phone")
    assert recording.objects[0, 0].tolist() == pytest.approx([312 / 480, 144 / 480, 24 / 480, 48 / 480, 0.9])
    assert (recording.objects[1] == 0).all()
    assert (recording.objects[:, 1] == 0).all()
    assert [recording.classes[label] for label in recording.labels] == ["drink", "drink", "background"]
    assert (recording.subject, recording.has_depth) == ("anna", False)


def test_the_surest_box_of_a_name_counts(tmp_path):
    """Of two cups the surer one fills the slot, wherever it stands in the list."""
    low = CUP | {"score": 0.2, "box": [0, 0, 10, 10]}
    for boxes in ([low, CUP], [CUP, low]):
        (recording,) = everything(write(tmp_path, scene([frame(boxes=boxes)])))
        assert recording.objects[0, 0, 4] == pytest.approx(0.9)


def test_depth_times_and_no_objects(tmp_path):
    """A fourth value is depth, frames may have times, and scenes without objects say that nobody looked."""
    frames = [frame(joints=[[1.0, 2.0, 3.0, 0.5]] * 17, time=time, boxes=[]) for time in (0.0, 0.5)]
    (recording,) = everything(write(tmp_path, scene(frames, objects=[])))
    assert recording.has_depth
    assert recording.joints[0, 0].tolist() == pytest.approx([1 / 480, 2 / 480, 3 / 480, 0.5])
    assert recording.times.tolist() == [0, 0.5]
    assert recording.objects is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (json.dumps(scene())[:-5], "truncated"),
        (json.dumps(scene()).replace("320.0", "NaN", 1), "malformed"),
        (scene(frame_rate=10), "unknown field `frame_rate`"),
        (scene() | {"frames": []}, "length >= 1"),
        (scene(layout="cube"), "layout 'cube' is unknown"),
        (scene(size=[640, 0]), "$.size[1]"),
        (scene([frame(joints=[[1, 2, 1]] * 16)]), "frames[0].joints are not 17 joints of 3 values"),
        (scene([frame(), frame(joints=[[1, 2, 3, 1]] * 17)]), "frames[1].joints"),
        (scene([frame(joints=[[1, 2]] * 17)]), "a joint has 2 values"),
        (scene([frame(joints=[[1e300, 2, 1]] * 17)]), "frame 0, joint nose: no sensible number"),
        (scene([frame(label="")]), "frames[0] has no label"),
        (scene([frame(boxes=[CUP | {"name": "dog"}])]), "frames[0].boxes: 'dog' is not among its objects"),
        (scene([frame(boxes=[CUP | {"box": [1, 2, 0, 4]}])]), "frames[0].boxes: 'cup' has box"),
        (scene([frame(boxes=[CUP | {"box": [1, 2, 3]}])]), "$.frames[0].boxes[0].box"),
        (scene([frame(boxes=[CUP | {"score": 1.5}])]), "$.frames[0].boxes[0].score"),
        (scene([frame(time=0.0), frame()]), "1 of 2 frames have a time"),
        (scene([frame(time=0.0), frame(time=0.0)]), "frames[1].time does not come after"),
        (scene(fps=0), "fps is 0"),
    ],
)
def test_spoilt_scenes_are_refused_with_their_field(tmp_path, content, says):
    """Cut short, NaN, wrong counts, unknown names, absurd boxes: the file and the field are said."""
    message = refusal(write(tmp_path, content), "scenes-json")
    assert "scene.json" in message
    assert says in message
