"""The surface of a dressed person: one mesh for a build, made once and put into every posture."""

from dataclasses import replace

import numpy as np

from training.synthesis import mesh
from training.synthesis.body import Build, Colour, tint
from training.synthesis.head import head_mesh
from training.synthesis.kinematics import WAIST
from training.synthesis.mesh import Mesh, Ring
from training.synthesis.posture import SIDES, Side

_TORSO_SIDES = 20


def figure(build: Build) -> Mesh:
    """Everything that is seen of a person."""
    parts = [_torso(build), _neck(build), *head_mesh(build)]
    for side in SIDES:
        parts += [*_arm(build, side), *_hand(build, side), *_leg(build, side), _shoe(build, side)]
    return mesh.join(parts)


def _torso(build: Build) -> Mesh:
    """From the crotch to the neck, bending at the waist."""
    size, unit = build.lengths, build.height_m
    girth = build.girth
    broad, hips = size.shoulders, size.hips
    # height in trunk lengths above the hips, half width, half depth, shift forward, squareness
    rows = (
        (-0.20, hips * 0.75, 0.050 * girth, -0.005, 0.2),
        (-0.08, hips * 1.30 + 0.006 * unit * girth, 0.066 * girth, -0.006, 0.3),
        (0.08, hips * 1.34 + 0.008 * unit * girth, 0.070 * girth, -0.003, 0.3),
        (0.22, hips * 1.22 + 0.008 * unit * girth, 0.066 * girth, 0.002, 0.3),
        (0.38, broad * 0.62 + 0.022 * unit * girth, 0.062 * girth, 0.002, 0.3),
        (0.56, broad * 0.74 + 0.020 * unit * girth, 0.067 * girth, 0.004, 0.3),
        (0.74, broad * 0.90 + 0.012 * unit * girth, 0.070 * girth, 0.006, 0.3),
        (0.90, broad * 1.00, 0.064 * girth, 0.002, 0.3),
        (1.00, broad * 1.00, 0.050 * girth, -0.002, 0.2),
        (1.07, broad * 0.78, 0.042 * girth, -0.004, 0.1),
        (1.12, broad * 0.48, 0.036, -0.004, 0.0),
        (1.14, broad * 0.30, 0.028, -0.002, 0.0),
    )
    rings = [
        Ring(y=y * size.trunk, x=x, z=z * unit, shift_z=shift * unit, square=square) for y, x, z, shift, square in rows
    ]
    heights = np.repeat([ring.y for ring in rings], _TORSO_SIDES)
    weight = np.clip((heights / size.trunk - 0.06) / 0.34, 0, 1)
    surface = mesh.tube("pelvis", rings, _torso_colours(build, len(rings) - 1), sides=_TORSO_SIDES)
    if build.pattern == "panel":
        surface = replace(surface, colours=_panel(build, surface))
    return mesh.between(surface, second="chest", offset=np.array([0.0, WAIST * size.trunk, 0.0]), weight=weight)


def _torso_colours(build: Build, bands: int) -> list[Colour]:
    shirt = [build.shirt] * (bands - 2)
    if build.pattern == "striped":
        shirt = [build.second if band % 2 else build.shirt for band in range(bands - 2)]
    return [build.trousers, build.trousers, *shirt]


def _panel(build: Build, surface: Mesh) -> mesh.Vector:
    """A jacket in the second colour, open in front."""
    colours = surface.colours.copy()
    middle = surface.vertices[0][surface.quads].mean(axis=1)
    side = np.abs(middle[:, 0]) > 0.35 * build.lengths.shoulders
    colours[2 * _TORSO_SIDES :][(side | (middle[:, 2] < 0))[2 * _TORSO_SIDES :]] = build.second
    return colours


def _neck(build: Build) -> Mesh:
    size, unit = build.lengths, build.height_m
    start = size.trunk * (1 - WAIST)  # the neck above the chest's origin
    rings = [
        Ring(start + 0.05 * size.trunk, 0.040 * unit, 0.036 * unit),
        Ring(start + 0.13 * size.trunk, 0.034 * unit, 0.034 * unit),
        Ring(start + size.neck - 0.75 * size.head, 0.031 * unit, 0.033 * unit, shift_z=0.008 * unit),
        Ring(start + size.neck - 0.3 * size.head, 0.028 * unit, 0.030 * unit, shift_z=0.010 * unit),
    ]
    return mesh.tube("chest", rings, tint(build.skin, 0.9))


def _limb(bone: str, radii: tuple[tuple[float, float], ...], length: float, colours: list[Colour] | Colour) -> Mesh:
    """A round limb with round ends; `radii` are (place along the bone 0..1, radius m)."""
    first, last = radii[0][1], radii[-1][1]
    rings = [Ring(-first * 0.95, first * 0.3, first * 0.3), Ring(-first * 0.6, first * 0.8, first * 0.8)]
    rings += [Ring(place * length, radius, radius) for place, radius in radii]
    rings += [Ring(length + last * 0.6, last * 0.8, last * 0.8), Ring(length + last * 0.95, last * 0.3, last * 0.3)]
    if isinstance(colours, list):
        colours = [colours[0], colours[0], *colours, colours[-1], colours[-1]]
    return mesh.tube(bone, rings, colours)


def _arm(build: Build, side: Side) -> list[Mesh]:
    size, unit = build.lengths, build.height_m * (0.6 + 0.4 * build.girth)
    sleeve = build.second if build.pattern == "panel" else build.shirt
    loose = {"none": 1.0, "short": 1.10, "long": 1.12}[build.sleeves]
    skin = build.skin
    upper = {"none": [skin] * 4, "short": [sleeve, sleeve, skin, skin], "long": [sleeve] * 4}[build.sleeves]
    fore = [sleeve, sleeve, sleeve] if build.sleeves == "long" else [skin] * 3
    cuff = loose if build.sleeves == "long" else 1.0
    radii = (
        (0.0, 0.0305 * loose),
        (0.28, 0.0305 * loose),
        (0.55, 0.0285 * loose),
        (0.58, 0.027 * cuff),
        (1.0, 0.023 * cuff),
    )
    lower = ((0.0, 0.0235 * cuff), (0.25, 0.0245 * cuff), (0.7, 0.019 * cuff), (0.97, 0.0155 * cuff))
    return [
        _limb(f"{side}_upper_arm", tuple((place, r * unit) for place, r in radii), size.upper_arm, upper),
        _limb(f"{side}_forearm", tuple((place, r * unit) for place, r in lower), size.forearm, fore),
    ]


def _hand(build: Build, side: Side) -> list[Mesh]:
    size, skin = build.lengths.hand, build.skin
    palm = [
        Ring(-0.06 * size, 0.10 * size, 0.09 * size),
        Ring(0.10 * size, 0.19 * size, 0.10 * size, square=0.3),
        Ring(0.38 * size, 0.24 * size, 0.09 * size, square=0.3),
        Ring(0.54 * size, 0.22 * size, 0.07 * size, square=0.3),
    ]
    parts = [mesh.tube(f"{side}_hand", palm, skin, sides=8)]
    for number in range(4):
        place = (number - 1.5) * 0.125 * size
        long = (0.46, 0.55, 0.58, 0.50)[number] * size  # little finger to index
        finger = [
            Ring(-0.04 * size, 0.06 * size, 0.06 * size, shift_x=place),
            Ring(long * 0.7, 0.053 * size, 0.052 * size, shift_x=place * 1.25),
            Ring(long, 0.025 * size, 0.025 * size, shift_x=place * 1.35),
        ]
        parts.append(mesh.tube(f"{side}_fingers", finger, tint(skin, 0.93 + 0.05 * (number % 2)), sides=5))
    thumb = [
        Ring(0.08 * size, 0.07 * size, 0.07 * size, shift_x=0.14 * size),
        Ring(0.30 * size, 0.062 * size, 0.06 * size, shift_x=0.30 * size, shift_z=0.05 * size),
        Ring(0.50 * size, 0.03 * size, 0.03 * size, shift_x=0.38 * size, shift_z=0.08 * size),
    ]
    parts.append(mesh.tube(f"{side}_hand", thumb, tint(skin, 0.96), sides=5))
    return parts


def _leg(build: Build, side: Side) -> list[Mesh]:
    size, unit = build.lengths, build.height_m * (0.5 + 0.5 * build.girth)
    cloth, skin = build.trousers, build.skin
    bare = build.legwear == "shorts"
    thigh = ((0.0, 0.054), (0.3, 0.051), (0.72, 0.042), (0.75, 0.038 if bare else 0.040), (1.0, 0.034))
    loose = 1.0 if bare else 1.12
    shank = ((0.0, 0.0335), (0.28, 0.0345 * loose), (0.65, 0.026 * loose), (0.95, 0.021 * loose))
    return [
        _limb(
            f"{side}_thigh",
            tuple((p, r * unit) for p, r in thigh),
            size.thigh,
            [cloth, cloth, cloth, skin if bare else cloth],
        ),
        _limb(f"{side}_shank", tuple((p, r * unit) for p, r in shank), size.shank, skin if bare else tint(cloth, 0.97)),
    ]


def _shoe(build: Build, side: Side) -> Mesh:
    """A tube from heel to toes: its y is the foot's forward axis."""
    size = build.lengths
    sole, length = size.ankle, size.foot
    rows = (
        (-0.30, 0.6, 0.45),
        (-0.22, 0.8, 0.75),
        (0.0, 0.85, 0.95),
        (0.3, 1.0, 0.62),
        (0.58, 1.0, 0.45),
        (0.72, 0.6, 0.3),
    )
    rings = []
    for along, wide, high in rows:
        half = high * sole * 0.62
        rings.append(Ring(along * length, wide * 0.27 * length, half, shift_z=-sole + half, square=0.4))
    surface = mesh.tube(f"{side}_foot", rings, build.shoes, sides=10)
    # Laid down: along -> forward, up stays up; x is mirrored so that the quads keep facing outward.
    laid = surface.vertices[0][:, [0, 2, 1]] * np.array([-1.0, 1.0, 1.0])
    return replace(surface, vertices=np.stack([laid, laid]))
