"""NTU RGB+D."""

import numpy as np
import pytest

from core.skeleton import NTU25
from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format

NAME = "S001C002P003R002A013.skeleton"
FIRST, SECOND = "72057594037931101", "72057594037931102"  # one float64 stands for both: 17 digits are too many for it
BODY = "0 1 1 1 1 0 0.02 -0.03 2"


def person(seed: int = 0, *, moving: float = 0.0, wide: bool = False) -> np.ndarray:
    """(25, 3) metres, x to the sensor's left and y up, upright or as flat as a table."""
    rng = np.random.default_rng(seed)
    scale = (1.0, 0.1, 0.1) if wide else (0.2, 0.9, 0.1)
    points = rng.uniform(-1, 1, (25, 3)) * scale + (0, 0, 3)
    points[NTU25.index["left_shoulder"], 0], points[NTU25.index["right_shoulder"], 0] = -0.2, 0.2
    points[NTU25.index["head"], 1], points[NTU25.index["left_foot"], 1] = 0.9, -0.9
    return points + np.array([moving, 0, 0])


def joint_line(place, state=2) -> str:
    x, y, z = place
    return f"{x} {y} {z} 250.5 200.5 {960 + 360 * x} {540 - 360 * y} -0.2 0.05 0.97 -0.12 {state}"


def text(frames) -> str:
    """`frames`: for each a list of (body id, (25, 3))."""
    lines = [str(len(frames))]
    for bodies in frames:
        lines.append(str(len(bodies)))
        for body, points in bodies:
            lines += [f"{body} {BODY}", "25", *(joint_line(place) for place in points)]
    return "\n".join(lines) + "\n"


def write(folder, frames, name=NAME):
    (folder / name).write_text(text(frames))
    return folder / name


def test_a_clip_knows_person_action_and_published_parts(tmp_path):
    """The file's name says everything; person 3 is in the test half, camera 2 in the training views."""
    write(tmp_path, [[(FIRST, person())]] * 3)
    assert find_format(tmp_path).name == "ntu"
    (recording,) = everything(tmp_path)
    assert (recording.subject, recording.classes) == ("P003", ("background", "A013"))
    assert recording.splits == ("xset120_test", "xsub120_test", "xsub60_test", "xview60_train")
    assert recording.times == pytest.approx([0, 1 / 30, 2 / 30])
    assert (recording.unit, recording.has_depth, recording.source) == ("metres", True, "S001C002P003R002A013")


def test_people_are_upright_and_not_mirrored(tmp_path):
    """Y grows downwards and, facing the camera, the left shoulder is on the right of the picture."""
    write(tmp_path, [[(FIRST, person())]] * 3)
    joints, index = everything(tmp_path)[0].joints[0], NTU25.index
    assert joints[index["left_shoulder"], 0] == pytest.approx(0.2)
    assert joints[index["right_shoulder"], 0] == pytest.approx(-0.2)
    assert joints[index["head"], 1] == pytest.approx(-0.9)
    assert np.allclose(joints[:, 2], person()[:, 2])


def test_planar_joints_are_those_of_the_colour_picture(tmp_path):
    """In frame heights, turned the same way as in space, and without depth."""
    write(tmp_path, [[(FIRST, person())]] * 3)
    (planar,), (space,) = everything(tmp_path, planar=True), everything(tmp_path)
    assert planar.joints[0, :, 0] == pytest.approx((960 + 360 * space.joints[0, :, 0]) / 1080, abs=1e-5)
    assert planar.joints[0, :, 1] == pytest.approx((540 + 360 * space.joints[0, :, 1]) / 1080, abs=1e-5)
    assert (planar.has_depth, planar.unit) == (False, "frame heights")


def test_seventeen_digit_ids_tell_people_apart(tmp_path):
    """Two ids that are the same number as floats are two people, wherever each stands in the frame's list."""
    assert float(FIRST) == float(SECOND)
    one, two = person(1), person(2, moving=1.0)
    write(tmp_path, [[(FIRST, one), (SECOND, two)], [(SECOND, two), (FIRST, one)]] * 8)
    recordings = everything(tmp_path)
    assert len(recordings) == 2
    assert {recording.source for recording in recordings} == {"S001C002P003R002A013"}
    for recording in recordings:
        assert (np.ptp(recording.joints[..., :3], axis=0) == 0).all()


def test_frames_without_bodies_are_nobody(tmp_path):
    """A frame that the sensor lost keeps its place in time."""
    write(tmp_path, [[(FIRST, person())], [], [(FIRST, person())]])
    (recording,) = everything(tmp_path)
    assert np.isnan(recording.joints[1]).all()
    assert np.isfinite(recording.joints[[0, 2]]).all()


def test_a_clip_without_anybody_gives_no_recording(tmp_path):
    """Some published clips have no body in any frame."""
    write(tmp_path, [[], []])
    assert everything(tmp_path) == []


def test_furniture_and_flashes_are_not_people(tmp_path):
    """A flat body and one of five frames are left out, though the id comes first."""
    lively = [person(3, moving=0.05 * step) for step in range(20)]
    frames = [[(SECOND, person(4, wide=True)), (FIRST, points)] for points in lively]
    frames[7].append(("72057594037931103", person(5)))
    write(tmp_path, frames)
    (recording,) = everything(tmp_path)
    assert recording.joints[-1, 0, 0] == pytest.approx(-lively[-1][0, 0], abs=1e-6)


def test_the_liveliest_comes_first_and_a_lost_id_is_joined(tmp_path):
    """Who moves is the one whose action it is; somebody lost and found under another id is one person."""
    frames = [[(FIRST, person(1)), (SECOND, person(2, moving=0.1 * step))] for step in range(15)]
    frames += [[(FIRST, person(1)), ("72057594037931109", person(2, moving=0.1 * step))] for step in range(15, 30)]
    write(tmp_path, frames)
    first, second = everything(tmp_path)
    assert np.isfinite(first.joints).all()
    assert np.ptp(first.joints[:, 0, 0]) == pytest.approx(2.9, abs=1e-5)
    assert np.ptp(second.joints[:, 0, 0]) == 0
    assert (first.subject, second.subject) == ("P003", "P003+1")
    assert len(everything(tmp_path, people=1)) == 1


def test_tracking_states_become_scores(tmp_path):
    """Tracked joints are sure, inferred ones half, others not seen."""
    file = write(tmp_path, [[(FIRST, person())]] * 2)
    lines = file.read_text().splitlines()
    lines[4] = lines[4][:-1] + "1"
    lines[5] = lines[5][:-1] + "0"
    file.write_text("\n".join(lines))
    scores = everything(tmp_path)[0].joints[0, :, 3]
    assert scores[:3].tolist() == [0.5, 0.0, 1.0]


def test_names_of_actions_may_be_given(tmp_path):
    """The thirteenth name is the thirteenth action's."""
    write(tmp_path, [[(FIRST, person())]])
    assert everything(tmp_path, classes=tuple(f"n{i}" for i in range(1, 14)))[0].classes == ("background", "n13")


def replace_line(number, line):
    return lambda lines: [*lines[: number - 1], line, *lines[number:]]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda lines: lines[:-1], "ends after line 56, where joint right_thumb should follow"),
        (lambda lines: lines[:1], "ends after line 1, where the number of bodies should follow"),
        (lambda lines: [], "ends after line 0"),
        (lambda lines: [*lines, "1"], "line 58: goes on after its last frame"),
        (replace_line(1, "3"), "ends after line 57"),
        (replace_line(1, "-1"), "line 1: the number of frames is -1"),
        (replace_line(1, "9" * 5000), "line 1: the number of frames is 999"),
        (replace_line(2, "7"), "line 2: the number of bodies is 7; 0 to 6"),
        (replace_line(2, "two"), "line 2: the number of bodies is two"),
        (replace_line(3, f"7.2057594037931101e16 {BODY}"), "line 3: body id 7.2057594037931101e16 is not a whole"),
        (replace_line(3, f"{FIRST} 0"), "line 3: has 2 words, a body has 10"),
        (replace_line(4, "24"), "line 4: a body has 25 joints"),
        (
            replace_line(6, joint_line((float("nan"), 0, 1))),
            "line 6: joint spine_mid: a coordinate is no sensible number",
        ),
        (replace_line(6, joint_line((0, 0, 1), state=3)), "line 6: joint spine_mid: '3'"),
        (replace_line(6, "1 2 3"), "line 6: has 3 words, joint spine_mid has 12"),
        (replace_line(6, " ".join("x" * 12)), "line 6: joint spine_mid: could not convert"),
        (replace_line(6, joint_line((1e300, 0, 1))), "joint spine_mid: a coordinate is no sensible number"),
    ],
)
def test_spoilt_files_are_refused_with_their_line(tmp_path, spoil, says):
    """Cut short, too long, wrong counts, ids that went through a float, NaN: the file and the line are said."""
    file = write(tmp_path, [[(FIRST, person())], [(FIRST, person())]])
    file.write_text("\n".join(spoil(file.read_text().splitlines())))
    message = refusal(tmp_path, "ntu")
    assert NAME in message
    assert says in message


def test_a_body_twice_in_a_frame_is_refused(tmp_path):
    """An id is one person in a frame."""
    write(tmp_path, [[(FIRST, person()), (FIRST, person())]])
    assert f"body {FIRST} is twice in frame 0" in refusal(tmp_path, "ntu")


def test_names_and_bytes_that_are_no_clips_are_refused(tmp_path):
    """A name that says nothing, and bytes that are no text."""
    bad = tmp_path / "clip.skeleton"
    bad.write_text("1\n0\n")
    assert "clip.skeleton: is not named" in refusal(bad, "ntu")
    (tmp_path / NAME).write_bytes(b"1\n\xff\xfe")
    assert "byte 2 is not UTF-8" in refusal(tmp_path / NAME, "ntu")
    (tmp_path / "nothing").mkdir()
    assert "no *.skeleton files" in refusal(tmp_path / "nothing", "ntu")
