"""Joint angles: how a body of any build holds itself at one moment.

Axes of a body: x to its own left, y up, z forward (where the chest points). Angles are radians; lengths are fractions
of the leg, so that tall and short people can hold the same posture. Nothing wraps around, so any two postures can be
blended number by number.
"""

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True)
class Arm:
    """Directions of upper arm and forearm, relative to the chest.

    Attributes:
        lift: of the upper arm, from 0 (hanging) over pi/2 (level) to pi (straight up).
        swing: where the lifted upper arm points: 0 forward, pi/2 outward, negative across the body.
        fore_lift: the same of the forearm; beyond pi it leans to the other side.
        fore_swing: the same of the forearm.
        palm: 0 the palm faces the body's middle, pi/2 forward.
        fist: 0 an open hand, 1 a fist.
    """

    lift: float = 0.14
    swing: float = 1.25
    fore_lift: float = 0.26
    fore_swing: float = 0.5
    palm: float = 0.1
    fist: float = 0.3


@dataclass(frozen=True)
class Leg:
    """Where a foot stands, relative to its place when standing at ease, in leg lengths; knees follow from it."""

    out: float = 0.0
    lift: float = 0.0
    forward: float = 0.0
    turn: float = 0.22  # toes outward, radians
    knee_out: float = 0.25  # 0 the knee bends straight forward, 1 outward like forward


@dataclass(frozen=True)
class Trunk:
    """Pelvis, spine and head.

    Attributes:
        sink: how far the pelvis is below its highest place, in leg lengths.
        aside: pelvis to the left, in leg lengths.
        forward: pelvis forward, in leg lengths.
        bend: pelvis forward about the hips.
        turn: pelvis to the left.
        lean: pelvis to the right.
        spine_bend: chest against pelvis, forward.
        spine_turn: chest against pelvis, to the left.
        spine_lean: chest against pelvis, to the right.
        nod: head against chest, forward.
        look: head against chest, to the left.
        tilt: head against chest, to the right.
        shrug: both shoulders, up, in leg lengths.
    """

    sink: float = 0.003
    aside: float = 0.0
    forward: float = 0.0
    bend: float = 0.02
    turn: float = 0.0
    lean: float = 0.0
    spine_bend: float = 0.03
    spine_turn: float = 0.0
    spine_lean: float = 0.0
    nod: float = 0.03
    look: float = 0.0
    tilt: float = 0.0
    shrug: float = 0.0


@dataclass(frozen=True)
class Posture:
    """A whole body; `hands_together` (0..1) pulls both hands to the middle plane, whatever the build."""

    trunk: Trunk = field(default_factory=Trunk)
    left_arm: Arm = field(default_factory=Arm)
    right_arm: Arm = field(default_factory=Arm)
    left_leg: Leg = field(default_factory=Leg)
    right_leg: Leg = field(default_factory=Leg)
    hands_together: float = 0.0

    def arm(self, side: Side) -> Arm:
        """The arm of one side."""
        return self.left_arm if side == "left" else self.right_arm

    def leg(self, side: Side) -> Leg:
        """The leg of one side."""
        return self.left_leg if side == "left" else self.right_leg

    def with_arm(self, side: Side, arm: Arm) -> "Posture":
        """The same posture with another arm."""
        return replace(self, left_arm=arm) if side == "left" else replace(self, right_arm=arm)

    def with_leg(self, side: Side, leg: Leg) -> "Posture":
        """The same posture with another leg."""
        return replace(self, left_leg=leg) if side == "left" else replace(self, right_leg=leg)


T = TypeVar("T", Arm, Leg, Trunk, Posture)


def blend(start: T, end: T, weight: float) -> T:
    """Between two postures (or parts of them): `start` at 0, `end` at 1."""
    if weight <= 0:
        return start
    if weight >= 1:
        return end
    values: dict[str, Any] = {}
    for item in fields(start):
        first, second = getattr(start, item.name), getattr(end, item.name)
        values[item.name] = blend(first, second, weight) if is_dataclass(first) else first + (second - first) * weight
    return type(start)(**values)


def other(side: Side) -> Side:
    """Left for right and right for left."""
    return "right" if side == "left" else "left"
