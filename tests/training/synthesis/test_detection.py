"""MediaPipe takes the rendered people for people, and finds their joints where they are."""

from contextlib import closing
from dataclasses import replace

import numpy as np

from device.pose import make_estimator
from device.settings import PoseSettings
from training.synthesis import film, random_build, random_footage

# Shoulders, elbows, wrists, hips, knees, ankles of MEDIAPIPE33.
LIMBS = (*range(11, 17), *range(23, 29))


def test_mediapipe_finds_the_rendered_person_in_every_frame():
    """In all actions the person is found, with limbs within three per cent of body height of the ground truth."""
    footage = replace(random_footage("emil"), fps=1.5)  # turned by 27 degrees, mirrored, half the picture tall
    height, errors = _height(footage), []
    with closing(make_estimator(PoseSettings(estimator="mediapipe"))) as estimator:
        for moment, shot in film(footage):
            (person,) = estimator.estimate(shot.picture, moment)
            joints = person.joints[:, :2] * footage.height  # frame heights to pixels
            errors.append(np.linalg.norm(joints - shot.joints, axis=1)[list(LIMBS)] / height)
    assert np.mean(errors) < 0.03


def _height(footage):
    """Of the person standing, pixels."""
    build = random_build(np.random.default_rng(footage.person_seed))
    return np.ptp(footage.camera.project(np.array([[0.0, 0.0, 0.0], [0.0, build.height_m, 0.0]]))[:, 1])
