"""PYSKL's and MMAction2's annotations."""

import pickle

import numpy as np
import pytest

from core.skeleton import NTU25
from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format

NTU_NAME = "S001C001P003R001A002"


def planar(name: str = NTU_NAME, people: int = 1, frames: int = 4, **changes) -> dict:
    rng = np.random.default_rng(0)
    return {
        "frame_dir": name,
        "label": 1,
        "total_frames": frames,
        "img_shape": (1080, 1920),
        "original_shape": (1080, 1920),
        "keypoint": rng.uniform(100, 900, (people, frames, 17, 2)).astype(np.float16),
        "keypoint_score": rng.uniform(0.5, 1, (people, frames, 17)).astype(np.float16),
    } | changes


def spatial(**changes) -> dict:
    points = np.random.default_rng(0).uniform(0.5, 1, (1, 4, 25, 3)).astype(np.float32)
    return {"frame_dir": NTU_NAME, "label": 1, "total_frames": 4, "keypoint": points} | changes


def write(folder, content):
    path = folder / "ntu60.pkl"
    path.write_bytes(pickle.dumps(content))
    return path


def without(annotation: dict, field: str) -> dict:
    return {name: value for name, value in annotation.items() if name != field}


def test_annotations_with_splits(tmp_path):
    """Pixels become frame heights, the name says who it is, and the published parts go along."""
    content = {"split": {"xsub_train": [NTU_NAME], "xview_val": [NTU_NAME]}, "annotations": [planar()]}
    source = write(tmp_path, content)
    assert find_format(source).name == "pyskl"
    (recording,) = everything(source)
    assert recording.joints[..., :2] == pytest.approx(planar()["keypoint"][0].astype(float) / 1080, rel=1e-6)
    assert recording.joints[..., 3] == pytest.approx(planar()["keypoint_score"][0].astype(float))
    assert (recording.subject, recording.splits) == ("P003", ("xsub_train", "xview_val"))
    assert (recording.layout, recording.unit, recording.has_depth) == ("coco17", "frame heights", False)
    assert recording.classes == ("background", "class_001")


@pytest.mark.parametrize("content", [[planar()], planar()], ids=["list", "one"])
def test_older_and_single_annotations(tmp_path, content):
    """A list of annotations and one on its own have no splits."""
    (recording,) = everything(write(tmp_path, content), classes=("sit", "stand"))
    assert (recording.splits, recording.classes) == ((), ("background", "stand"))


def test_metres_are_turned_round(tmp_path):
    """Kinect's x grows to the sensor's left and y up; joints at the origin are missing."""
    points = spatial()["keypoint"]
    points[0, 0, 3] = 0
    (recording,) = everything(write(tmp_path, [spatial(keypoint=points)]))
    assert recording.joints[1, :, :3] == pytest.approx(points[0, 1] * (-1, -1, 1))
    assert recording.joints[0, 3].tolist() == [0, 0, 0, 0]
    assert (recording.layout, recording.unit, recording.has_depth) == (NTU25.name, "metres", True)


def test_everybody_is_a_recording_and_the_absent_are_not(tmp_path):
    """Padding is nobody: a person of zeros gives no recording, frames of zeros are NaN; the most present come first."""
    annotation = planar(people=3)
    annotation["keypoint"][1] = 0
    annotation["keypoint"][0, 2:] = 0
    first, second = everything(write(tmp_path, [annotation]))
    assert np.isfinite(first.joints).all()
    assert np.isnan(second.joints[2:]).all()
    assert (first.source, first.source) == (second.source, NTU_NAME)
    assert first.subject != second.subject
    assert len(everything(write(tmp_path, [annotation]), people=1)) == 1
    assert everything(write(tmp_path, [planar(people=0)])) == []


def test_clips_of_one_video_share_their_source(tmp_path):
    """UCF101 cuts several clips of one group from one video."""
    content = [planar(f"v_Archery_g08_c0{clip}") for clip in (1, 2)]
    one, two = everything(write(tmp_path, content))
    assert one.source == two.source == "v_Archery_g08"
    assert one.name != two.name


def compressed(**changes) -> dict:
    return (
        without(without(planar("clip"), "keypoint"), "keypoint_score")
        | {
            "raw_file": "/somewhere/else/part_1.pkl",
            "frame_inds": np.array([0, 0, 1, 3, 3]),
            "box_score": np.ones(5),
        }
        | changes
    )


def write_raw(folder) -> np.ndarray:
    points = np.random.default_rng(1).uniform(100, 110, (5, 17, 3))
    points[..., 2] = 0.9
    points[[1, 4], :, 0] += 500  # the second person
    (folder / "part_1.pkl").write_bytes(pickle.dumps({"clip": {"keypoint": points}}))
    return points


def test_kinetics_compressed_form_is_unpacked(tmp_path):
    """Skeletons are put back into their frames, and people told apart; the annotator's folders do not matter."""
    points = write_raw(tmp_path)
    one, two = everything(write(tmp_path, [compressed()]))
    assert one.joints[[0, 1, 3], :, 0] == pytest.approx(points[[0, 2, 3], :, 0] / 1080)
    assert np.isnan(one.joints[2]).all()
    assert two.joints[[0, 3], :, 0] == pytest.approx(points[[1, 4], :, 0] / 1080)


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        (3, "annotation 0: is not a dict"),
        (without(planar(), "frame_dir"), "annotation 0: has no frame_dir"),
        (without(planar(), "label"), f"annotation 0 ({NTU_NAME}): label is None"),
        (planar(label="one"), "label is one"),
        (planar(total_frames=5), "keypoint is (1, 4, 17, 2); (people, 5, joints, 2 or 3)"),
        (planar(total_frames=10**12), "total_frames is 1000000000000"),
        (without(planar(), "keypoint"), "keypoint is missing"),
        (planar(keypoint=[[1, 2]]), "keypoint is missing"),
        (planar(keypoint=np.zeros((4, 17, 2))), "keypoint is (4, 17, 2)"),
        (planar(keypoint=np.zeros((1, 4, 17, 2), bool)), "keypoint is (1, 4, 17, 2) of bool"),
        (planar(keypoint=np.ones((1, 4, 16, 2)), keypoint_score=np.ones((1, 4, 16))), "16 joints are not"),
        (planar(keypoint=np.full((1, 4, 17, 2), np.nan)), "person 0: frame 0, joint nose: no sensible number"),
        (without(planar(), "keypoint_score"), "keypoint_score is missing"),
        (planar(keypoint_score=np.ones((1, 3, 17))), "keypoint_score is (1, 3, 17)"),
        (without(without(planar(), "img_shape"), "original_shape"), "img_shape is None"),
        (planar(img_shape=(0, 1920)), "img_shape is (0, 1920)"),
        (compressed(raw_file="none.pkl"), "none.pkl: cannot be read"),
        (compressed(frame_dir="other"), "annotation 0 (other): is not in"),
        (compressed(frame_inds=np.array([0, 0, 1, 3, 4])), "frame_inds go from 0 to 4, but there are 4 frames"),
        (compressed(frame_inds=np.array([0, 0, 1, 3])), "keypoint is (5, 17, 3); (4, joints, 3)"),
    ],
)
def test_spoilt_annotations_are_refused_with_their_field(tmp_path, annotation, says):
    """Missing fields, wrong counts, NaN: the file, the annotation and the field are said."""
    write_raw(tmp_path)
    assert says in refusal(write(tmp_path, [annotation]), "pyskl")


@pytest.mark.parametrize("content", [{"split": {}}, 7, {"annotations": 3}, {"annotations": [], "split": [1]}])
def test_pickles_of_something_else_are_refused(tmp_path, content):
    """What is neither a list nor a dict of annotations is something else."""
    assert "ntu60.pkl: " in refusal(write(tmp_path, content), "pyskl")
