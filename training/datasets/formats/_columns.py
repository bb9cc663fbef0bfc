"""The header of a table -> which column is which coordinate of which joint.

Three kinds: named joints (`left_hip_x`), MediaPipe's numbered landmarks (`x1, y1, z1, v1`), and bare vectors.

    landmarks = decode_table(table, Options(size=(1280, 720)))
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.skeleton import LAYOUTS, Layout
from training.datasets.formats._base import Options, assemble
from training.datasets.formats._landmarks import SIZES, Landmarks, decode_vectors, to_heights
from training.datasets.formats._tables import Table

_NAMED = re.compile(r"(\w+)_(x|y|z|v|visibility|score|confidence)")
_NUMBERED = re.compile(r"([xyzv])_?(\d{1,4})")
_AXES = {"x": 0, "y": 1, "z": 2, "v": 3, "visibility": 3, "score": 3, "confidence": 3}
_SCORE = 3

Place = tuple[str | int, int]  # a joint's name or number, and x, y, z or score


def decode_table(table: Table, options: Options) -> Landmarks:
    """Joints of every row.

    Raises:
        InputError: the columns are no joints that are known.
    """
    places = find_places(table.header)
    if places is None:
        return decode_vectors(table.values, size=options.size, layout=options.layout, where=str(table.file))
    if isinstance(places[0][0], int):
        return _numbered(table, [(int(joint), axis) for joint, axis in places], options)
    return _named(table, [(str(joint), axis) for joint, axis in places], options)


def find_places(header: Sequence[str]) -> list[Place] | None:
    """What each column is; None for bare vectors.

    Raises:
        InputError: neither.
    """
    for pattern, joint_group in ((_NAMED, 1), (_NUMBERED, 2)):
        matches = [pattern.fullmatch(name) for name in header]
        if any(matches):
            if (
                odd := next((name for name, match in zip(header, matches, strict=True) if not match), None)
            ) is not None:
                raise InputError(f"column {odd!r} is no coordinate of a joint, such as nose_x; remove or rename it")
            found = [match for match in matches if match is not None]
            if joint_group == 1:
                return [(match[1], _AXES[match[2]]) for match in found]
            return [(int(match[2]), _AXES[match[1]]) for match in found]
    if len(header) not in SIZES:
        raise InputError(f"{len(header)} columns of coordinates are neither named joints nor a known vector")
    return None


def _named(table: Table, places: list[tuple[str, int]], options: Options) -> Landmarks:
    names = {joint for joint, _ in places}
    asked = [LAYOUTS[options.layout]] if options.layout in LAYOUTS else list(LAYOUTS.values())
    layout = next((one for one in asked if names <= set(one.joints)), None)
    if layout is None:
        least = min(asked, key=lambda one: len(names - set(one.joints)))
        odd = ", ".join(sorted(names - set(least.joints))[:5])
        raise InputError(f"{table.file}: no layout has these joints; {least.name} comes closest and lacks {odd}")
    return _fill(table, [(layout.index[joint], axis) for joint, axis in places], layout, options)


def _numbered(table: Table, places: list[tuple[int, int]], options: Options) -> Landmarks:
    """MediaPipe's 33; what follows them is the face, and left out. Numbers start with 0 or 1."""
    layout = LAYOUTS[options.layout or "mediapipe33"]
    first = min(joint for joint, _ in places)
    return _fill(table, [(joint - first, axis) for joint, axis in places], layout, options)


def _fill(table: Table, places: list[tuple[int, int]], layout: Layout, options: Options) -> Landmarks:
    if len(set(places)) != len(places):
        raise InputError(f"{table.file}: two columns are the same coordinate of the same joint; remove one")
    values = np.zeros((len(table.values), layout.size, 4))
    given = np.zeros((layout.size, 4), np.bool_)
    for column, (joint, axis) in enumerate(places):
        if joint < layout.size:
            values[:, joint, axis] = table.values[:, column]
            given[joint, axis] = True
    whole = given[:, :2].all(axis=1)
    if (given.any(axis=1) & ~whole).any() or not whole.any():
        name = layout.joints[int((given.any(axis=1) & ~whole).argmax())]
        raise InputError(f"{table.file}: joint {name} needs a column for x and one for y")
    seen = whole & (values[..., :_SCORE] != 0).any(axis=-1)
    score: npt.NDArray[np.float64] = np.where(given[:, _SCORE], values[..., _SCORE], 1.0) * seen
    position, unit = to_heights(values[..., :_SCORE], options.size)
    joints = assemble(position, score, layout=layout.name, where=str(table.file))
    return Landmarks(layout.name, joints, unit, has_depth=bool(given[:, 2].any()))
