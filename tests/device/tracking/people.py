"""People for the tracker: where they stand, and what they wear."""

import numpy as np

from core.skeleton import Pose
from device.tracking.tracker import Tracker
from tests.people import pose_at


def person(seconds: float, *, at: float = 0.0, action: str = "wave", seed: int = 1) -> Pose:
    """Somebody whose middle is `at` frame heights to the right of where they usually stand."""
    pose = pose_at(action, seconds, seed=seed)
    return Pose(pose.joints + np.array([at, 0, 0], np.float32), pose.score)


def numbers(tracker: Tracker, poses: list[Pose], moment: float) -> list[int]:
    """Of everybody; all must have one."""
    people, _ = tracker.update(poses, moment)
    assert [pose for _, pose in people] == poses, "poses come back in their order"
    return [number for number, _ in people]


def painted(*clothes: tuple[Pose, int]) -> np.ndarray:
    """A picture in which each wears a grey level, from the left shoulder to the right."""
    image = np.full((90, 160, 3), 120, np.uint8)
    for pose, grey in clothes:
        middle = float(pose.joints[:, 0].mean()) * 90
        image[:, round(max(0, middle - 6)) : round(middle + 6)] = grey
    return image
