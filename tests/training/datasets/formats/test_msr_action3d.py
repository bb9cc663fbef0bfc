"""MSR-Action3D."""

import numpy as np
import pytest

from core.skeleton import KINECT20
from tests.outside import real_data
from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format

NAMES = ("a01_s01_e01", "a02_s02_e03")


def frames(count: int) -> np.ndarray:
    """Twenty joints of a person who faces the sensor: x grows to the sensor's left, y up."""
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (count, 20, 4))
    points[:, KINECT20.index["left_shoulder"]] = (-0.2, 0.3, 2.5, 1)
    points[:, KINECT20.index["right_shoulder"]] = (0.2, 0.3, 2.5, 1)
    points[:, KINECT20.index["left_foot"]] = (-0.1, -0.9, 2.5, 1)
    points[..., 3] = 0.9
    return points


def write(path, **changes):
    fields = {"X": frames(7), "lengths": np.array([3, 4]), "name": np.array(NAMES)} | changes
    np.savez(path, **{name: value for name, value in fields.items() if value is not None})
    return path


def write_text(folder, name, points) -> None:
    lines = [" ".join(str(value) for value in joint) for frame in points for joint in frame]
    (folder / f"{name}_skeleton3D.txt").write_text("\n".join(lines) + "\n")


def test_sequences_know_person_action_and_published_parts(tmp_path):
    """The name says who does what; odd people train, and each action belongs to its sets."""
    one, two = everything(write(tmp_path / "msr.npz"))
    assert (one.subject, two.subject) == ("s01", "s02")
    assert one.classes == ("background", "high arm wave")
    assert one.splits == ("cross_subject_train", "as2_train")
    assert two.splits == ("cross_subject_test", "as1_test")
    assert (len(one.times), len(two.times)) == (3, 4)
    assert one.times == pytest.approx(np.arange(3) / 15)


def test_people_are_upright_and_not_mirrored(tmp_path):
    """Y grows downwards and, facing the camera, the left shoulder is on the right of the picture."""
    joints = everything(write(tmp_path / "msr.npz"))[0].joints[0]
    index = KINECT20.index
    assert joints[index["left_shoulder"], 0] > joints[index["right_shoulder"], 0]
    assert joints[index["left_foot"], 1] > joints[index["left_shoulder"], 1]
    assert joints[index["left_foot"], 2] == pytest.approx(2.5)


def test_joints_at_the_origin_are_missing(tmp_path):
    """(0, 0, 0) is how a joint that was not found is written, whatever its confidence."""
    points = frames(7)
    points[0, 4, :3] = 0
    assert everything(write(tmp_path / "msr.npz", X=points))[0].joints[0, 4].tolist() == [0, 0, 0, 0]


def test_sequences_that_the_literature_leaves_out_have_no_parts(tmp_path):
    """Ten sequences are in nobody's figures; they are imported, and belong to no part."""
    one, two = everything(write(tmp_path / "msr.npz", used_in_cvpr12=np.array([False, True])))
    assert one.splits == ()
    assert two.splits != ()


def test_text_files_say_the_same_as_the_archive(tmp_path):
    """The published text files give the same recordings."""
    source = write(tmp_path / "msr.npz")
    folder = tmp_path / "text"
    folder.mkdir()
    write_text(folder, NAMES[0], frames(7)[:3])
    write_text(folder, NAMES[1], frames(7)[3:])
    for text, archive in zip(everything(folder), everything(source), strict=True):
        assert (text.name, text.subject, text.splits) == (archive.name, archive.subject, archive.splits)
        assert text.joints == pytest.approx(archive.joints)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"lengths": np.array([3, 3])}, "lengths add up to 6 frames, X has 7"),
        ({"lengths": np.array([0, 7])}, "lengths add up"),
        ({"name": np.array(["a01_s01_e01", "rubbish"])}, "rubbish: is not named"),
        ({"name": np.array(["a01_s01_e01", "a21_s01_e01"])}, "a21_s01_e01: is not named"),
        ({"name": np.array(["a01_s01_e01"])}, "name has (1,)"),
        ({"name": None}, "lacks name"),
        ({"X": frames(7)[:, :19]}, "(frames, 20, 4) is needed"),
        ({"X": np.full((7, 20, 4), np.nan)}, "a01_s01_e01: frame 0, joint left_shoulder"),
    ],
)
def test_archives_that_do_not_add_up_are_refused(tmp_path, changes, says):
    """Lengths, names and shapes must agree; the complaint names the sequence or the field."""
    message = refusal(write(tmp_path / "bad.npz", **changes), "msr-action3d")
    assert "bad.npz" in message
    assert says in message


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda lines: lines[:-1], "has 59 lines"),
        (lambda lines: [], "has 0 lines"),
        (lambda lines: [*lines[:4], "1 2 3", *lines[5:]], "line 5: has 3 numbers"),
        (lambda lines: [*lines[:4], "1 2 x 4", *lines[5:]], "line 5: could not convert"),
        (lambda lines: [*lines[:4], "nan 2 3 1", *lines[5:]], "frame 0, joint left_hip"),
    ],
)
def test_spoilt_text_files_are_refused_with_their_line(tmp_path, spoil, says):
    """Cut short, empty, too few numbers, no numbers, NaN: the file and the line are said."""
    write_text(tmp_path, NAMES[0], frames(3))
    file = tmp_path / f"{NAMES[0]}_skeleton3D.txt"
    file.write_text("\n".join(spoil(file.read_text().splitlines())))
    message = refusal(tmp_path, "msr-action3d")
    assert file.name in message or NAMES[0] in message
    assert says in message


@pytest.mark.real_data
def test_the_real_archive_is_imported():
    """567 sequences, 557 of them in the literature's parts, ten people, half of them for training."""
    source = real_data("msr_action3d/msr_action3d.npz")
    assert find_format(source).name == "msr-action3d"
    recordings = everything(source)
    assert len(recordings) == 567
    assert sum(bool(recording.splits) for recording in recordings) == 557
    training = {one.subject for one in recordings if "cross_subject_train" in one.splits}
    assert training == {"s01", "s03", "s05", "s07", "s09"}
    shoulders = np.concatenate([one.joints[:, :2, 0] for one in recordings])
    assert np.nanmedian(shoulders[:, 0] - shoulders[:, 1]) > 0.2  # metres, as of people who face the camera
