"""Tables of landmarks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.skeleton import MEDIAPIPE33
from tests.outside import real_data
from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format

JOINTS = ("nose", "left_shoulder", "right_shoulder")
HEADER = [f"{joint}_{axis}" for joint in JOINTS for axis in "xyzv"]


def write(folder, header, rows, name="squat.csv"):
    lines = [",".join(str(cell) for cell in row) for row in ([header, *rows] if header else rows)]
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


def row(seed: int = 0, values: int = len(HEADER)) -> list[float]:
    return np.random.default_rng(seed).uniform(0.1, 0.9, values).round(6).tolist()


def test_named_joints_of_labelled_pictures(tmp_path):
    """A row with a label and no time is a picture of its own; joints that have no column are unseen."""
    source = write(tmp_path, ["label", *HEADER], [["up", *row(0)], ["down", *row(1)], ["up", *row(2)]], "s_train.csv")
    assert find_format(source).name == "landmarks-csv"
    (recording,) = everything(source, size=(1280, 720))
    assert recording.stills
    assert [recording.classes[label] for label in recording.labels] == ["up", "down", "up"]
    assert recording.splits == ("train",)
    first = row(0)
    assert recording.joints[0, MEDIAPIPE33.index["left_shoulder"]] == pytest.approx(
        [first[4] * 16 / 9, first[5], first[6] * 16 / 9, first[7]], rel=1e-5
    )
    unseen = [i for i, joint in enumerate(MEDIAPIPE33.joints) if joint not in JOINTS]
    assert (recording.joints[:, unseen] == 0).all()


@pytest.mark.parametrize(("column", "moments"), [("time", (0.0, 0.2, 0.3)), ("frame", (0, 2, 3))])
def test_streams_have_times_or_frame_numbers(tmp_path, column, moments):
    """With a time, or a frame's number and a rate, rows are a film with a label for every frame."""
    rows = [
        [moment, action, *row(i)]
        for i, (moment, action) in enumerate(zip(moments, ("walk", "fall", "fall"), strict=True))
    ]
    (recording,) = everything(write(tmp_path, [column, "class", *HEADER], rows), fps=10.0)
    assert not recording.stills
    assert recording.times == pytest.approx([0, 0.2, 0.3])
    assert [recording.classes[label] for label in recording.labels] == ["walk", "fall", "fall"]


def test_takes_and_people_have_columns(tmp_path):
    """Rows of several takes are told apart, though they are mixed; each has its person."""
    rows = [[take, f"p{take}", "walk", *row(i)] for i, take in enumerate((1, 2, 1, 2, 2))]
    one, two = everything(write(tmp_path, ["video", "subject", "action", *HEADER], rows))
    assert (len(one.times), len(two.times)) == (2, 3)
    assert (one.subject, two.subject) == ("p1", "p2")
    assert one.times == pytest.approx([0, 1 / 30])


def test_numbered_landmarks_are_mediapipes(tmp_path):
    """x1, y1, z1, v1 is the nose; landmarks after the thirty-third are the face, and left out."""
    header = ["class", *(f"{axis}{number}" for number in range(1, 41) for axis in "xyzv")]
    values = row(3, 160)
    (recording,) = everything(write(tmp_path, header, [["sad", *values]]), size=(100, 100))
    assert recording.layout == "mediapipe33"
    assert recording.joints[0].ravel() == pytest.approx(values[: 33 * 4], rel=1e-5)


@pytest.mark.parametrize("header", [["", *range(132)], None], ids=["counted", "none"])
def test_bare_vectors_are_known_by_their_length(tmp_path, header):
    """Tables as pandas writes arrays, or without any header: the file's name is the action, its rows a film."""
    rows = [[*([number] if header else []), *row(number, 132)] for number in range(4)]
    (recording,) = everything(write(tmp_path, header, rows, "SWING.txt"), fps=10.0, size=(100, 100))
    assert (recording.classes, recording.stills, len(recording.times)) == (("background", "SWING"), False, 4)
    assert recording.joints[2].ravel() == pytest.approx(row(2, 132), rel=1e-5)


@pytest.mark.parametrize(
    ("header", "rows", "says"),
    [
        (["label", *HEADER], [["up", *row()], ["up", *row()[:-1]]], "line 3: has 12 cells, the header 13"),
        (["label", *HEADER], [["up", *row()], ["up", "nan", *row()[1:]]], "line 3: nose_x is 'nan', not a finite"),
        (["label", *HEADER], [["up", *row()], ["up", "", *row()[1:]]], "line 3: nose_x is ''"),
        (["label", *HEADER], [["up", "left", *row()[1:]]], "line 2: nose_x is 'left'"),
        (["label", *HEADER], [], "has a header and no rows"),
        (["time", *HEADER], [[0.1, *row()], [0.1, *row()]], "line 3: its time does not come after"),
        (["time", *HEADER], [["soon", *row()]], "line 2: time is 'soon'"),
        (["mood", *HEADER], [[1, *row()]], "column 'mood' is no coordinate"),
        (["label", "tail_x", "tail_y"], [["up", 0.1, 0.2]], "no layout has these joints"),
        (["label", "nose_x"], [["up", 0.1]], "joint nose needs a column for x and one for y"),
        (["label", "nose_x", "nose_y", "nose_x"], [["up", 0.1, 0.2, 0.3]], "two columns are the same coordinate"),
        (["label", *"abcde"], [["up", 1, 2, 3, 4, 5]], "5 columns of coordinates are neither"),
        (["label", "nose_x", "nose_y"], [["up", 1e300, 0.1]], "frame 0, joint nose: no sensible number"),
        (["label", "nose_x", "nose_y"], [["up", '"0.1', 0.1]], "line 2: "),
    ],
)
def test_spoilt_tables_are_refused_with_their_line(tmp_path, header, rows, says):
    """Cut short, NaN, words, empty cells, time that stands still: the file, the line and the column are said."""
    message = refusal(write(tmp_path, header, rows), "landmarks-csv")
    assert "squat.csv" in message
    assert says in message


def test_what_is_no_table_is_refused(tmp_path):
    """Bytes that are no text, an empty file, a folder without tables."""
    (tmp_path / "bad.csv").write_bytes(b"label,nose_x\nup,\xff\n")
    assert "byte 16 is not UTF-8" in refusal(tmp_path / "bad.csv", "landmarks-csv")
    (tmp_path / "bad.csv").write_text("")
    assert "is empty" in refusal(tmp_path / "bad.csv", "landmarks-csv")
    (tmp_path / "bad.csv").unlink()
    assert "no tables" in refusal(tmp_path, "landmarks-csv")


@given(st.lists(st.lists(st.floats(-10, 10, width=32), min_size=12, max_size=12), min_size=1, max_size=4))
def test_numbers_survive_the_table(tmp_path_factory, values):
    """Whatever places and scores are written come back, in the joints that the header names."""
    source = write(tmp_path_factory.mktemp("t"), ["label", *HEADER], [["up", *one] for one in values])
    (recording,) = everything(source, "landmarks-csv", size=(1000, 1000))
    written = np.array(values, np.float32).reshape(-1, 3, 4)
    scale = 1.0 if np.abs(written[..., :2]).max() <= 4 else 1000.0
    seen = (written[..., 3] > 0) & (written[..., :3] != 0).any(axis=-1)
    read = recording.joints[:, [MEDIAPIPE33.index[joint] for joint in JOINTS]]
    assert np.allclose(read[..., :3][seen] * scale, written[..., :3][seen], atol=1e-4)
    assert np.allclose(read[..., 3][seen], np.minimum(written[..., 3][seen], 1))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("place", "frames", "stills"),
    [
        ("exercise_frames/squat_model__train.csv", 4160, True),
        ("exercise_frames/squat_model__test.csv", 853, True),
        ("refuse/leaky_windows", 1260, False),
    ],
)
def test_real_tables_are_imported(place, frames, stills):
    """Labelled squat pictures, and three continuous swings."""
    recordings = everything(real_data(place))
    assert sum(len(recording.times) for recording in recordings) == frames
    assert {recording.stills for recording in recordings} == {stills}


@pytest.mark.real_data
def test_a_table_of_something_else_is_refused():
    """The squat data's table of scores is no table of landmarks."""
    source = real_data("exercise_frames/squat_model__evaluation.csv")
    assert "squat_model__evaluation.csv" in refusal(source, "landmarks-csv")
