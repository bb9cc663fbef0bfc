"""A vector of numbers a frame -> joints: MediaPipe's landmarks as people store them, and flat COCO or OpenPose points.

The pose, face and hand blocks of MediaPipe Holistic follow each other; the face is dropped. A block that is all zero
was not found. x is a share of the picture's width and y of its height, so x and z are multiplied by width / height.
A hand's z is relative to its wrist, which is therefore put at the depth of the pose's wrist.

    landmarks = decode_vectors(frames, size=(640, 480), layout="", where="wave/0")   # frames (T, 1662)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.skeleton import BODY25, COCO17, HAND21, HOLISTIC75, LAYOUTS, MEDIAPIPE33, OP18, Array, Layout
from training.datasets.formats._base import assemble
from training.datasets.recording import FRAME_HEIGHTS, PIXELS

DEFAULT_SIZE = (640, 480)  # what OpenCV opens a webcam with, and what most such recordings were made from
_NORMALISED = 4.0  # a coordinate above it is no share of a picture's side, even of one far outside

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Landmarks:
    """Decoded frames: joints (T, V, 4) of `layout`, see training.datasets.recording.Recording."""

    layout: str
    joints: Array
    unit: str
    has_depth: bool


@dataclass(frozen=True)
class _Vector:
    """Offsets of the blocks in a vector; None for a block that it lacks."""

    layout: Layout
    pose_values: int = 0  # numbers a pose landmark has, at the start: x, y, z and perhaps visibility
    left_hand: int | None = None
    right_hand: int | None = None


_MEDIAPIPE: Mapping[int, _Vector] = {
    1662: _Vector(HOLISTIC75, 4, 1536, 1599),  # face of 468 points between pose and hands
    1692: _Vector(HOLISTIC75, 4, 1566, 1629),  # face of 478 points
    258: _Vector(HOLISTIC75, 4, 132, 195),
    132: _Vector(MEDIAPIPE33, 4),
    99: _Vector(MEDIAPIPE33, 3),
    126: _Vector(HOLISTIC75, 0, 0, 63),
    63: _Vector(HAND21, 3),
}

# Plain x, y (and score) of each joint.
_PLANAR: Mapping[int, tuple[Layout, int]] = {
    34: (COCO17, 2),
    51: (COCO17, 3),
    36: (OP18, 2),
    54: (OP18, 3),
    50: (BODY25, 2),
    75: (BODY25, 3),
}

SIZES = frozenset(_MEDIAPIPE) | frozenset(_PLANAR)


def decode_vectors(frames: Numbers, *, size: tuple[int, int] | None, layout: str = "", where: str) -> Landmarks:
    """Joints of (T, D) frames.

    Raises:
        InputError: D is no known size, or does not fit the layout that was asked for, or a number is not finite.
    """
    if frames.ndim != 2 or frames.dtype.kind not in "fiu":  # noqa: PLR2004 - frames by values
        raise InputError(f"{where}: has shape {frames.shape} of {frames.dtype}; numbers (frames, values) are needed")
    width = frames.shape[1]
    if width not in SIZES:
        known = ", ".join(str(one) for one in sorted(SIZES))
        raise InputError(f"{where}: {width} values a frame; known are {known}")
    values = frames.astype(np.float64)
    decoded = _planar(values, size, where) if width in _PLANAR else _mediapipe(values, size, where)
    if layout and layout != decoded.layout:
        raise InputError(f"{where}: {width} values a frame are {decoded.layout}, not {layout}")
    return decoded


def _mediapipe(frames: Numbers, size: tuple[int, int] | None, where: str) -> Landmarks:
    vector = _MEDIAPIPE[frames.shape[1]]
    width, height = size or DEFAULT_SIZE
    position, score = _blocks(frames, vector)
    position = position * np.array([width / height, 1, width / height])
    joints = assemble(position, score, layout=vector.layout.name, where=where)
    return Landmarks(vector.layout.name, joints, FRAME_HEIGHTS, has_depth=True)


def _blocks(frames: Numbers, vector: _Vector) -> tuple[Numbers, Numbers]:
    """Positions (T, V, 3) and scores (T, V), as the picture's shares."""
    position = np.zeros((len(frames), vector.layout.size, 3))
    score = np.zeros((len(frames), vector.layout.size))
    if vector.pose_values:
        count = HAND21.size if vector.layout is HAND21 else MEDIAPIPE33.size
        block = frames[:, : count * vector.pose_values].reshape(len(frames), count, -1)
        found = (block != 0).any(axis=(1, 2))  # NaN is not zero: it is refused later, not taken for a missing block
        position[:, :count] = block[..., :3]
        score[:, :count] = (block[..., 3] if vector.pose_values > 3 else 1.0) * found[:, None]  # noqa: PLR2004 - x, y, z
    for start, offset, wrist in _hands(vector):
        block = frames[:, offset : offset + 63].reshape(len(frames), HAND21.size, 3)
        place = slice(start, start + HAND21.size)
        position[:, place] = block
        position[:, place, 2] += position[:, wrist, 2][:, None]
        score[:, place] = (block != 0).any(axis=(1, 2))[:, None]
    return position, score


def _hands(vector: _Vector) -> list[tuple[int, int, int]]:
    """Of each hand: its first joint in the layout, its offset in the vector, and the pose's wrist."""
    sides = (("left", vector.left_hand), ("right", vector.right_hand))
    index = vector.layout.index
    return [(index[f"{side}_hand_wrist"], at, index[f"{side}_wrist"]) for side, at in sides if at is not None]


def _planar(frames: Numbers, size: tuple[int, int] | None, where: str) -> Landmarks:
    layout, values = _PLANAR[frames.shape[1]]
    points = frames.reshape(len(frames), layout.size, values)
    seen = (points[..., :2] != 0).any(axis=-1)
    score = seen * (points[..., 2] if values > 2 else 1.0)  # noqa: PLR2004 - x and y
    position, unit = to_heights(points[..., :2], size)
    return Landmarks(layout.name, assemble(position, score, layout=layout.name, where=where), unit, has_depth=False)


def to_heights(position: Numbers, size: tuple[int, int] | None) -> tuple[Numbers, str]:
    """Shares of a picture, or pixels, in frame heights where that is possible, and the unit they then have.

    Positions are (..., 2 or 3); z is on the scale of x.
    """
    largest = np.nanmax(np.abs(position[..., :2]), initial=0.0)
    if largest <= _NORMALISED:
        width, height = size or DEFAULT_SIZE
        return position * np.array([width / height, 1.0, width / height])[: position.shape[-1]], FRAME_HEIGHTS
    if size is None:
        return position, PIXELS
    return position / size[1], FRAME_HEIGHTS


def layout_of(joints: int, asked: str, *, where: str, candidates: Mapping[int, str]) -> str:
    """The layout of a number of joints: the one asked for, or the candidate of that size.

    Raises:
        InputError: nothing fits.
    """
    name = asked or candidates.get(joints, "")
    if not name or name not in LAYOUTS or LAYOUTS[name].size != joints:
        fitting = sorted(one.name for one in LAYOUTS.values() if one.size == joints)
        raise InputError(
            f"{where}: {joints} joints are not {name or 'of a known layout'}; "
            f"--layout takes {', '.join(fitting) if fitting else 'none of that size'}"
        )
    return name
