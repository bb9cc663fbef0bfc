"""Small data sets with nothing wrong about them, for the checks' tests to spoil."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.skeleton import COCO17, MEDIAPIPE33
from tests.people import joints_at
from training.datasets.recording import Recording

CLASSES = ("background", "clap", "squat", "wave")
ACTIONS = CLASSES[1:]


def recording(action: str, subject: str, *, seed: int, take: int = 0, seconds: float = 4.0, **changes) -> Recording:
    """Somebody who does one action all the time, 15 frames a second."""
    times = np.arange(round(seconds * 15)) / 15
    return Recording(
        name=f"{action}-{subject}-{take}",
        subject=subject,
        times=times,
        joints=np.stack([joints_at(action, float(t), seed=seed) for t in times]),
        labels=np.full(len(times), CLASSES.index(action)),
        classes=CLASSES,
        **changes,
    )


def clean(people: int = 3, takes: int = 1) -> list[Recording]:
    """Several people, all of whom do everything."""
    return [
        recording(action, f"p{person}", seed=100 * person + 10 * take + number, take=take)
        for person in range(people)
        for take in range(takes)
        for number, action in enumerate(ACTIONS)
    ]


def with_joints(one: Recording, change: Callable[[np.ndarray], np.ndarray], **others) -> Recording:
    """The recording with its joints changed."""
    return replace(one, joints=change(one.joints.copy()), **others)


def as_coco(one: Recording) -> Recording:
    """Only the joints of COCO-17."""
    which = [MEDIAPIPE33.index[joint] for joint in COCO17.joints]
    return replace(one, joints=one.joints[:, which], layout="coco17", has_depth=False)
