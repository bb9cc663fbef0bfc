"""Stored keypoints are replayed in step with the pictures' times."""

import numpy as np
import pytest

from core.errors import ConfigError, InputError
from core.skeleton import MEDIAPIPE33
from device.pose import make_estimator
from device.pose.recording import RecordingEstimator
from device.settings import PoseSettings
from tests.people import joints_at, write_recording
from training.datasets.recording import Recording, save

PICTURE = np.zeros((4, 4, 3), np.uint8)


def test_joints_come_at_their_times(tmp_path):
    """The person of the recorded frame that is nearest in time is given, from the first picture on, over and over."""
    seconds = write_recording(tmp_path / "r.npz", [("wave", 2.0)], fps=10)
    estimator = RecordingEstimator(tmp_path / "r.npz")
    for offset in (0.0, 0.52, 1.0, 1.9, seconds, seconds + 0.52, 7 * seconds + 1.0):
        (pose,) = estimator.estimate(PICTURE, 500.0 + offset)
        expected = joints_at("wave", round((offset % seconds) * 10) / 10)
        assert pose.joints == pytest.approx(expected[:, :3])
        assert pose.score == pytest.approx(expected[:, 3])
        assert pose.layout == MEDIAPIPE33.name


def test_rows_of_nan_are_nobody(tmp_path):
    """Where nobody was found nobody is given."""
    write_recording(tmp_path / "r.npz", [("wave", 1.0), ("nobody", 1.0)], fps=10)
    estimator = RecordingEstimator(tmp_path / "r.npz")
    assert [len(estimator.estimate(PICTURE, moment)) for moment in (0.0, 0.9, 1.0, 1.9, 2.0)] == [1, 1, 0, 0, 1]


def test_a_recording_of_training_can_be_replayed(tmp_path):
    """The file that training writes is one that the daemon replays, through the settings."""
    joints = np.stack([joints_at("squat", moment / 10) for moment in range(5)])
    times, labels = 60 + np.arange(5) / 10, np.zeros(5, np.int64)
    save(Recording("take", "anna", times, joints, labels, ("background",)), tmp_path / "take.npz")
    estimator = make_estimator(PoseSettings(estimator="recording", recording=tmp_path / "take.npz"))
    for offset in range(5):
        (pose,) = estimator.estimate(PICTURE, 3.0 + offset / 10)
        assert pose.joints == pytest.approx(joints[offset, :, :3])
    estimator.close()


def test_a_recording_must_be_named():
    """The estimator `recording` without a file is a configuration that says what is missing."""
    with pytest.raises(ConfigError, match="recording"):
        make_estimator(PoseSettings(estimator="recording"))


@pytest.mark.parametrize(
    ("times", "joints"),
    [
        (np.zeros(0), np.zeros((0, 33, 4))),
        (np.arange(3.0), np.zeros((2, 33, 4))),
        (np.arange(3.0), np.zeros((3, 17, 3))),
        (np.arange(3.0), np.array([object()] * 3)),
        (np.arange(3.0), np.array(["a", "b", "c"])),
        (np.arange(6.0).reshape(2, 3), np.zeros((2, 33, 4))),
        (np.array([0.0, np.nan, 1.0]), np.zeros((3, 33, 4))),
        (np.array([0.0, 2.0, 1.0]), np.zeros((3, 33, 4))),
    ],
    ids=["empty", "lengths", "joints", "pickle", "text", "times", "nan", "order"],
)
def test_other_arrays_are_refused(tmp_path, times, joints):
    """Arrays of other shapes, orders or kinds are refused in a sentence that names the file; pickles are not loaded."""
    np.savez(tmp_path / "bad.npz", times=times, joints=joints)
    with pytest.raises(InputError, match=r"bad\.npz"):
        RecordingEstimator(tmp_path / "bad.npz")


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 and nothing more"])
def test_what_is_no_recording_is_refused(tmp_path, content):
    """A file that is missing, empty or cut off is an InputError, not a crash."""
    path = tmp_path / "bad.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.npz"):
        RecordingEstimator(path)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    """A small file that unpacks to more than a recording ever has is refused before it fills the memory."""
    monkeypatch.setattr("device.pose.recording._MAX_BYTES", 10_000)
    np.savez_compressed(tmp_path / "bomb.npz", times=np.arange(1000.0), joints=np.zeros((1000, 33, 4)))
    with pytest.raises(InputError, match="unpacks to more"):
        RecordingEstimator(tmp_path / "bomb.npz")
