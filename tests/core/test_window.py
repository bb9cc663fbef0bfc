"""Streams of poses become windows at a fixed rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.window import WindowBuffer, WindowSpec, cut_windows, resample

SPEC = WindowSpec(rate_hz=15.0, length=8, stride=2)


def movement(moment: float) -> np.ndarray:
    """A smooth movement of all joints, known at every moment."""
    keypoints = np.ones((15, 4), np.float32)
    keypoints[:, 0] = np.sin(moment + np.arange(15))
    keypoints[:, 1] = np.cos(0.5 * moment)
    return keypoints


def film(fps: float, seconds: float, start: float = 0.0):
    return [(start + i / fps, movement(i / fps)) for i in range(int(seconds * fps) + 1)]


@pytest.mark.parametrize("fps", [10.0, 15.0, 24.0, 30.0])
def test_frame_rate_does_not_change_windows(fps):
    """The same movement filmed at any rate gives the same windows, up to interpolation of a smooth curve."""
    windows = cut_windows(film(fps, 3), SPEC)
    assert len(windows) >= 10
    for window in windows:
        moments = np.linspace(window.started_at, window.ended_at, SPEC.length)
        expected = np.stack([movement(moment) for moment in moments])
        assert np.abs(window.keypoints - expected).max() < 0.01


def test_windows_come_a_stride_apart():
    """Successive windows begin stride/rate seconds after each other and span length - 1 steps."""
    windows = cut_windows(film(30, 3), SPEC)
    gaps = np.diff([window.started_at for window in windows])
    assert np.allclose(gaps, SPEC.stride / SPEC.rate_hz)
    assert all(np.isclose(w.ended_at - w.started_at, SPEC.seconds) for w in windows)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0.01, 0.5), min_size=1, max_size=60))
def test_a_stream_equals_a_recording_to_the_bit(steps):
    """Whatever the timing, poses pushed one by one give exactly the windows of the whole recording."""
    moments = np.cumsum(steps)
    poses = [(float(moment), movement(float(moment))) for moment in moments]
    buffer = WindowBuffer(SPEC)
    streamed = [window for moment, pose in poses for window in buffer.push(moment, pose)]
    batch = cut_windows(poses, SPEC)
    assert len(streamed) == len(batch)
    for one, other in zip(streamed, batch, strict=True):
        assert np.array_equal(one.keypoints, other.keypoints)
        assert one.started_at == other.started_at


def test_a_long_gap_starts_afresh():
    """No window bridges a gap longer than the window spec allows."""
    poses = film(30, 1) + film(30, 1, start=5.0)
    assert all(window.ended_at - window.started_at < 1 for window in cut_windows(poses, SPEC))
    assert not any(window.started_at < 2 < window.ended_at for window in cut_windows(poses, SPEC))


def test_poses_that_are_not_newer_are_ignored():
    """A clock that repeats or goes back adds nothing and breaks nothing."""
    buffer = WindowBuffer(SPEC)
    for moment, pose in film(30, 1):
        buffer.push(moment, pose)
    assert buffer.push(0.5, movement(0.5)) == []


def test_interpolated_scores_are_never_surer_than_their_neighbours():
    """A joint seen in one frame and unseen in the next counts as unseen in between."""
    unseen = movement(1.0)
    unseen[:, 3] = 0.1
    poses = [(i / 10, movement(i / 10) if i % 2 else unseen) for i in range(30)]
    for window in cut_windows(poses, SPEC):
        assert window.keypoints[1:, :, 3].max() <= 0.1 + 1e-6


def test_causal_windows_come_from_the_first_pose_on_and_speak_of_their_end():
    """A causal spec gives a window for the first pose already, with that pose standing still before it."""
    causal = WindowSpec(rate_hz=15.0, length=8, stride=1, causal=True)
    windows = cut_windows(film(15, 2), causal)
    assert len(windows) == 31
    assert np.array_equal(windows[0].keypoints, np.repeat(movement(0)[None], 8, axis=0))
    assert np.array_equal(windows[3].keypoints[:4], windows[0].keypoints[:4])
    assert all(window.moment == window.ended_at for window in windows)
    later = cut_windows(film(15, 2), WindowSpec(rate_hz=15.0, length=8, stride=1))
    for one, other in zip(windows[7:], later, strict=True):
        assert np.array_equal(one.keypoints, other.keypoints)


def test_whole_clips_are_resampled_to_any_number_of_steps():
    """A resampled clip has its first and last pose at its ends and a smooth movement in between."""
    poses = film(30, 2)
    moments, points = np.array([moment for moment, _ in poses]), np.stack([pose for _, pose in poses])
    wanted = np.linspace(0, 2, 17)
    resampled = resample(points, moments, wanted)
    assert np.array_equal(resampled[0], points[0])
    assert np.abs(resampled - np.stack([movement(moment) for moment in wanted])).max() < 0.01
    assert np.array_equal(resample(points[:1], moments[:1], np.zeros(4)), np.repeat(points[:1], 4, axis=0))


def test_keypoints_of_another_number_are_refused():
    """One track has one number of points throughout."""
    buffer = WindowBuffer(SPEC)
    buffer.push(0.0, np.ones((75, 4), np.float32))
    with pytest.raises(ValueError, match=r"must be \(75, 4\)"):
        buffer.push(0.1, np.ones((15, 4), np.float32))
