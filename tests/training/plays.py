"""Recordings of people made of formulas who do one thing after the other; the tiny release knows their actions."""

from collections.abc import Sequence

import numpy as np

from tests import people, tiny
from training.datasets.recording import Recording

PLAY = (("background", 3.0), ("wave", 4.0), ("background", 3.0), ("squat", 4.0), ("background", 3.0))


def play(
    name: str = "ann_1",
    subject: str = "ann",
    script: Sequence[tuple[str, float]] = PLAY,
    *,
    fps: float = 15.0,
    classes: tuple[str, ...] = tiny.LABELS,
    splits: tuple[str, ...] = (),
) -> Recording:
    """A recording in which `nobody` is an empty room, and every name of a class what is done."""
    done = [action for action, seconds in script for _ in range(round(seconds * fps))]
    seed = int.from_bytes(subject.encode()[:3], "big")
    absent = np.full((33, 4), np.nan, np.float32)
    joints = [absent if one == "nobody" else people.joints_at(one, k / fps, seed=seed) for k, one in enumerate(done)]
    labels = [classes.index(one) if one in classes else 0 for one in done]
    times = np.arange(len(done)) / fps
    return Recording(
        name, subject, times, np.array(joints), np.array(labels, np.int64), classes, has_depth=False, splits=splits
    )
