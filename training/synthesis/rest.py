"""Standing at ease, never quite still, and the shapes in time that all movements are made of."""

from dataclasses import replace
from math import pi, sin

from training.synthesis.posture import Arm, Leg, Posture, Trunk
from training.synthesis.style import MotionStyle


def smooth(place: float) -> float:
    """From 0 to 1 as `place` goes from 0 to 1, starting and stopping gently."""
    place = min(max(place, 0.0), 1.0)
    return place * place * (3 - 2 * place)


def bump(turns: float) -> float:
    """Once per turn from 0 up to 1, a hold, and back to 0, with a short rest."""
    place = turns % 1.0
    return smooth(place / 0.36) - smooth((place - 0.54) / 0.36)


def drift(t: float, style: MotionStyle, *, period: float, offset: float = 0.0) -> float:
    """A slow, uneven coming and going in about -1..1."""
    turn = 2 * pi * t / period + style.phase * 3 + offset * 7
    return 0.65 * sin(turn) + 0.35 * sin(turn * 1.93 + offset)


def at_ease(t: float, style: MotionStyle) -> Posture:
    """Standing with the arms as this person holds them, breathing and swaying."""
    size = style.sway
    trunk = Trunk(
        aside=0.008 * size * drift(t, style, period=4.1),
        forward=0.006 * size * drift(t, style, period=5.3, offset=1),
        lean=0.012 * size * drift(t, style, period=4.7, offset=2),
        spine_bend=0.03 + 0.012 * drift(t, style, period=3.4, offset=3),
        spine_turn=0.03 * size * drift(t, style, period=6.1, offset=4),
        nod=0.03 + 0.04 * size * drift(t, style, period=3.7, offset=5),
        look=0.10 * size * drift(t, style, period=5.9, offset=6),
        tilt=0.03 * size * drift(t, style, period=4.3, offset=7),
    )
    leg = Leg(out=style.stance, turn=style.knees_out, knee_out=style.knees_out)
    return Posture(
        trunk=trunk,
        left_arm=_loose(style.rest, t, style, 1.0),
        right_arm=_loose(style.rest, t, style, 2.0),
        left_leg=leg,
        right_leg=leg,
    )


def _loose(arm: Arm, t: float, style: MotionStyle, offset: float) -> Arm:
    size = 0.03 * style.sway
    return replace(
        arm,
        lift=max(0.04, arm.lift + size * drift(t, style, period=3.9, offset=offset)),
        fore_lift=arm.fore_lift + 1.5 * size * drift(t, style, period=3.1, offset=offset + 0.5),
    )
