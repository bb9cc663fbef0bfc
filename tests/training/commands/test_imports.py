"""`posefleet data import`."""

import numpy as np
import pytest
from typer.testing import CliRunner

from core.errors import ConfigError, InputError
from posefleet.__main__ import app
from training.datasets.recording import load_directory

RUNNER = CliRunner()


def run(*arguments: object):
    result = RUNNER.invoke(app, ["data", "import", *(str(one) for one in arguments)], env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def source(tmp_path):
    (tmp_path / "in" / "wave").mkdir(parents=True)
    np.save(tmp_path / "in" / "wave" / "0.npy", np.random.default_rng(0).uniform(0.1, 0.9, (4, 132)))
    return tmp_path / "in"


def test_options_reach_the_recordings_and_a_summary_is_printed(source, tmp_path):
    """Rate, size and person are used; recordings, people, classes and frames are counted."""
    result = run(source, "--out", tmp_path / "out", "--fps", 10, "--size", "320x320", "--subject", "anna")
    (recording,) = load_directory(tmp_path / "out")
    assert recording.subject == "anna"
    assert recording.times == pytest.approx([0, 0.1, 0.2, 0.3])
    assert recording.joints[0, 0, :2] == pytest.approx(np.load(source / "wave" / "0.npy")[0, :2], rel=1e-5)
    for said in (
        "npy-folders",
        "recordings",
        "1: anna",
        "wave (4 frames)",
        "mediapipe33",
        "next: posefleet data check",
    ):
        assert said in result.output


@pytest.mark.parametrize("size", ["640", "x480", "0x480", "640x480x3", "wide"])
def test_a_size_that_is_none_is_explained(source, tmp_path, size):
    """Anything but two numbers is refused with an example."""
    with pytest.raises(ConfigError, match="write it as WIDTHxHEIGHT"):
        run(source, "--out", tmp_path / "out", "--size", size)


def test_names_of_classes_come_from_a_file(tmp_path):
    """Each line names a class; a file that is not there is said."""
    np.savez(tmp_path / "a.npz", X=np.full((1, 3, 132), 0.5), y=np.array([1]))
    (tmp_path / "names.txt").write_text("sit\n\nstand\n")
    assert (
        "stand (3 frames)"
        in run(tmp_path / "a.npz", "--out", tmp_path / "out", "--classes", tmp_path / "names.txt").output
    )
    with pytest.raises(InputError, match=r"none\.txt: cannot be read"):
        run(tmp_path / "a.npz", "--out", tmp_path / "other", "--classes", tmp_path / "none.txt")


def test_help_teaches_with_examples():
    """The help shows whole command lines."""
    assert "posefleet data import nturgb+d_skeletons --out data/ntu" in run("--help").output
