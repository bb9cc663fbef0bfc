"""Augmentation changes people and cameras, not actions."""

from dataclasses import replace

import numpy as np
import pytest

from core.features import PROFILES, FeatureSpec, extract
from core.skeleton import mirror_core15
from training.augmentation.augment import Augmentation, blinded, mirrored

RNG = np.random.default_rng(0)
WINDOWS = np.cumsum(RNG.normal(0, 0.01, (6, 32, 15, 4)), axis=1).astype(np.float32) + RNG.random((6, 1, 15, 4)).astype(
    np.float32
)
WINDOWS[..., 3] = 1
SPEC = FeatureSpec()
NOTHING = Augmentation(mirror=0, rotation_rad=0, stretch=0, shear=0, span=(1, 1), limb=0, noise=0, drop=0)


def test_no_augmentation_changes_nothing():
    """With every strength at zero the windows come back as they were."""
    assert np.allclose(NOTHING.apply(WINDOWS, SPEC, np.random.default_rng(1)), WINDOWS, atol=1e-5)


def test_the_same_seed_gives_the_same_windows_and_leaves_the_input_alone():
    """Augmentation is reproducible and never writes into the windows that it is given."""
    before = WINDOWS.copy()
    first = Augmentation().apply(WINDOWS, SPEC, np.random.default_rng(1))
    assert np.array_equal(first, Augmentation().apply(WINDOWS, SPEC, np.random.default_rng(1)))
    assert not np.allclose(first, WINDOWS)
    assert np.array_equal(WINDOWS, before)


def test_results_are_windows_again():
    """Shape, type and finite features survive; a dropped limb is unseen for a third of the window."""
    changed = Augmentation(drop=1.0).apply(WINDOWS, SPEC, np.random.default_rng(2))
    assert (changed.shape, changed.dtype) == (WINDOWS.shape, np.float32)
    assert np.isfinite(extract(changed, SPEC, rate_hz=15)).all()
    unseen = changed[..., 3] == 0
    assert set(unseen.any(axis=1).sum(axis=1)) <= {1, 2, 3}
    assert unseen.any(axis=2).sum(axis=1).max() == 32 // 3


def test_mirroring_is_the_joint_permutation():
    """With mirroring alone every window is the mirrored one."""
    changed = replace(NOTHING, mirror=1.0).apply(WINDOWS, SPEC, np.random.default_rng(3))
    assert np.allclose(changed, mirror_core15(WINDOWS), atol=1e-5)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_mirrored_twice_is_the_same(name):
    """A mirror in a mirror shows the window itself, to the bit, whatever its joints and objects."""
    spec = FeatureSpec(name=name, objects=("cup",))
    windows = np.random.default_rng(4).random((2, 5, spec.points, 4), np.float32)
    assert np.array_equal(mirrored(mirrored(windows, spec), spec), windows)
    assert not np.array_equal(mirrored(windows, spec), windows)


def test_a_turned_camera_keeps_lengths_in_space():
    """Turning, tilting and rolling the camera alone changes no distance between joints."""
    spec = FeatureSpec(name="core15-3d-v2")
    turned = replace(NOTHING, view_rad=1.0, tilt_rad=0.3, rotation_rad=0.2).apply(
        WINDOWS, spec, np.random.default_rng(5)
    )
    before, after = (np.linalg.norm(np.diff(one[..., :3], axis=2), axis=-1) for one in (WINDOWS, turned))
    assert np.allclose(before, after, atol=1e-5)
    assert np.abs(turned - WINDOWS)[..., :3].max() > 0.1


def test_a_frozen_joint_stands_still_while_others_move():
    """A frozen joint keeps one place for a third of the window and is still called seen."""
    changed = replace(NOTHING, freeze=1.0).apply(WINDOWS, SPEC, np.random.default_rng(6))
    still = (np.diff(changed[..., 0], axis=1) == 0).sum(axis=1)
    assert set((still > 0).sum(axis=1)) <= {1, 2}
    assert (still.max(axis=1) >= 1).all()
    assert (changed[..., 3] == 1).all()


def test_hands_and_objects_vanish_whole():
    """A hand or an object that is dropped is unseen in all its points for the whole window; the body stays."""
    spec = FeatureSpec(name="hands-2d-v2", objects=("cup",))
    windows = np.random.default_rng(7).random((3, 8, spec.points, 4), np.float32)
    windows[..., 3] = 1
    changed = replace(NOTHING, hand_drop=1.0, object_drop=1.0).apply(windows, spec, np.random.default_rng(8))
    assert (changed[:, :, :33, 3] == 1).all()
    assert (changed[:, :, 33:, 3] == 0).all()


def test_a_clip_is_shown_in_part_and_at_the_window_s_length():
    """From a longer clip, windows of the asked length show at least the asked share of its time, in order."""
    clip = np.zeros((20, 64, 15, 4), np.float32)
    clip[..., 0] = np.linspace(0, 1, 64)[None, :, None]
    clip[..., 3] = 1
    shown = replace(NOTHING, span=(0.7, 1.0), pace=0.3).apply(clip, SPEC, np.random.default_rng(9), length=32)[
        ..., 0, 0
    ]
    assert shown.shape == (20, 32)
    assert (np.diff(shown, axis=1) > 0).all()
    assert np.all((shown[:, -1] - shown[:, 0] > 0.69) & (shown[:, -1] - shown[:, 0] < 1.01))


def test_a_blinded_detector_leaves_no_trace_of_objects():
    """Hidden for good, objects give the features of a window in which nobody looked, and joints stay as they were."""
    spec = FeatureSpec(objects=("cup", "phone"))
    keypoints = np.random.default_rng(0).uniform(0.4, 1, (3, 8, spec.points, 4)).astype(np.float32)
    unseen = keypoints.copy()
    unseen[:, :, spec.profile.joints.size :] = 0
    expected = extract(unseen, spec, rate_hz=15.0)
    np.testing.assert_array_equal(extract(blinded(keypoints, spec), spec, rate_hz=15.0), expected)
