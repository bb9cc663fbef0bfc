"""Features depend on the movement, not on the camera."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.features import PROFILES, FeatureSpec, extract
from core.skeleton import CORE15
from core.window import WindowSpec, cut_windows

SPEC = FeatureSpec()


def person(moment: float) -> np.ndarray:
    """A standing person who swings one arm, in frame heights."""
    places = {
        "neck": (0, -0.3), "mid_hip": (0, 0), "nose": (0, -0.4), "left_shoulder": (0.08, -0.29),
        "right_shoulder": (-0.08, -0.29), "left_elbow": (0.1, -0.15), "right_elbow": (-0.1, -0.15),
        "left_wrist": (0.11 + 0.1 * np.sin(3 * moment), -0.02), "right_wrist": (-0.11, -0.02),
        "left_hip": (0.06, 0), "right_hip": (-0.06, 0), "left_knee": (0.06, 0.2), "right_knee": (-0.06, 0.2),
        "left_ankle": (0.06, 0.4), "right_ankle": (-0.06, 0.4),
    }  # fmt: skip
    return np.array([(*places[joint], 0.0, 1.0) for joint in CORE15.joints], np.float32)


def window(fps: float = 15.0, scale: float = 1.0, shift: tuple[float, float] = (0.5, 0.5)) -> np.ndarray:
    def filmed(moment: float) -> np.ndarray:
        keypoints = person(moment)
        keypoints[:, :2] = keypoints[:, :2] * scale + shift
        return keypoints

    return cut_windows([(i / fps, filmed(i / fps)) for i in range(int(3 * fps))], WindowSpec())[0].keypoints


@settings(deadline=None, max_examples=40)
@given(st.floats(0.3, 2.0), st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))
def test_place_and_distance_do_not_matter(scale, x, y):
    """The same movement anywhere in the picture, near or far, gives the same features."""
    moved = extract(window(scale=scale, shift=(x, y)), SPEC, rate_hz=15)
    assert np.abs(moved - extract(window(), SPEC, rate_hz=15)).max() < 1e-3


@pytest.mark.parametrize("fps", [10, 20, 30])
def test_frame_rate_does_not_matter(fps):
    """Velocities are per second: the same movement at another frame rate gives the same features."""
    other = extract(window(fps=fps), SPEC, rate_hz=15)
    assert np.abs(other - extract(window(), SPEC, rate_hz=15)).max() < 0.06


def test_one_window_and_a_batch_agree_to_the_bit():
    """Training's batches and the daemon's single windows have the same features."""
    windows = np.stack([window(scale=scale) for scale in (0.5, 0.8, 1.0)])
    batch = extract(windows, SPEC, rate_hz=15)
    assert batch.shape == (3, 32, SPEC.size)
    for one, features in zip(windows, batch, strict=True):
        assert np.array_equal(extract(one, SPEC, rate_hz=15), features)


def test_a_joint_unseen_for_a_while_is_interpolated():
    """Where a joint was not seen, it lies on the line between its neighbours in time, and its mask says so."""
    holey = window()
    wrist = CORE15.joints.index("left_wrist")
    holey[10:13, wrist] = (9, 9, 0, 0.1)
    expected = window()
    for step in range(10, 13):
        share = (step - 9) / 4
        expected[step, wrist, :2] = (1 - share) * expected[9, wrist, :2] + share * expected[13, wrist, :2]
    mask = SPEC.size - 15 + wrist
    filled, straight = extract(holey, SPEC, rate_hz=15), extract(expected, SPEC, rate_hz=15)
    assert np.allclose(np.delete(filled, mask, axis=1), np.delete(straight, mask, axis=1), atol=1e-5)
    assert not filled[10:13, mask].any()
    assert filled[:10, mask].all()


def test_ends_that_were_not_seen_stand_still():
    """Before the first sighting and after the last one a joint keeps its place."""
    holey = window()
    wrist = CORE15.joints.index("left_wrist")
    holey[:5, wrist] = holey[-5:, wrist] = (9, 9, 0, 0.1)
    features = extract(holey, SPEC, rate_hz=15)[:, 2 * wrist : 2 * wrist + 2]
    assert np.allclose(features[:5], features[5], atol=1e-6)
    assert np.allclose(features[-5:], features[-6], atol=1e-6)


def test_no_windows_have_no_features():
    """Nothing in, nothing out, in the right shape."""
    assert extract(np.zeros((0, 8, 15, 4), np.float32), SPEC, rate_hz=15).shape == (0, 8, SPEC.size)


def test_a_still_picture_is_a_window_of_one_frame():
    """A single frame has features of the same size as a stream's, and nothing moves in it."""
    one = extract(window()[:1], SPEC, rate_hz=15)
    still = extract(np.repeat(window()[:1], 8, axis=0), SPEC, rate_hz=15)
    assert one.shape == (1, SPEC.size)
    assert np.allclose(still, one, atol=1e-6)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_every_feature_set_agrees_with_its_size_and_between_one_and_many(name):
    """Every feature set has the size that it says, alone and in a batch to the bit, with joints unseen or not."""
    spec = FeatureSpec(name=name, objects=("cup", "phone"))
    rng = np.random.default_rng(5)
    windows = rng.random((4, 12, spec.points, 4), np.float32)
    features = extract(windows, spec, rate_hz=15)
    assert features.shape == (4, 12, spec.size)
    for one, expected in zip(windows, features, strict=True):
        assert np.array_equal(extract(one, spec, rate_hz=15), expected)


def test_depth_counts_only_where_a_feature_set_has_it():
    """Joints that move along the line of sight change features with depth and no others."""
    nearer = window()
    nearer[:, CORE15.joints.index("left_wrist"), 2] -= 0.2
    flat, deep = FeatureSpec(), FeatureSpec(name="core15-3d-v2")
    assert np.array_equal(extract(nearer, flat, rate_hz=15), extract(window(), flat, rate_hz=15))
    assert np.abs(extract(nearer, deep, rate_hz=15) - extract(window(), deep, rate_hz=15)).max() > 0.5


def test_windows_with_other_joints_are_refused():
    """Features of one layout are not made of another's joints."""
    with pytest.raises(ValueError, match=r"windows \(T, 75, 4\)"):
        extract(window(), FeatureSpec(name="hands-2d-v2"), rate_hz=15)


def test_unseen_joints_are_zero_and_masked():
    """A joint below the score limit leaves no trace but its mask, even when its place is wild."""
    wild = window()
    wrist = CORE15.joints.index("left_wrist")
    wild[:, wrist] = (9, 9, 0, 0.1)
    wilder = wild.copy()
    wilder[:, wrist, :2] = -7
    assert np.array_equal(extract(wild, SPEC, rate_hz=15), extract(wilder, SPEC, rate_hz=15))
    assert extract(wild, SPEC, rate_hz=15)[:, SPEC.size - 15 + wrist].max() == 0


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_features_are_always_finite_and_bounded(seed):
    """Whatever the estimator says, no feature is infinite, missing or beyond the limit."""
    rng = np.random.default_rng(seed)
    keypoints = (rng.normal(size=(32, 15, 4)) * rng.choice([0, 1e-3, 1, 1e3])).astype(np.float32)
    features = extract(keypoints, SPEC, rate_hz=15)
    assert np.isfinite(features).all()
    assert np.abs(features).max() <= 5


def test_an_unknown_feature_set_is_refused():
    """A release made for features that this version does not know is not run on others."""
    with pytest.raises(ValueError, match="this version knows core15-2d-v2"):
        FeatureSpec(name="core15-3d-v9")
