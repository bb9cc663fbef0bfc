"""The head: skull, hair, ears and a face; lengths in half head heights, as in kinematics."""

import numpy as np

from training.synthesis import mesh
from training.synthesis.body import Build, Colour, tint
from training.synthesis.mesh import Mesh, Ring, Vector

_SIDES = 18
# y, half width, half depth, shift forward: chin to crown
_SKULL = (
    (-1.00, 0.20, 0.22, 0.42),
    (-0.90, 0.36, 0.42, 0.28),
    (-0.62, 0.53, 0.66, 0.10),
    (-0.30, 0.63, 0.78, 0.02),
    (0.00, 0.68, 0.83, 0.00),
    (0.30, 0.69, 0.85, -0.02),
    (0.58, 0.63, 0.78, -0.04),
    (0.80, 0.49, 0.61, -0.05),
    (0.94, 0.30, 0.38, -0.05),
    (1.00, 0.08, 0.10, -0.05),
)
_WHITE: Colour = (226, 230, 232)
_IRIS: Colour = (38, 36, 40)
_HAIR_THICKNESS = {"bald": 0.0, "short": 0.05, "bob": 0.10, "long": 0.11}
_HAIR_LENGTH = {"bald": 0.0, "short": -0.25, "bob": -0.95, "long": -1.7}


def head_mesh(build: Build) -> list[Mesh]:
    """Skull with hair, ears, nose, eyes, brows and mouth."""
    return [_skull(build), *_hair(build), *_ears(build), _nose(build), *_face(build)]


def _skull(build: Build) -> Mesh:
    unit = build.lengths.head
    rings = [Ring(y * unit, x * unit, z * unit, shift_z=shift * unit) for y, x, z, shift in _SKULL]
    return mesh.tube("head", rings, build.skin, sides=_SIDES)


def _hair(build: Build) -> list[Mesh]:
    """A second, larger skull, of which the face is left out."""
    if build.hair_style == "bald":
        return []
    unit, thick = build.lengths.head, _HAIR_THICKNESS[build.hair_style]
    low = _HAIR_LENGTH[build.hair_style]
    rows = [row for row in _SKULL if row[0] >= max(low, -0.31)]
    if low < -0.5:  # noqa: PLR2004 - hair below the ears hangs straight down at the back
        rows = [(y, 0.74, 0.72, -0.16) for y in np.linspace(low, -0.55, 4)] + rows
    rings = [Ring(y * unit, (x + thick) * unit, (z + thick) * unit, shift_z=s * unit) for y, x, z, s in rows]
    shell = mesh.tube("head", rings, build.hair, sides=_SIDES)
    middle = shell.vertices[0][shell.quads].mean(axis=1) / unit
    hairline = np.where(np.abs(middle[:, 0]) > 0.55, -0.2, 0.52)  # noqa: PLR2004 - temples are lower than the forehead
    kept = (middle[:, 2] < 0.12) | (middle[:, 1] > hairline)  # noqa: PLR2004 - behind the ears
    streaks = 0.88 + 0.24 * ((np.arange(len(shell.quads)) * 7) % 5) / 5
    outside, colours = shell.quads[kept], (shell.colours * streaks[:, None])[kept]
    # Hair that hangs free is seen from inside, too, beside the neck.
    quads, paint = np.concatenate([outside, outside[:, ::-1]]), np.concatenate([colours, colours * 0.8])
    return [mesh.rigid("head", shell.vertices[0], quads, paint)]


def _ears(build: Build) -> list[Mesh]:
    unit, parts = build.lengths.head, []
    for sign in (1.0, -1.0):
        rings = [
            Ring(y * unit, x * unit, z * unit, shift_x=sign * 0.70 * unit, shift_z=-0.04 * unit)
            for y, x, z in ((-0.26, 0.03, 0.05), (-0.12, 0.07, 0.11), (0.08, 0.09, 0.14), (0.16, 0.04, 0.08))
        ]
        parts.append(mesh.tube("head", rings, tint(build.skin, 0.92), sides=6))
    return parts


def _nose(build: Build) -> Mesh:
    unit = build.lengths.head
    rows = ((-0.27, 0.07, 0.05, 0.86), (-0.19, 0.15, 0.16, 0.88), (-0.05, 0.10, 0.13, 0.84), (0.12, 0.06, 0.06, 0.82))
    rings = [Ring(y * unit, x * unit, z * unit, shift_z=shift * unit) for y, x, z, shift in rows]
    return mesh.tube("head", rings, tint(build.skin, 1.04), sides=8)


def _face(build: Build) -> list[Mesh]:
    lips = tint(build.skin, 0.72)
    parts = [
        _oval(build, (0.0, -0.50), (0.22, 0.055), (lips[0], lips[1], min(lips[2] + 22, 255)), 0.030),
        _oval(build, (0.0, -0.495), (0.19, 0.014), tint(build.skin, 0.42), 0.034),
        _oval(build, (0.0, -0.29), (0.11, 0.03), tint(build.skin, 0.62), 0.040),
    ]
    for sign in (1.0, -1.0):
        parts += [
            _oval(build, (sign * 0.28, 0.06), (0.165, 0.10), tint(build.skin, 0.78), 0.028),
            _oval(build, (sign * 0.28, 0.055), (0.135, 0.065), _WHITE, 0.032),
            _oval(build, (sign * 0.28, 0.06), (0.060, 0.065), _IRIS, 0.036),
            _oval(build, (sign * 0.29, 0.25), (0.18, 0.035), tint(build.hair, 0.8), 0.030),
        ]
    return parts


def _oval(build: Build, centre: tuple[float, float], size: tuple[float, float], colour: Colour, nearer: float) -> Mesh:
    angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    x, y = centre[0] + size[0] * np.cos(angle), centre[1] + size[1] * np.sin(angle)
    return mesh.patch("head", _on_face(x, y) * build.lengths.head, colour, nearer=nearer)


def _on_face(x: Vector, y: Vector) -> Vector:
    """(N, 3): points of the skull's front at given places."""
    rows = np.array(_SKULL)
    wide, deep, shift = (np.interp(y, rows[:, 0], rows[:, column]) for column in (1, 2, 3))
    z = shift + deep * np.sqrt(np.clip(1 - (x / wide) ** 2, 0.05, 1))
    return np.stack([x, y, z + 0.01], axis=1)
