"""Holistic gives body and hands of one person as joints, and the 1662 values that models of signs take."""

from collections.abc import Iterator

import numpy as np
import pytest

from core.skeleton import HAND21, HOLISTIC75, MEDIAPIPE33
from device.camera.sources import Source, read_file
from device.pose.holistic import HolisticEstimator, Landmarks, is_signer
from tests.device.pose.anna import waving
from tests.outside import loaded_after, real_data
from training.datasets.formats._landmarks import decode_vectors
from training.synthesis import film

ASPECT = 4 / 3
ANNA = waving(0.6)
MAIN_JOINTS = [
    MEDIAPIPE33.index[f"{side}_{part}"] for side in ("left", "right") for part in ("shoulder", "elbow", "wrist", "hip")
]


@pytest.fixture(scope="module")
def estimator() -> Iterator[HolisticEstimator]:
    made = HolisticEstimator(min_visibility=0.5)
    yield made
    made.close()


@pytest.fixture(scope="module")
def seen(estimator):
    """(landmarks, pose, true joints (33, 2) in frame heights) of each picture, the last ones when all is settled."""
    looks = []
    for moment, shot in film(ANNA):
        (pose,) = estimator.estimate(shot.picture, 2 * moment)
        looks.append((estimator.look(shot.picture, 2 * moment + 0.1), pose, shot.joints / ANNA.height))
    return looks[2:]


def test_a_rendered_person_gives_1662_values(seen):
    """The vector of a person has 1662 finite values; the face lies around the nose."""
    for landmarks, _, _ in seen:
        vector = landmarks.vector()
        assert vector.shape == (1662,)
        assert vector.dtype == np.float32
        assert np.isfinite(vector).all()
        face = vector[132:1536].reshape(468, 3)[:, :2]
        nose = vector[:2]
        assert np.linalg.norm(face.mean(axis=0) - nose) < 0.1


def test_body_and_hands_are_where_they_are(seen):
    """Joints are in frame heights, within 4 % of the body; a hand that is found begins at its arm's wrist."""
    errors, hands = [], 0
    for _, pose, truth in seen:
        assert pose.layout == "holistic75"
        errors.append(np.linalg.norm(pose.joints[MAIN_JOINTS, :2] - truth[MAIN_JOINTS], axis=1).mean())
        for side in ("left", "right"):
            start = HOLISTIC75.index[f"{side}_hand_wrist"]
            if pose.score[start]:
                hands += 1
                gap = pose.joints[start, :2] - pose.joints[HOLISTIC75.index[f"{side}_wrist"], :2]
                assert np.linalg.norm(gap) < 0.1
    assert np.mean(errors) < 0.04 * np.ptp(seen[0][2][:, 1])
    assert hands


def some_landmarks() -> Landmarks:
    random = np.random.default_rng(1)
    sizes = ((33, 4), (468, 3), (21, 3), (21, 3))
    return Landmarks(*(random.uniform(0.1, 0.9, size).astype(np.float32) for size in sizes))


def test_the_order_is_pose_face_left_right():
    """Blocks of the vector begin at 0, 132, 1536 and 1599."""
    parts = some_landmarks()
    vector = parts.vector()
    for start, part in ((0, parts.pose), (132, parts.face), (1536, parts.left_hand), (1599, parts.right_hand)):
        np.testing.assert_array_equal(vector[start : start + part.size].reshape(part.shape), part)


@pytest.mark.parametrize("missing", ["none", "left_hand", "right_hand"])
def test_what_training_reads_is_what_the_device_sees(missing):
    """A stored vector read by training gives the same joints and scores as the estimator; missing hands have none."""
    parts = some_landmarks()
    if missing != "none":
        parts = Landmarks(**{**vars(parts), missing: np.zeros((21, 3), np.float32)})
    pose = parts.to_pose(ASPECT)
    read = decode_vectors(parts.vector()[None].astype(float), size=(640, 480), where="test").joints[0]
    present = pose.score > 0
    assert present.sum() == HOLISTIC75.size - (0 if missing == "none" else HAND21.size)
    np.testing.assert_allclose(read[:, 3], pose.score, atol=1e-6)
    np.testing.assert_allclose(read[present, :3], pose.joints[present], atol=1e-6)


def test_an_empty_room_is_zeros(estimator):
    """A picture without anybody gives no pose and a vector of zeros."""
    empty = np.full((120, 160, 3), 127, np.uint8)
    for moment in range(100, 103):  # the graph may look for the last person once more
        estimator.estimate(empty, moment)
    assert estimator.estimate(empty, 104.0) == []
    assert not estimator.look(empty, 105.0).vector().any()


@pytest.mark.parametrize(
    ("shoulders", "hips", "x", "signer"),
    [
        (0.99, 0.0, 0.5, True),
        (0.9, 0.0, 0.5, False),
        (0.6, 0.6, 0.5, True),
        (0.4, 0.9, 0.5, False),
        (0.99, 0.9, 1.1, False),
    ],
    ids=["at a table", "a face", "torso", "hidden", "half out"],
)
def test_shoulders_make_a_signer(shoulders, hips, x, signer):
    """Shoulders must be inside of the picture, and the torso visible, or where hips are not, shoulders beyond doubt."""
    pose = np.full((33, 4), 0.9, np.float32)
    pose[:, :2] = 0.5
    for part, visibility in (("shoulder", shoulders), ("hip", hips)):
        pose[[MEDIAPIPE33.index[f"{side}_{part}"] for side in ("left", "right")], 3] = visibility
    pose[MEDIAPIPE33.index["left_shoulder"], 0] = x
    assert is_signer(pose, 0.5) == signer


@pytest.mark.real_data
@pytest.mark.parametrize("recording", ["a", "b", "c"])
def test_real_signers_are_seen(recording):
    """Whoever was recorded for models of signs passes in at least 99 % of the frames."""
    frames = np.load(real_data(f"holistic_signs/recording_{recording}.npz"))["X"][..., :132].reshape(-1, 33, 4)
    assert np.mean([is_signer(pose, 0.5) for pose in frames]) >= 0.99


@pytest.mark.real_data
def test_a_real_face_is_nobody(estimator):
    """A close-up of a face is nobody in at least 99 % of the frames."""
    shots = read_file(Source("file", str(real_data("videos/makeup_closeup_no_body_320x240.avi"))))
    every_second = list(shots)[::2]
    seen = [bool(estimator.estimate(image, 1000 + 2 * n / fps)) for n, (image, fps) in enumerate(every_second)]
    assert len(seen) > 50
    assert np.mean(seen) <= 0.01


def test_only_what_is_needed_is_loaded():
    """Holistic comes by its name in the settings, and loads neither TensorFlow nor Matplotlib."""
    code = (
        "from device.pose import make_estimator; from device.settings import PoseSettings; "
        "make_estimator(PoseSettings(estimator='holistic')).close()"
    )
    assert loaded_after(code, {"tensorflow", "matplotlib", "jax", "scipy"}) == set()
