"""The same action gives the same features at any frame rate, from near and far.

`tests.benchmarks.invariance` asks a trained classifier, before a real estimator, and about mirrored cameras, too.
"""

from functools import cache

import numpy as np
import pytest

from core.features import FeatureSpec, extract
from core.skeleton import Pose
from core.window import WindowSpec, cut_windows
from training.synthesis import ACTIONS, Camera, MotionStyle, Script, Segment, pose_body, posture_at, random_build

SPEC = WindowSpec()


@cache
def features(action: str, *, fps: float = 15.0, distance_m: float = 4.0, person: int = 1):
    """(N, F) features of every window of an action, seen without any error."""
    build = random_build(np.random.default_rng(person))
    camera = Camera(640, 480, distance_m, 1.2, 0.9)
    script = Script((Segment(action, 0.0, 4.2),))
    poses = []
    for t in np.arange(0, 4.2, 1 / fps):
        pixels = camera.project(pose_body(build, posture_at(script, float(t), MotionStyle())).landmarks) / camera.height
        joints = np.pad(pixels, ((0, 0), (0, 1))).astype(np.float32)
        poses.append((float(t), Pose(joints, np.ones(len(joints), np.float32)).core15))
    windows = np.stack([window.keypoints for window in cut_windows(poses, SPEC)])
    return extract(windows, FeatureSpec(), rate_hz=SPEC.rate_hz)[::4].reshape(-1)


@pytest.mark.parametrize("change", [{"fps": 10.0}, {"fps": 24.0}, {"fps": 30.0}, {"distance_m": 2.0}])
def test_every_action_stays_nearest_to_itself(change):
    """Filmed at another rate or from half the distance an action is far closer to itself than to any other action."""
    for action in ACTIONS:
        seen = features(action, **change)
        length = min(len(seen), len(features(action)))
        away = {other: np.abs(seen[:length] - features(other)[:length]).mean() for other in ACTIONS}
        own = away.pop(action)
        assert own < 0.5 * min(away.values()), action
