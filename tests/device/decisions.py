"""Decisions as a classifier could make them, without one, and event machines with ids that can be foretold."""

import itertools
from collections.abc import Sequence

import numpy as np

from core.bundle import Thresholds
from core.skeleton import CORE15
from core.window import Window, WindowSpec
from device.classifier import Decision
from device.events import EventMachine
from device.settings import EventSettings

LABELS = ("background", "wave", "squat", "clap")
SPEC = WindowSpec()
STRIDE_S = SPEC.stride / SPEC.rate_hz
HALF_S = SPEC.seconds / 2
KEYPOINTS = np.zeros((SPEC.length, CORE15.size, 4), np.float32)

Script = Sequence[tuple[str, float, float]]  # action, from, to


def machine(thresholds: Thresholds | None = None, **changes: float) -> EventMachine:
    ids = (f"{number:032x}" for number in itertools.count(1))
    return EventMachine(EventSettings(**changes), thresholds or Thresholds(), LABELS, new_id=lambda: next(ids))


def decision(centre: float, probabilities: Sequence[float], *, track: int = 1) -> Decision:
    window = Window(KEYPOINTS, centre - HALF_S, centre + HALF_S)
    return Decision(track, np.array(probabilities, np.float32), 0.0, window)


def sure(action: str, share: float = 0.97) -> list[float]:
    rest = (1 - share) / (len(LABELS) - 1)
    return [share if label == action else rest for label in LABELS]


def steady(*parts: tuple[str, float], track: int = 1) -> list[Decision]:
    """Windows that are sure of an action for some seconds, then of the next; the first centre is at half a window."""
    answers = [action for action, seconds in parts for _ in range(round(seconds / STRIDE_S))]
    return [decision(HALF_S + i * STRIDE_S, sure(action), track=track) for i, action in enumerate(answers)]


def windows_of(script: Script, rng: np.random.Generator, *, noise: float) -> list[Decision]:
    """What a classifier that was trained on shares of windows answers, with noise that lasts for some windows."""
    found = []
    drift = np.zeros(len(LABELS))
    for centre in np.arange(HALF_S, script[-1][2] - HALF_S, STRIDE_S):
        shares = np.zeros(len(LABELS))
        for action, start, end in script:
            overlap = min(centre + HALF_S, end) - max(centre - HALF_S, start)
            shares[LABELS.index(action)] += max(overlap, 0) / SPEC.seconds
        drift = 0.7 * drift + rng.normal(0, noise, len(LABELS))
        exponentials = np.exp(8 * shares + drift)
        found.append(decision(float(centre), exponentials / exponentials.sum()))
    return found


def random_script(rng: np.random.Generator, *, gaps: bool) -> list[tuple[str, float, float]]:
    script, now = [], 0.0
    for action in rng.permutation(LABELS[1:]):
        for label, shortest, longest in (("background", 2.5, 4.0), (str(action), 3.5, 5.0)):
            if gaps or label != "background":
                end = now + rng.uniform(shortest, longest)
                script.append((label, now, end))
                now = end
    return [*script, ("background", now, now + 4)]
