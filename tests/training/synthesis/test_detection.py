"""MediaPipe takes the rendered people for people, and finds their joints where they are."""

import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from training.synthesis import film, random_build, random_footage

# Shoulders, elbows, wrists, hips, knees, ankles of MEDIAPIPE33.
LIMBS = (*range(11, 17), *range(23, 29))


@pytest.fixture
def pose(monkeypatch):
    # MediaPipe imports TensorFlow when it is there, for parts that are not used here; without it starts much faster.
    if "mediapipe" not in sys.modules:
        monkeypatch.setitem(sys.modules, "tensorflow", None)
    import mediapipe

    with mediapipe.solutions.pose.Pose(model_complexity=1) as estimator:
        yield estimator


def test_mediapipe_finds_the_rendered_person_in_every_frame(pose):
    """In all actions the person is found, with limbs within three per cent of body height of the ground truth."""
    footage = replace(random_footage("emil"), fps=1.5)  # turned by 27 degrees, mirrored, half the picture tall
    height, errors = _height(footage), []
    for _, shot in film(footage):
        found = pose.process(cv2.cvtColor(shot.picture, cv2.COLOR_BGR2RGB)).pose_landmarks
        assert found is not None
        joints = np.array([(mark.x * footage.width, mark.y * footage.height) for mark in found.landmark])
        errors.append(np.linalg.norm(joints - shot.joints, axis=1)[list(LIMBS)] / height)
    assert np.mean(errors) < 0.03


def _height(footage):
    """Of the person standing, pixels."""
    build = random_build(np.random.default_rng(footage.person_seed))
    return np.ptp(footage.camera.project(np.array([[0.0, 0.0, 0.0], [0.0, build.height_m, 0.0]]))[:, 1])
