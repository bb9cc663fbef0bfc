"""Features depend on the movement, not on the camera."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.features import FeatureSpec, extract
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
    with pytest.raises(ValueError, match="core15-2d-v1"):
        FeatureSpec(name="core15-3d-v9")
