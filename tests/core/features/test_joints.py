"""Networks of joints find each joint's features where `extract` puts them."""

import numpy as np
import pytest

from core.features import PROFILES, FeatureSpec, extract, joint_channels

RATE = 15.0


def windows_of(spec):
    """One window in which every joint moves on its own and one is never seen."""
    rng = np.random.default_rng(0)
    keypoints = rng.normal(0, 1, (6, spec.points, 4)).astype(np.float32)
    keypoints[..., 3] = 1
    keypoints[:, spec.profile.chosen[-1], 3] = 0
    return keypoints


@pytest.mark.parametrize("name", PROFILES)
def test_a_joints_columns_are_its_place_bone_velocity_and_mask(name):
    """Of every joint that has a parent, the columns hold its place, bone, velocity and mask, beside objects too."""
    spec = FeatureSpec(name=name, objects=("cup", "phone"))
    body, size = joint_channels(spec), spec.profile.dimensions
    features = extract(windows_of(spec), spec, rate_hz=RATE)
    joints = [features[:, list(columns)] for columns in body.columns]
    for joint, parent in zip(joints[:-1], body.parents[:-1], strict=True):
        place, bone, velocity, seen = np.split(joint, [size, 2 * size, 3 * size], axis=1)
        inside = np.abs(joint).max() < 5  # features are clipped there
        assert (seen == 1).all()
        if joint is not joints[parent] and inside and np.abs(joints[parent]).max() < 5:
            np.testing.assert_allclose(bone, place - joints[parent][:, :size], atol=1e-5)
        if joint is not joints[parent] and inside:
            np.testing.assert_allclose(velocity[1:], np.diff(place, axis=0) * RATE / 4, atol=1e-4)
    np.testing.assert_array_equal(joints[-1], 0)


def test_the_root_tells_where_the_body_goes():
    """At the origin of all places, a root's columns hold the way and the speed of the body instead of zeros."""
    spec = FeatureSpec()
    body = joint_channels(spec)
    root = next(joint for joint, parent in enumerate(body.parents) if joint == parent)
    walking = np.zeros((8, spec.points, 4), np.float32)
    walking[..., 3] = 1
    walking[:, spec.profile.places(("neck",)), 1] = -1  # a torso of 1
    walking[..., 0] += np.arange(8)[:, None] / RATE  # one torso a second
    features = extract(walking, spec, rate_hz=RATE)[:, list(body.columns[root])]
    np.testing.assert_allclose(features[:, 2], (np.arange(8) - 3.5) / RATE, atol=1e-5)
    np.testing.assert_allclose(features[:, 4], 0.25, atol=1e-5)


@pytest.mark.parametrize("name", PROFILES)
def test_every_joint_hangs_on_another(name):
    """All joints have as many columns, and following parents ends at a root."""
    body = joint_channels(FeatureSpec(name=name))
    assert len({len(columns) for columns in body.columns}) == 1
    for start in range(len(body.parents)):
        joint = start
        for _ in body.parents:
            joint = body.parents[joint]
        assert body.parents[joint] == joint
