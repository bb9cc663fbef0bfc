"""People who cross, as an ideal estimator would see them: the truth with a little noise, the hidden left out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from core.skeleton import Pose
from device.tracking.tracker import Tracker
from training.synthesis import Stage, Truth, crossings, play

_NOISE = 0.01  # of the body's height, standard deviation of a joint


@dataclass(frozen=True, eq=False)
class Seen:
    """One frame: whose poses are found, by the number of the actor."""

    at: float
    image: np.ndarray
    poses: dict[int, Pose]


@cache
def small_crossing(number: int) -> tuple[Stage, list[tuple[float, np.ndarray, tuple[Truth, ...]]]]:
    """One of the twenty, small and at ten frames a second, so that it is quickly drawn."""
    stage = replace(crossings(number + 1)[number], width=160, height=120, fps=10.0)
    return stage, list(play(stage))


def watch(number: int, *, hidden_below: float = 0.35, missed: float = 0.05) -> Iterator[Seen]:
    """A crossing; people less visible than `hidden_below` are not found, others missed now and then."""
    stage, frames = small_crossing(number)
    rng = np.random.default_rng([number, 11])
    for at, image, truths in frames:
        found = [who for who, truth in enumerate(truths) if truth.visible > hidden_below and rng.random() > missed]
        rng.shuffle(found)
        yield Seen(at, image, {who: _pose(truths[who], stage.height, rng) for who in found})


def switches(tracker: Tracker, film: Iterator[Seen]) -> int:
    """How often somebody's number changes."""
    changed, last = 0, dict[int, int]()
    for seen in film:
        people, _ = tracker.update(list(seen.poses.values()), seen.at, seen.image)
        owners = {id(pose): who for who, pose in seen.poses.items()}
        for number, pose in people:
            who = owners[id(pose)]
            changed += last.get(who, number) != number
            last[who] = number
    return changed


def _pose(truth: Truth, rows: int, rng: np.random.Generator) -> Pose:
    """What is hidden is found less exactly."""
    deviation = _NOISE * truth.height * np.where(truth.clear, 1.0, 3.0)[:, None]
    joints = np.zeros((len(truth.joints), 3), np.float32)
    joints[:, :2] = (truth.joints + rng.normal(size=truth.joints.shape) * deviation) / rows
    return Pose(joints, np.where(truth.clear, 0.95, 0.4).astype(np.float32))
