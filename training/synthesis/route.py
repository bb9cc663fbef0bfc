"""Where a person is when: marks on the floor, walked to from one to the next, without the feet sliding.

route = Route((Mark(0.0, x=-1.5), Mark(1.0, x=-1.5), Mark(4.0, x=1.5)))      # waits a second, then walks to the right
posture = stroll(posture, route.travelled(t) / leg, route.pace(t))
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import atan2, cos, pi, sin

import numpy as np

from training.synthesis.posture import SIDES, Arm, Leg, Posture, blend
from training.synthesis.rest import smooth
from training.synthesis.scene import Vector

_AROUND_S = 0.25  # people begin to turn this long before they walk elsewhere
_WALKS_FROM = 0.4  # metres per second; slower, feet shuffle
_STRIDE = 1.5  # leg lengths from one left step to the next


@dataclass(frozen=True)
class Mark:
    """To be at `x` metres right of the picture's middle and `z` metres nearer to the camera, at `t` seconds."""

    t: float
    x: float
    z: float = 0.0


@dataclass(frozen=True)
class Route:
    """Marks in the order of time; before the first and after the last the person stands.

    Raises:
        ValueError: no mark, or two that do not follow each other in time.
    """

    marks: tuple[Mark, ...]

    def __post_init__(self) -> None:
        times = [mark.t for mark in self.marks]
        if not times or any(after <= before for before, after in pairwise(times)):
            raise ValueError("a route has at least one mark, and its marks follow each other in time")

    @cached_property
    def _columns(self) -> tuple[Vector, Vector, Vector, Vector]:
        t, x, z = np.array([(mark.t, mark.x, mark.z) for mark in self.marks]).T
        steps = np.hypot(np.diff(x), np.diff(z))
        return t, x, z, np.concatenate([[0.0], np.cumsum(steps)])

    def place(self, t: float) -> Vector:
        """(3,) metres in the world."""
        times, x, z, _ = self._columns
        return np.array([np.interp(t, times, x), 0.0, np.interp(t, times, z)])

    def travelled(self, t: float) -> float:
        """Metres walked so far."""
        times, _, _, way = self._columns
        return float(np.interp(t, times, way))

    def velocity(self, t: float) -> Vector:
        """(3,) metres per second, a little smoothed."""
        velocity: Vector = (self.place(t + _AROUND_S) - self.place(t - _AROUND_S)) / (2 * _AROUND_S)
        return velocity

    def pace(self, t: float) -> float:
        """From 0, standing, to 1, walking."""
        return smooth(float(np.linalg.norm(self.velocity(t))) / _WALKS_FROM)

    def heading(self, t: float, standing: float) -> float:
        """Where the body faces: `standing` (radians to its left of the camera) or, walking, where it goes."""
        x, _, z = self.velocity(t)
        pace = self.pace(t)
        ahead = atan2(x, z) if pace > 0 else standing
        return atan2(
            (1 - pace) * sin(standing) + pace * sin(ahead),
            (1 - pace) * cos(standing) + pace * cos(ahead),
        )


def stroll(posture: Posture, travelled: float, pace: float) -> Posture:
    """A posture on the way: legs stride and arms swing by how far the person has come, in leg lengths.

    The foot on the ground goes back as fast as the body goes ahead.
    """
    if pace <= 0:
        return posture
    turn = 2 * pi * travelled / _STRIDE
    trunk = replace(posture.trunk, aside=0.0, sink=0.035, bend=0.06, spine_turn=0.1 * sin(turn), look=0.0)
    walking = Posture(trunk=trunk)
    for side in SIDES:
        phase = turn / (2 * pi) + (0.0 if side == "left" else 0.5)
        ahead, lift = _step(phase % 1.0)
        walking = walking.with_leg(side, Leg(out=-0.03, forward=ahead, lift=lift, turn=0.12, knee_out=0.05))
        swing = -ahead / (_STRIDE / 4)  # the arm goes with the other leg
        walking = walking.with_arm(side, _swung(swing))
    return blend(posture, walking, pace)


def _step(phase: float) -> tuple[float, float]:
    """A foot's place ahead of the pelvis and above the ground, leg lengths, through one stride."""
    reach = _STRIDE / 4
    if phase < 0.5:  # noqa: PLR2004 - half of a stride is on the ground
        return reach * (1 - 4 * phase), 0.0
    over = 2 * phase - 1
    return reach * (2 * smooth(over) - 1), 0.09 * sin(pi * over)


def _swung(swing: float) -> Arm:
    """An arm `swing` (-1..1) to the front."""
    lift = 0.40 * abs(swing)
    return Arm(
        lift=0.06 + lift,
        swing=0.35 if swing > 0 else 2.8,
        fore_lift=0.2 + 0.45 * max(swing, 0.0) + 0.12 * min(swing, 0.0),
        fore_swing=0.1,
    )
