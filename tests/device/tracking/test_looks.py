"""Clothes tell people apart."""

import numpy as np

from core.skeleton import CORE15, Pose
from device.tracking.looks import difference, look_of
from device.tracking.track import Sighting
from tests.device.crossings import small_crossing
from tests.people import pose_at


def test_the_look_is_the_colour_of_shirt_and_trousers():
    """Whatever is above the hips gives the first colour, whatever is below them the second, at any size."""
    pose = pose_at("background", 0.0)
    for rows in (120, 480):
        image = np.full((rows, 2 * rows, 3), (10, 200, 30), np.uint8)
        hips = round(float(pose.core15[CORE15.joints.index("mid_hip"), 1]) * rows)
        image[hips:] = (90, 40, 160)
        assert look_of(image, Sighting(pose, 0.0).joints) == ((10, 200, 30), (90, 40, 160))


def test_people_look_like_themselves_and_not_like_each_other():
    """Across a crossing a person's look changes less than it differs from the other's, while both are seen."""
    own, other = [], []
    for number in range(4):
        stage, frames = small_crossing(number)
        looks = [_looks(image, truths, stage.height) for _, image, truths in (frames[1], frames[-2])]
        own += [difference(looks[0][who], looks[1][who]) for who in (0, 1)]
        other += [difference(looks[0][who], looks[1][1 - who]) for who in (0, 1)]
    assert np.median(own) < 15
    assert np.median(other) > 40


def test_a_pose_at_the_edge_has_a_look():
    """What lies outside the picture is taken from its edge."""
    pose = pose_at("background", 0.0)
    for way in (-5, 5):
        outside = Pose(pose.joints + np.float32(way), pose.score)
        assert look_of(np.full((4, 4, 3), 7, np.uint8), Sighting(outside, 0.0).joints) == ((7, 7, 7), (7, 7, 7))


def _looks(image, truths, rows):
    joints = [np.pad(truth.joints / np.float32(rows), ((0, 0), (0, 1))) for truth in truths]
    return [look_of(image, Sighting(Pose(one, np.ones(len(one), np.float32)), 0.0).joints) for one in joints]
