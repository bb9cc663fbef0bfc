"""Further movements to be recognised, beyond the seven that the demo teaches; see `motions` for the rules.

    posture = EXERCISES["kick"](1.2, style)

Nobody bends further than people do: tests hold every movement to the range of each joint.
"""

from collections.abc import Callable
from dataclasses import replace
from math import pi, sin

from training.synthesis.posture import SIDES, Arm, Leg, Posture, Side, blend, other
from training.synthesis.rest import at_ease, bump, smooth
from training.synthesis.style import MotionStyle

_ON_HIP = Arm(lift=0.72, swing=1.9, fore_lift=0.85, fore_swing=-1.25, palm=0.0, fist=0.6)
_LEAP, _FLIGHT = 0.44, 0.25  # of a jump's time, when both feet leave the floor and for how long: 0.4 s, as bodies fall
_STEP, _STEP_BACK = 0.34, 0.6  # of a lunge's time, how long a step takes and when the one back begins


def jump(t: float, style: MotionStyle) -> Posture:
    """A crouch, a leap straight up with both arms swung to the front, and a soft landing, over and over."""
    place = (t * style.tempo / 1.6) % 1.0
    up = _arc((place - _LEAP) / _FLIGHT)
    crouch = smooth(place / 0.25) - smooth((place - 0.33) / 0.13)
    landing = smooth((place - 0.67) / 0.08) - smooth((place - 0.76) / 0.2)
    swung = smooth((place - 0.2) / 0.3) - smooth((place - 0.58) / 0.34)
    back = Arm(lift=0.45, swing=2.5, fore_lift=0.4, fore_swing=2.2, palm=0.0, fist=0.4)
    level = 1.5 + 0.5 * style.elbow
    ahead = Arm(lift=level, swing=0.25, fore_lift=level + 0.15, fore_swing=0.1, palm=0.0, fist=0.3)
    posture = at_ease(t, style)
    for side in SIDES:
        arm = blend(blend(posture.arm(side), back, crouch), ahead, swung)
        leg = replace(posture.leg(side), lift=(0.16 + 0.06 * style.depth) * style.reach * up)
        posture = posture.with_arm(side, arm).with_leg(side, leg)
    bent = max(crouch, 0.7 * landing)
    sink = 0.02 + (0.14 + 0.08 * style.depth) * bent
    trunk = replace(posture.trunk, sink=sink, forward=-0.06 * bent, bend=0.05 + 0.35 * bent, nod=-0.2 * bent)
    return replace(posture, trunk=trunk)


def kick(t: float, style: MotionStyle) -> Posture:
    """One leg draws up its knee, shoots out to the front and comes back; the arms keep the balance."""
    place = (t * style.tempo / 1.7) % 1.0
    drawn = smooth(place / 0.22) - smooth((place - 0.56) / 0.22)
    out = smooth((place - 0.18) / 0.16) - smooth((place - 0.42) / 0.18)
    high = (0.42 + 0.16 * style.depth) * style.reach
    kicking, standing = style.lead, other(style.lead)
    sign = _sign(standing)
    chambered = Leg(out=0.0, lift=0.38, forward=0.12, turn=0.15, knee_out=0.2)
    stretched = Leg(out=0.0, lift=high, forward=0.72, turn=0.1, knee_out=0.1)
    guard = Arm(lift=0.5, swing=0.9, fore_lift=1.9, fore_swing=-0.1, palm=0.0, fist=0.9)
    swung = Arm(lift=0.7 + 0.5 * style.elbow, swing=1.4, fore_lift=1.0 + 0.4 * style.elbow, fore_swing=1.0, fist=0.7)
    posture = at_ease(t, style)
    leg = blend(blend(posture.leg(kicking), chambered, drawn), stretched, out)
    posture = posture.with_leg(kicking, leg)
    for side, raised in ((kicking, swung), (standing, guard)):
        posture = posture.with_arm(side, blend(posture.arm(side), raised, 0.35 + 0.65 * drawn))
    trunk = replace(
        posture.trunk,
        aside=0.08 * sign * drawn,
        bend=0.02 - 0.18 * out,
        spine_bend=0.05 + 0.12 * drawn,
        spine_turn=-0.15 * sign * out,
        sink=0.01 + 0.02 * drawn,
    )
    return replace(posture, trunk=trunk)


def lunge(t: float, style: MotionStyle) -> Posture:
    """With the hands on the hips one foot steps far ahead, the hips sink, and back; then the other foot."""
    turns = t * style.tempo / 2.3
    side = style.lead if int(turns) % 2 == 0 else other(style.lead)
    place = turns % 1.0
    away = smooth(place / _STEP) - smooth((place - _STEP_BACK) / _STEP)
    down = smooth((place - 0.12) / 0.3) - smooth((place - 0.56) / 0.3)
    step = 0.62 * style.reach
    lifted = 0.06 * (_arc(place / _STEP) + _arc((place - _STEP_BACK) / _STEP))
    posture = at_ease(t, style)
    leg = posture.leg(side)
    ahead = replace(leg, out=leg.out * (1 - away), forward=step * away, lift=lifted, turn=0.1)
    posture = posture.with_leg(side, ahead)
    for each in SIDES:
        posture = posture.with_arm(each, blend(posture.arm(each), _ON_HIP, smooth(t / 0.7)))
    sink = 0.02 + (0.22 + 0.1 * style.depth) * down
    trunk = replace(posture.trunk, forward=0.52 * step * away, sink=sink, bend=0.02 + 0.06 * down)
    return replace(posture, trunk=trunk)


def point(t: float, style: MotionStyle) -> Posture:
    """One straight arm rises to the level of the shoulder, points, the eyes following, and sinks again."""
    there = bump(t * style.tempo / 2.4)
    swing = 0.35 + 0.95 * style.sideways
    level = 1.5 + 0.15 * style.elbow
    pointing = Arm(lift=level, swing=swing, fore_lift=level + 0.03, fore_swing=swing, palm=0.2, fist=0.7)
    posture = at_ease(t, style)
    arm = posture.arm(style.lead)
    # The arm turns outward before it rises: a straight blend of both angles would cut across the body.
    turned = blend(arm, replace(arm, swing=swing, fore_swing=swing, fore_lift=arm.lift), smooth(there * 4))
    posture = posture.with_arm(style.lead, blend(turned, pointing, there))
    look = 0.45 * swing * there * _sign(style.lead)
    return replace(posture, trunk=replace(posture.trunk, look=posture.trunk.look + look, nod=0.02))


def side_bend(t: float, style: MotionStyle) -> Posture:
    """The trunk leans to one side, the far arm arching over the head, and to the other side."""
    turns = t * style.tempo / 2.6
    away = style.lead if int(turns) % 2 == 0 else other(style.lead)  # the arm that goes up
    over = bump(turns)
    lean = (0.36 + 0.2 * style.depth) * style.reach * over
    arched = Arm(lift=2.75, swing=1.5, fore_lift=3.3 + 0.3 * style.elbow, fore_swing=1.5, palm=0.5, fist=0.1)
    posture = at_ease(t, style)
    arm = posture.arm(away)
    turned = blend(arm, replace(arm, swing=1.5, fore_swing=1.5), smooth(over * 4))
    posture = posture.with_arm(away, blend(turned, arched, over))
    low = other(away)
    posture = posture.with_arm(low, blend(posture.arm(low), _ON_HIP, over))
    sign = _sign(away)  # a raised left arm leans the body to its right
    trunk = replace(
        posture.trunk,
        lean=posture.trunk.lean + 0.25 * lean * sign,
        aside=0.10 * lean * sign,
        spine_lean=lean * sign,
        tilt=0.2 * lean * sign,
        sink=0.012 + 0.01 * over,
    )
    return replace(posture, trunk=trunk)


def _arc(place: float) -> float:
    """A hump between 0 and 1, nothing outside."""
    return sin(pi * min(max(place, 0.0), 1.0))


def _sign(side: Side) -> float:
    return 1.0 if side == "left" else -1.0


EXERCISES: dict[str, Callable[[float, MotionStyle], Posture]] = {
    "jump": jump,
    "kick": kick,
    "lunge": lunge,
    "point": point,
    "side_bend": side_bend,
}
