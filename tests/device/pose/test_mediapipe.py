"""MediaPipe's graph finds one person, says where in our units, and is not fooled by parts of one."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.skeleton import MEDIAPIPE33
from device.camera.sources import Source, read_file
from device.pose import PoseEstimator, make_estimator
from device.settings import PoseSettings
from device.tracking.tracker import Tracker
from tests.device.pose.anna import waving
from tests.outside import loaded_after, real_data
from training.synthesis import film

ANNA = waving(1.2)
MAIN_JOINTS = [
    MEDIAPIPE33.joints.index(f"{side}_{part}")
    for side in ("left", "right")
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]


@pytest.fixture
def estimator() -> Iterator[PoseEstimator]:
    made = make_estimator(PoseSettings(estimator="mediapipe"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def filmed() -> list[tuple[float, np.ndarray, np.ndarray]]:
    """(captured_at, picture, true joints (33, 2) in frame heights)."""
    return [(moment, shot.picture, shot.joints / ANNA.height) for moment, shot in film(ANNA)]


@pytest.mark.parametrize("scale", [1, 3], ids=["360 rows", "1080 rows"])
def test_a_person_is_found_where_they_are(estimator, filmed, scale):
    """Joints are in frame heights from the top left corner, within 4 % of the body, at any resolution."""
    errors = []
    for moment, picture, truth in filmed:
        image = cv2.resize(picture, None, fx=scale, fy=scale) if scale > 1 else picture
        (pose,) = estimator.estimate(image, moment)
        assert pose.score[MAIN_JOINTS].mean() > 0.7
        errors.append(np.linalg.norm(pose.joints[MAIN_JOINTS, :2] - truth[MAIN_JOINTS], axis=1).mean())
    body = np.ptp(filmed[0][2][:, 1])
    assert np.mean(errors[2:]) < 0.04 * body  # the first pictures settle the graph's own tracking


def test_an_empty_room_is_empty(estimator):
    """A picture without anybody gives no pose."""
    assert estimator.estimate(np.full((120, 160, 3), 127, np.uint8), 0.0) == []


def test_times_that_do_not_grow_are_survived(estimator, filmed):
    """A repeated or earlier capture time does not stop the graph."""
    _, picture, _ = filmed[-1]
    for moment in (5.0, 5.0, 4.0, 5.1):
        assert len(estimator.estimate(picture, moment)) == 1


def test_only_what_is_needed_is_loaded():
    """Making the estimator loads neither TensorFlow nor Matplotlib, even where both are installed."""
    code = (
        "from device.pose import make_estimator; from device.settings import PoseSettings; "
        "make_estimator(PoseSettings(estimator='mediapipe')).close()"
    )
    assert loaded_after(code, {"tensorflow", "matplotlib", "jax", "scipy"}) == set()


def tracks_in(estimator: PoseEstimator, film: Path) -> list[list[int]]:
    """The numbers of the tracks in each frame."""
    tracker = Tracker()
    frames = []
    for index, (image, fps) in enumerate(read_file(Source("file", str(film)))):
        people, _ = tracker.update(estimator.estimate(image, index / fps), index / fps)
        frames.append([number for number, _ in people])
    return frames


@pytest.mark.real_data
def test_a_real_person_is_one_track(estimator):
    """Somebody who drinks water is found in at least 95 % of the frames, always as the same track."""
    frames = tracks_in(estimator, real_data("videos/drink_water_1person_1920x1080_30fps.avi"))
    found = [numbers for numbers in frames if numbers]
    assert len(found) >= 0.95 * len(frames)
    assert all(numbers == found[0] for numbers in found)


@pytest.mark.real_data
def test_a_real_face_is_nobody(estimator):
    """A close-up of a face, which MediaPipe tracks as a body in every frame, is nobody whose actions are judged."""
    frames = tracks_in(estimator, real_data("videos/makeup_closeup_no_body_320x240.avi"))
    assert len(frames) > 100
    assert not any(frames)
