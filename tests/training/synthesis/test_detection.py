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


def test_mediapipe_finds_every_rendered_person(pose):
    """In all actions a person is found, with limbs within three per cent of body height of the ground truth."""
    errors = []
    for name in ("anna", "ben"):
        footage = replace(random_footage(name), fps=1.0)
        height = _height(footage)
        pose.reset()
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
