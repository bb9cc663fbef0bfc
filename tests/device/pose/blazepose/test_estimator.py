"""BlazePose on rendered and real people: where they are, how many, and nobody where nobody is."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import cv2
import numpy as np
import pytest

from core.skeleton import MEDIAPIPE33
from device.camera.sources import Source, read_file
from device.pose import Effort, make_estimator
from device.pose.blazepose import BlazePoseEstimator
from device.settings import PoseSettings
from tests.outside import loaded_after, real_data
from training.synthesis import film, random_footage
from training.synthesis.plays import group, side_by_side
from training.synthesis.stage import play

LIMBS = [
    MEDIAPIPE33.joints.index(f"{side}_{part}")
    for side in ("left", "right")
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]
EMPTY = np.full((360, 480, 3), 127, np.uint8)


@pytest.fixture
def estimator() -> Iterator[BlazePoseEstimator]:
    with closing(BlazePoseEstimator(PoseSettings(estimator="blazepose"))) as made:
        yield made


@pytest.fixture(scope="module")
def filmed():
    """One rendered person: (captured_at, picture, true joints (33, 2) in pixels)."""
    return [(moment, shot.picture, shot.joints) for moment, shot in islice(film(random_footage("ida")), 12)]


@pytest.fixture(scope="module")
def three_people():
    """Pictures with three rendered people beside each other, and the truth about each."""
    return list(islice(play(group(3, seed=1)), 10))


def apart(pose, truth, rows):
    """Mean distance of the limbs, in body heights."""
    return np.linalg.norm(pose.joints[LIMBS, :2] * rows - truth[LIMBS], axis=1).mean() / np.ptp(truth[:, 1])


@pytest.mark.parametrize("scale", [1, 2])
def test_a_person_is_found_where_they_are(estimator, filmed, scale):
    """Joints are in frame heights from the top left corner, within 3 % of the body, at any resolution."""
    errors = []
    for moment, picture, truth in filmed:
        image = cv2.resize(picture, None, fx=scale, fy=scale)
        (pose,) = estimator.estimate(image, moment)
        errors.append(apart(pose, truth * scale, image.shape[0]))
        assert pose.score[LIMBS].mean() > 0.7
    assert np.mean(errors) < 0.03


def test_it_agrees_with_mediapipes_graph(estimator, filmed):
    """Picture by picture, joints differ by 1 % of body height at the median and 3 % at the 95th percentile."""
    differences = []
    with closing(make_estimator(PoseSettings(estimator="mediapipe"))) as graph:
        for moment, picture, _ in filmed:
            (ours,), (theirs,) = estimator.estimate(picture, moment), graph.estimate(picture, moment)
            height = np.ptp(theirs.joints[:, 1])
            differences.append(np.linalg.norm(ours.joints[:, :2] - theirs.joints[:, :2], axis=1) / height)
            assert np.abs(ours.score - theirs.score).mean() < 0.05
    assert np.percentile(differences, 50) < 0.01
    assert np.percentile(differences, 95) < 0.03


def test_several_people_are_followed(estimator, three_people):
    """Three people are all found within a second, each where they are, in the same order from picture to picture."""
    found = [(truths, picture.shape[0], estimator.estimate(picture, t)) for t, picture, truths in three_people]
    assert [len(poses) for *_, poses in found[-3:]] == [3, 3, 3]
    owners = []
    for truths, rows, poses in found[-3:]:
        nearest = [min(range(3), key=lambda n, p=pose: apart(p, truths[n].joints, rows)) for pose in poses]
        assert all(apart(p, truths[n].joints, rows) < 0.05 for p, n in zip(poses, nearest, strict=True))
        owners.append(nearest)
    assert sorted(owners[0]) == [0, 1, 2]
    assert owners[0] == owners[1] == owners[2]


@pytest.mark.parametrize("gap_m", [0.5, 0.3])
def test_people_who_touch_are_two(estimator, gap_m):
    """Two people half a metre apart, or one behind the other, are both found in most pictures; a third soon goes."""
    people = [len(estimator.estimate(picture, t)) for t, picture, _ in play(side_by_side(gap_m, seed=2, seconds=1.0))]
    assert people.count(2) >= 0.8 * len(people)
    assert max(people[3:]) == 2


def test_fewer_people_can_be_asked_for(estimator, three_people):
    """From the next picture on no more are followed than the effort allows."""
    estimator.adapt(Effort(max_people=1, detect_every=1000))
    assert {len(estimator.estimate(picture, t)) for t, picture, _ in three_people} <= {0, 1}


def test_newcomers_can_be_asked_for_one_at_a_time(estimator, three_people):
    """Then no picture has to pay for finding more than one of them, and all are found all the same."""
    estimator.adapt(Effort(max_people=3, detect_every=30, at_once=False))
    _, picture, _ = three_people[0]
    people = [0, *(len(estimator.estimate(picture, number / 10)) for number in range(60))]
    assert max(np.diff(people)) == 1
    assert people[-1] == 3


def test_an_empty_room_is_empty(estimator, filmed):
    """Nobody is found where nobody is, also right after somebody was there."""
    assert all(estimator.estimate(EMPTY, t / 10) == [] for t in range(5))
    moment, picture, _ = filmed[0]
    assert len(estimator.estimate(picture, 10 + moment)) == 1
    assert all(estimator.estimate(EMPTY[: picture.shape[0]], 11 + t / 10) == [] for t in range(5))


def test_other_pictures_and_clocks_are_survived(estimator, filmed):
    """A picture of another size, a repeated time and a clock that goes back: the person is found all the same."""
    _, picture, _ = filmed[-1]
    for moment in (5.0, 5.0, 4.0, 5.1):
        assert len(estimator.estimate(picture, moment)) == 1
    assert len(estimator.estimate(cv2.resize(picture, None, fx=0.7, fy=0.7), 5.2)) == 1


def test_neither_mediapipe_nor_tensorflow_is_loaded():
    """The estimator needs the wheel's files at most, never its code."""
    code = (
        "import numpy; from device.pose import make_estimator; from device.settings import PoseSettings; "
        "e = make_estimator(PoseSettings(estimator='blazepose')); e.estimate(numpy.zeros((90, 120, 3), 'uint8'), 0.0)"
    )
    assert loaded_after(code, {"tensorflow", "matplotlib", "mediapipe", "scipy"}) == set()


def people_in(estimator, name: str) -> list[int]:
    """How many in each frame of a real film."""
    frames = read_file(Source("file", str(real_data(f"videos/{name}"))))
    return [len(estimator.estimate(image, index / fps)) for index, (image, fps) in enumerate(frames)]


@pytest.mark.real_data
def test_a_real_person_is_found(estimator):
    """Somebody who drinks water is one person in at least 99 % of the frames."""
    people = people_in(estimator, "drink_water_1person_1920x1080_30fps.avi")
    assert people.count(1) >= 0.99 * len(people)


@pytest.mark.real_data
def test_three_small_people_are_found(estimator):
    """Of people who fill a third of the picture, three are followed in 90 % of the frames after the first second."""
    people = people_in(estimator, "aerobics_3people_384x288_10fps.avi")[10:]
    assert people.count(3) >= 0.9 * len(people)


@pytest.mark.real_data
def test_a_real_face_is_nobody(estimator):
    """In a close-up of a face there is nobody in 99 % of the frames."""
    people = people_in(estimator, "makeup_closeup_no_body_320x240.avi")
    assert people.count(0) >= 0.99 * len(people)
