"""Movements as pure functions of time: `MOTIONS[name](seconds, style) -> Posture`.

Seconds count from the start of the movement, which starts from standing at ease; repetitive actions repeat for as long
as they are asked. `ACTIONS` are to be recognised, and so are the further ones of `REPERTOIRE`; every movement in
`BACKGROUNDS` is the one label `background`.
"""

from collections.abc import Callable
from dataclasses import replace
from math import cos, pi, sin

from training.synthesis.background import BACKGROUND_MOTIONS
from training.synthesis.exercises import EXERCISES
from training.synthesis.posture import SIDES, Arm, Leg, Posture, Trunk, blend, other
from training.synthesis.rest import at_ease, bump, smooth
from training.synthesis.style import MotionStyle

Motion = Callable[[float, MotionStyle], Posture]

BACKGROUND = "background"  # the label of everything that is no action


def wave(t: float, style: MotionStyle) -> Posture:
    """One hand up beside the head, swinging from side to side about the elbow."""
    angle = sin(2 * pi * 1.5 * style.tempo * t) * (0.42 + 0.12 * style.elbow) * style.reach
    raised = Arm(
        lift=1.05 + 0.75 * style.elbow,
        swing=1.2,
        fore_lift=2.88 + angle,
        fore_swing=1.45,
        palm=1.5,
        fist=0.0,
    )
    posture = at_ease(t, style)
    return posture.with_arm(style.lead, raised)


def raise_arms(t: float, style: MotionStyle) -> Posture:
    """Both arms slowly up over the head, held a moment, and down again, over and over."""
    up = bump(t * style.tempo / 2.5)
    swing = 0.15 + 1.3 * style.sideways
    top = Arm(
        lift=2.75 + 0.2 * style.reach,
        swing=swing,
        fore_lift=2.95 + 0.1 * style.reach,
        fore_swing=swing,
        palm=1.2,
        fist=0.1,
    )
    posture = at_ease(t, style)
    rest = replace(style.rest, fore_lift=min(style.rest.fore_lift, 0.4))
    for side in SIDES:
        # The arms swing out before they rise: a straight blend of both angles would cut across the body.
        turned = blend(rest, replace(rest, swing=swing, fore_swing=swing), smooth(up * 4))
        posture = posture.with_arm(side, blend(turned, top, up))
    return replace(posture, trunk=replace(posture.trunk, nod=posture.trunk.nod - 0.12 * up))


def squat(t: float, style: MotionStyle) -> Posture:
    """Knees bend and hips go down and back, the arms come up in front, and all the way back."""
    down = (1 - cos(2 * pi * t * style.tempo / 2.1)) / 2
    posture = at_ease(t, style)
    level = 1.35 + 0.15 * style.reach + 0.55 * down  # against the chest, which bends forward
    reaching = Arm(lift=level, swing=0.12, fore_lift=level, fore_swing=0.0, palm=0.0, fist=0.2)
    for side in SIDES:
        posture = posture.with_arm(side, blend(style.rest, reaching, smooth(down * 1.3)))
        leg = posture.leg(side)
        posture = posture.with_leg(side, replace(leg, out=leg.out + 0.06, knee_out=0.35 + style.knees_out, turn=0.4))
    trunk = replace(
        posture.trunk,
        sink=posture.trunk.sink + (0.30 + 0.16 * style.depth) * down,
        forward=-0.16 * down,
        bend=0.05 + 0.5 * down,
        spine_bend=0.12 * down,
        nod=-0.35 * down,
    )
    return replace(posture, trunk=trunk)


def jumping_jack(t: float, style: MotionStyle) -> Posture:
    """Hops between feet together with arms down and feet apart with arms over the head."""
    turn = 2 * pi * 0.92 * style.tempo * t
    apart = (1 - cos(turn)) / 2
    hop = 0.055 * style.reach * abs(sin(turn))
    posture = at_ease(t, style)
    arm = Arm(lift=0.2, swing=1.5, fore_lift=0.25, fore_swing=1.45, palm=0.3, fist=0.1)
    over = Arm(lift=2.7, swing=1.5, fore_lift=2.85 + 0.15 * style.elbow, fore_swing=1.5, palm=1.2, fist=0.1)
    leg = Leg(out=-0.01 + (0.24 + 0.08 * style.depth) * apart, lift=hop, turn=0.3, knee_out=0.5)
    trunk = replace(posture.trunk, sink=0.02 + 0.03 * (1 - abs(sin(turn))))
    swung = blend(arm, over, apart)
    return Posture(trunk=trunk, left_arm=swung, right_arm=swung, left_leg=leg, right_leg=leg)


def clap(t: float, style: MotionStyle) -> Posture:
    """Both hands meet in front of the chest, part, and meet again."""
    together = smooth((1 - cos(2 * pi * 1.55 * style.tempo * t)) / 2)
    height = 1.75 + 0.35 * style.elbow
    wide = Arm(lift=0.55, swing=0.95, fore_lift=height, fore_swing=0.05 + 0.25 * style.reach, palm=0.0, fist=0.0)
    near = Arm(lift=0.55, swing=0.65, fore_lift=height, fore_swing=-0.5, palm=0.0, fist=0.0)
    arm = blend(wide, near, together)
    return replace(at_ease(t, style), left_arm=arm, right_arm=arm, hands_together=together)


def punch(t: float, style: MotionStyle) -> Posture:
    """From a guard with fists at the chin, the fists shoot out to the front in turn."""
    guard = Arm(lift=0.5, swing=0.75, fore_lift=2.45, fore_swing=-0.25, palm=0.0, fist=1.0)
    turned = 0.38 * style.reach  # of the chest behind a punch; the arm makes up for it and goes straight ahead
    hit = Arm(lift=1.5 + 0.1 * style.elbow, swing=turned, fore_lift=1.6, fore_swing=turned - 0.1, palm=0.0, fist=1.0)
    turn = 2 * pi * 0.95 * style.tempo * t
    posture = at_ease(t, style)
    twist = 0.0
    for side in (style.lead, other(style.lead)):
        out = smooth(max(0.0, sin(turn) * 1.15) if side == style.lead else max(0.0, -sin(turn) * 1.15))
        posture = posture.with_arm(side, blend(guard, hit, out))
        twist += out * (-turned if side == "left" else turned)
    front, back = other(style.lead), style.lead
    posture = posture.with_leg(front, Leg(out=0.06 + style.stance, forward=0.10, turn=0.2))
    posture = posture.with_leg(back, Leg(out=0.06 + style.stance, forward=-0.10, turn=0.5))
    trunk = Trunk(
        sink=0.05, bend=0.06, spine_bend=0.08, turn=0.3 * twist, spine_turn=0.7 * twist, look=-twist, nod=0.05
    )
    return replace(posture, trunk=trunk)


def bow(t: float, style: MotionStyle) -> Posture:
    """The trunk bends forward about the hips, hands hanging low, and comes up again."""
    down = bump(t * style.tempo / 2.6)
    angle = (0.85 + 0.3 * style.depth) * down
    posture = at_ease(t, style)
    trunk = replace(
        posture.trunk,
        bend=0.65 * angle,
        spine_bend=0.35 * angle,
        forward=-0.13 * down,
        nod=0.1 * down,
        sink=0.012 + 0.02 * down,
    )
    hanging = Arm(lift=angle * 0.92 + 0.12, swing=0.15, fore_lift=angle + 0.1, fore_swing=-0.05, palm=0.0, fist=0.2)
    arm = blend(style.rest, hanging, smooth(down * 3))
    return replace(posture, trunk=trunk, left_arm=arm, right_arm=arm)


ACTION_MOTIONS: dict[str, Motion] = {
    "bow": bow,
    "clap": clap,
    "jumping_jack": jumping_jack,
    "punch": punch,
    "raise_arms": raise_arms,
    "squat": squat,
    "wave": wave,
}
ACTIONS: tuple[str, ...] = tuple(ACTION_MOTIONS)
BACKGROUNDS: tuple[str, ...] = tuple(BACKGROUND_MOTIONS)
REPERTOIRE: tuple[str, ...] = tuple(sorted((*ACTIONS, *EXERCISES)))
MOTIONS: dict[str, Motion] = ACTION_MOTIONS | EXERCISES | BACKGROUND_MOTIONS
LABELS: tuple[str, ...] = (*ACTIONS, BACKGROUND)
