"""Forward kinematics: build and posture -> named joints in metres, and the axes of every bone.

The body stands on y = 0 around the origin and faces +z; x is its own left. Feet are where the posture puts them, and
the pelvis is as high as the legs allow, less the posture's `sink`: feet neither slide nor float.

    skeleton = pose_body(build, posture)
    skeleton.landmarks          # (33, 3) metres, order of core.skeleton.MEDIAPIPE33
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.skeleton import MEDIAPIPE33
from training.synthesis.body import Build, Lengths
from training.synthesis.posture import SIDES, Arm, Posture, Side

Vector = npt.NDArray[np.float64]

_UP, _FORWARD = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
_STRAIGHT = 0.997  # a leg is never quite straight: two-bone solutions need a little bend
WAIST = 0.22  # height of the spine's hinge above the hips, in trunk lengths
# Features of the head, in half head heights: x left, y up, z forward (the skull itself: head.py).
_FACE = {
    "nose": (0.0, -0.16, 1.04),
    "eye_inner": (0.14, 0.06, 0.80),
    "eye": (0.28, 0.06, 0.76),
    "eye_outer": (0.41, 0.06, 0.66),
    "ear": (0.72, -0.06, -0.04),
    "mouth": (0.21, -0.49, 0.74),
}
# Knuckles and thumb on a hand, in hand lengths: towards the thumb, along the fingers, out of the palm.
_HAND = {"pinky": (-0.20, 0.56, 0.0), "index": (0.18, 0.60, 0.0), "thumb": (0.34, 0.36, 0.06)}


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Joints (name -> (3,) metres) and bones (name -> origin and (3, 3) axes, columns x, y, z)."""

    points: dict[str, Vector]
    bones: dict[str, tuple[Vector, Vector]]

    @property
    def landmarks(self) -> Vector:
        """(33, 3) metres in the order of MEDIAPIPE33."""
        return np.stack([self.points[name] for name in MEDIAPIPE33.joints])


def pose_body(build: Build, posture: Posture) -> Skeleton:
    """Put a body into a posture."""
    body = _Body(build.lengths, posture)
    body.place_trunk()
    body.place_head()
    for side in SIDES:
        body.place_arm(side)
    body.join_hands()
    for side in SIDES:
        body.place_hand(side)
        body.place_leg(side)
    return Skeleton(body.points, body.bones)


def rotation(*, bend: float = 0.0, turn: float = 0.0, lean: float = 0.0) -> Vector:
    """Axes after leaning (about z), bending (about x) and turning (about y), in this order."""
    cb, sb, ct, st, cl, sl = np.cos(bend), np.sin(bend), np.cos(turn), np.sin(turn), np.cos(lean), np.sin(lean)
    return np.array(
        [
            [ct * cl + st * sb * sl, -ct * sl + st * sb * cl, st * cb],
            [cb * sl, cb * cl, -sb],
            [-st * cl + ct * sb * sl, st * sl + ct * sb * cl, ct * cb],
        ]
    )


class _Body:
    """The joints and bones placed so far."""

    def __init__(self, lengths: Lengths, posture: Posture) -> None:
        self.lengths = lengths
        self.posture = posture
        self.points: dict[str, Vector] = {}
        self.bones: dict[str, tuple[Vector, Vector]] = {}

    def place_trunk(self) -> None:
        trunk, size = self.posture.trunk, self.lengths
        axes = rotation(bend=trunk.bend, turn=trunk.turn, lean=trunk.lean)
        for side in SIDES:
            self.points[f"{side}_ankle"] = self._ankle(side)
        hips = np.array([trunk.aside * size.leg, 0.0, trunk.forward * size.leg])
        hips[1] = self._highest_pelvis(hips, axes) - trunk.sink * size.leg
        chest = axes @ rotation(bend=trunk.spine_bend, turn=trunk.spine_turn, lean=trunk.spine_lean)
        waist = hips + axes[:, 1] * size.trunk * WAIST
        neck = waist + chest[:, 1] * size.trunk * (1 - WAIST)
        self.points |= {"pelvis": hips, "waist": waist, "neck": neck}
        self.bones |= {"pelvis": (hips, axes), "chest": (waist, chest)}
        for side in SIDES:
            self.points[f"{side}_hip"] = hips + axes[:, 0] * size.hips * _sign(side)

    def _ankle(self, side: Side) -> Vector:
        leg, size = self.posture.leg(side), self.lengths
        out = size.hips * 1.05 + leg.out * size.leg
        return np.array([_sign(side) * out, size.ankle + leg.lift * size.leg, leg.forward * size.leg])

    def _highest_pelvis(self, hips: Vector, axes: Vector) -> float:
        """Where the leg that reaches least is all but straight."""
        reach = self.lengths.leg * _STRAIGHT
        heights = []
        for side in SIDES:
            offset = axes[:, 0] * self.lengths.hips * _sign(side)
            gap = hips + offset - self.points[f"{side}_ankle"]
            flat = min(float(np.hypot(gap[0], gap[2])), 0.9 * reach)
            heights.append(self.points[f"{side}_ankle"][1] + np.sqrt(reach**2 - flat**2) - offset[1])
        return float(min(heights))

    def place_head(self) -> None:
        trunk, size = self.posture.trunk, self.lengths
        chest = self.bones["chest"][1]
        axes = chest @ rotation(bend=trunk.nod, turn=trunk.look, lean=trunk.tilt)
        below = (size.neck - size.head) * 0.7  # the head turns about the top of the neck
        base = self.points["neck"] + chest[:, 1] * below
        centre = base + axes[:, 1] * (size.neck - below) + axes[:, 2] * size.head * 0.18
        self.points |= {"neck_top": base, "head": centre}
        self.bones["head"] = (centre, axes)
        for name, (x, y, z) in _FACE.items():
            for side in SIDES:
                label = "nose" if name == "nose" else f"mouth_{side}" if name == "mouth" else f"{side}_{name}"
                self.points[label] = centre + axes @ (np.array([x * _sign(side), y, z]) * size.head)

    def place_arm(self, side: Side) -> None:
        arm, size, chest = self.posture.arm(side), self.lengths, self.bones["chest"][1]
        # The shoulder blade turns with the arm: the joint rises and comes in as the arm goes above level.
        rise = np.sin(np.clip(arm.lift, 0, np.pi) / 2) ** 2
        out = size.shoulders * (1 - 0.10 * rise)
        up = 0.24 * size.shoulders * rise + self.posture.trunk.shrug * size.leg
        shoulder = self.points["neck"] + chest @ np.array([_sign(side) * out, up, 0.0])
        elbow = shoulder + chest @ _direction(arm.lift, arm.swing, side) * size.upper_arm
        wrist = elbow + chest @ _direction(arm.fore_lift, arm.fore_swing, side) * size.forearm
        self.points |= {f"{side}_shoulder": shoulder, f"{side}_elbow": elbow, f"{side}_wrist": wrist}

    def join_hands(self) -> None:
        """Pull the wrists to the middle plane, as far as the posture asks, with the elbows staying on their side."""
        weight, size = self.posture.hands_together, self.lengths
        if weight <= 0:
            return
        origin, chest = self.bones["chest"]
        middle = chest.T @ ((self.points["left_wrist"] + self.points["right_wrist"]) / 2 - origin)
        for side in SIDES:
            wrist, shoulder, elbow = (self.points[f"{side}_{name}"] for name in ("wrist", "shoulder", "elbow"))
            palms = origin + chest @ np.array([_sign(side) * 0.14 * size.hand, middle[1], middle[2]])
            goal = wrist + (palms - wrist) * weight
            bent = bend_limb(shoulder, goal, (size.upper_arm, size.forearm), pole=elbow - shoulder)
            self.points[f"{side}_elbow"], self.points[f"{side}_wrist"] = bent

    def place_hand(self, side: Side) -> None:
        arm, size, chest = self.posture.arm(side), self.lengths, self.bones["chest"][1]
        shoulder, elbow, wrist = (self.points[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist"))
        self.bones[f"{side}_upper_arm"] = (shoulder, axes_along(elbow - shoulder, chest[:, 2] + chest[:, 1] * 0.3))
        forearm = axes_along(wrist - elbow, chest @ _palm(arm, side))
        self.bones[f"{side}_forearm"] = (elbow, forearm)
        # Pressed together, hands point ahead and up, not at each other.
        ahead = chest @ np.array([0.0, 0.7, 0.7])
        along = forearm[:, 1] * (1 - self.posture.hands_together) + ahead * self.posture.hands_together
        # x of a hand points to its thumb: the axes of a left hand are mirrored.
        hand = axes_along(along, forearm[:, 2]) * np.array([1.0 if side == "right" else -1.0, 1.0, 1.0])
        self.bones[f"{side}_hand"] = (wrist, hand)
        knuckles = wrist + hand[:, 1] * size.hand * 0.48
        # Fingers have no joints of their own: rolled into a fist they are drawn shorter.
        fingers = hand @ rotation(bend=0.15 + 2.3 * arm.fist) * np.array([1.0, 1.0 - 0.45 * arm.fist, 1.0])
        self.bones[f"{side}_fingers"] = (knuckles, fingers)
        for name, place in _HAND.items():
            reach = np.array([1.0, 1.0 - 0.25 * arm.fist, 1.0])  # a fist is shorter
            self.points[f"{side}_{name}"] = wrist + hand @ (np.array(place) * reach * size.hand)

    def place_leg(self, side: Side) -> None:
        leg, size, pelvis = self.posture.leg(side), self.lengths, self.bones["pelvis"][1]
        hip, ankle = self.points[f"{side}_hip"], self.points[f"{side}_ankle"]
        toes = rotation(turn=leg.turn * _sign(side))
        pole = toes[:, 2] + toes[:, 0] * leg.knee_out * _sign(side)
        knee, ankle = bend_limb(hip, ankle, (size.thigh, size.shank), pole=pole)
        self.points |= {f"{side}_knee": knee, f"{side}_ankle": ankle}
        front = toes[:, 2] + pelvis[:, 2] * 0.2
        self.bones[f"{side}_thigh"] = (hip, axes_along(knee - hip, front))
        self.bones[f"{side}_shank"] = (knee, axes_along(ankle - knee, front))
        foot = toes @ rotation(bend=min(2.5 * leg.lift, 0.6))
        self.bones[f"{side}_foot"] = (ankle, foot)
        self.points[f"{side}_heel"] = ankle + foot @ np.array([0, -0.62 * size.ankle, -0.24 * size.foot])
        self.points[f"{side}_foot_index"] = ankle + foot @ np.array([0, -0.70 * size.ankle, 0.66 * size.foot])


def bend_limb(root: Vector, goal: Vector, lengths: tuple[float, float], *, pole: Vector) -> tuple[Vector, Vector]:
    """Two-bone inverse kinematics: middle and end joint; the limb bends towards `pole` and stops short of far goals."""
    upper, lower = lengths
    gap = goal - root
    distance = float(np.clip(np.linalg.norm(gap), abs(upper - lower) + 1e-3, (upper + lower) * 0.9995))
    along = _unit(gap)
    aside = _unit(pole - along * float(pole @ along))
    foot = (upper**2 - lower**2 + distance**2) / (2 * distance)
    height = np.sqrt(max(upper**2 - foot**2, 0.0))
    return root + along * foot + aside * height, root + along * distance


def axes_along(direction: Vector, front: Vector) -> Vector:
    """Axes whose y follows a bone and whose z comes as near to `front` as it can."""
    y = _unit(direction)
    z = front - y * float(front @ y)
    if float(z @ z) < 1e-6:  # noqa: PLR2004 - the bone points along `front`: any other direction will do
        hint = _UP if abs(y[1]) < abs(y[2]) else _FORWARD
        z = hint - y * float(hint @ y)
    z = _unit(z)
    x = (y[1] * z[2] - y[2] * z[1], y[2] * z[0] - y[0] * z[2], y[0] * z[1] - y[1] * z[0])
    return np.array([x, y, z]).T


def _unit(vector: Vector) -> Vector:
    unit: Vector = vector / max(float(np.sqrt(vector @ vector)), 1e-9)
    return unit


def _direction(lift: float, swing: float, side: Side) -> Vector:
    out, forward = np.sin(lift) * np.sin(swing), np.sin(lift) * np.cos(swing)
    return np.array([_sign(side) * out, -np.cos(lift), forward])


def _palm(arm: Arm, side: Side) -> Vector:
    return np.array([-_sign(side) * np.cos(arm.palm), 0.0, np.sin(arm.palm)])


def _sign(side: Side) -> float:
    return 1.0 if side == "left" else -1.0
