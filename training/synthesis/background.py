"""What people do when they do nothing in particular; see `motions` for the rules."""

from collections.abc import Callable
from dataclasses import replace
from math import pi, sin

from training.synthesis.posture import SIDES, Arm, Posture, blend, other
from training.synthesis.rest import at_ease, drift, smooth
from training.synthesis.style import MotionStyle

_BEHIND = Arm(lift=0.35, swing=2.4, fore_lift=0.55, fore_swing=-2.3, palm=-1.4, fist=0.4)
_ON_HIPS = Arm(lift=0.72, swing=1.9, fore_lift=0.85, fore_swing=-1.25, palm=0.0, fist=0.6)
_FOLDED = Arm(lift=0.28, swing=0.8, fore_lift=0.95, fore_swing=-0.8, palm=0.0, fist=0.4)


def standing(t: float, style: MotionStyle) -> Posture:
    """At ease, nothing else."""
    return at_ease(t, style)


def walking(t: float, style: MotionStyle) -> Posture:
    """Walking on the spot, arms swinging against the legs."""
    turn = 2 * pi * 0.85 * style.tempo * t
    posture = at_ease(t, style)
    for side in SIDES:
        stride = sin(turn) if side == "left" else -sin(turn)
        lift = 0.10 * style.reach * max(0.0, stride)
        posture = posture.with_leg(side, replace(posture.leg(side), lift=lift, forward=0.35 * lift))
        swing = Arm(
            lift=0.12 + 0.28 * style.reach * max(0.0, -stride),
            swing=0.5,
            fore_lift=0.35 + 0.4 * style.reach * max(0.0, -stride),
            fore_swing=0.1,
        )
        posture = posture.with_arm(side, swing)
    trunk = replace(
        posture.trunk, aside=-0.03 * sin(turn), lean=0.03 * sin(turn), spine_turn=0.08 * sin(turn), sink=0.02
    )
    return replace(posture, trunk=trunk)


def fidgeting(t: float, style: MotionStyle) -> Posture:
    """Hands rubbing each other low in front, shoulders and head never still."""
    posture = at_ease(t, style)
    for number, side in enumerate(SIDES):
        restless = drift(t, style, period=1.7, offset=number * 2.0)
        arm = replace(_FOLDED, lift=0.28 + 0.06 * restless, fore_lift=0.95 + 0.14 * restless)
        posture = posture.with_arm(side, blend(posture.arm(side), arm, smooth(t / 0.8)))
    trunk = posture.trunk
    uneasy = replace(
        trunk,
        aside=trunk.aside + 0.02 * drift(t, style, period=2.3, offset=3),
        shrug=0.012 * (1 + drift(t, style, period=2.9, offset=4)),
        look=0.35 * drift(t, style, period=2.7, offset=5),
        tilt=0.08 * drift(t, style, period=2.1, offset=6),
    )
    return replace(posture, trunk=uneasy)


def looking_around(t: float, style: MotionStyle) -> Posture:
    """The head, and a little the trunk, turn to one side and the other."""
    posture = at_ease(t, style)
    there = drift(t, style, period=3.6, offset=8) * smooth(t / 0.6)
    trunk = replace(posture.trunk, look=0.75 * there, spine_turn=0.22 * there, turn=0.08 * there, nod=0.05)
    hold = _ON_HIPS if style.sideways > style.elbow else style.rest
    for side in SIDES:
        posture = posture.with_arm(side, blend(posture.arm(side), hold, smooth(t / 0.7)))
    return replace(posture, trunk=trunk)


def shifting_weight(t: float, style: MotionStyle) -> Posture:
    """From one foot to the other, sometimes with the hands behind the back."""
    posture = at_ease(t, style)
    over = drift(t, style, period=2.8, offset=9) * smooth(t / 0.6)
    trunk = replace(posture.trunk, aside=0.055 * over, lean=-0.04 * over, spine_lean=0.06 * over, tilt=0.05 * over)
    hold = _BEHIND if style.depth > style.elbow else style.rest
    for side in SIDES:
        posture = posture.with_arm(side, blend(posture.arm(side), hold, smooth(t / 0.7)))
    return replace(posture, trunk=trunk)


def scratching_head(t: float, style: MotionStyle) -> Posture:
    """One hand goes to the side of the head, scratches briefly, and sinks again."""
    side = style.lead
    there = smooth((t - 0.4) / 0.6) - smooth((t - 2.0) / 0.6)
    scratch = 0.07 * sin(2 * pi * 3.1 * style.tempo * t)
    touching = Arm(lift=2.3, swing=1.2, fore_lift=1.63 + scratch, fore_swing=-1.85, palm=0.0, fist=0.5)
    posture = at_ease(t, style)
    posture = posture.with_arm(side, blend(posture.arm(side), touching, there))
    sign = -1.0 if side == "left" else 1.0
    return replace(posture, trunk=replace(posture.trunk, tilt=sign * 0.14 * there, nod=0.03 + 0.12 * there))


def talking(t: float, style: MotionStyle) -> Posture:
    """Talking to the camera, one or both hands speaking along at the height of the belly."""
    posture = at_ease(t, style)
    for number, side in enumerate((style.lead, other(style.lead))):
        lively = (1.0, 0.35 + 0.5 * style.elbow)[number]
        beat = drift(t, style, period=1.25 / style.tempo, offset=number + 1.0)
        arm = Arm(
            lift=0.22 + 0.10 * beat * lively,
            swing=0.8,
            fore_lift=0.95 + 0.35 * lively * beat,
            fore_swing=0.1 + 0.45 * drift(t, style, period=1.7, offset=number + 4.0) * lively,
            palm=0.5,
            fist=0.2,
        )
        posture = posture.with_arm(side, blend(posture.arm(side), arm, smooth(t / 0.6) * (0.5 + 0.5 * lively)))
    trunk = posture.trunk
    return replace(posture, trunk=replace(trunk, nod=0.05 + 0.08 * drift(t, style, period=1.1, offset=2)))


BACKGROUND_MOTIONS: dict[str, Callable[[float, MotionStyle], Posture]] = {
    "fidgeting": fidgeting,
    "looking_around": looking_around,
    "scratching_head": scratching_head,
    "shifting_weight": shifting_weight,
    "standing": standing,
    "talking": talking,
    "walking": walking,
}
