"""How one person moves: drawn once per person, so that two people doing the same thing differ as people do."""

from dataclasses import dataclass

import numpy as np

from training.synthesis.posture import Arm, Side

_RESTS = (
    Arm(),  # hanging
    Arm(lift=0.10, swing=0.9, fore_lift=0.16, fore_swing=0.3),  # hanging, close to the body
    Arm(lift=0.30, swing=1.45, fore_lift=0.36, fore_swing=1.2, fist=0.5),  # a little broad
    Arm(lift=0.26, swing=0.9, fore_lift=0.85, fore_swing=-0.75, palm=0.0, fist=0.4),  # folded low in front
)


@dataclass(frozen=True)
class MotionStyle:
    """One person's way of moving.

    Attributes:
        tempo: multiplies every speed.
        reach: multiplies amplitudes.
        lead: the arm that waves, scratches, punches first.
        phase: radians; where slow drifts start.
        sway: size of the involuntary movements, 1 for the average.
        stance: feet further out than the hips, leg lengths.
        rest: how the arms hang between actions.
        elbow: 0 keeps waving and clapping low and close, 1 high and wide.
        sideways: 0 raises the arms to the front, 1 to the sides.
        depth: 0 shallow squats and bows, 1 deep ones.
        knees_out: how far knees and toes point outward, radians.
    """

    tempo: float = 1.0
    reach: float = 1.0
    lead: Side = "right"
    phase: float = 0.0
    sway: float = 1.0
    stance: float = 0.03
    rest: Arm = _RESTS[0]
    elbow: float = 0.5
    sideways: float = 1.0
    depth: float = 0.6
    knees_out: float = 0.25


def random_style(rng: np.random.Generator) -> MotionStyle:
    """A person's manner, from a seed."""
    return MotionStyle(
        tempo=float(rng.uniform(0.82, 1.22)),
        reach=float(rng.uniform(0.88, 1.08)),
        lead="right" if rng.random() < 0.75 else "left",  # noqa: PLR2004 - more people lead with the right
        phase=float(rng.uniform(0, 2 * np.pi)),
        sway=float(rng.uniform(0.5, 1.5)),
        stance=float(rng.uniform(-0.01, 0.09)),
        rest=_RESTS[int(rng.integers(len(_RESTS)))],
        elbow=float(rng.uniform(0, 1)),
        sideways=float(rng.choice([0.0, 0.5, 1.0, 1.0])),
        depth=float(rng.uniform(0, 1)),
        knees_out=float(rng.uniform(0.12, 0.45)),
    )
