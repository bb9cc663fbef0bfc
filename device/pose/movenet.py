"""The output layouts of MoveNet, and of RTMPose, which like MoveNet's single-pose models sees one person at a time.

MoveNet gives y before x, as shares of its input (MoveNet model cards, TensorFlow Hub). RTMPose gives for each joint how
likely each half pixel across and down is (SimCC, Li et al. 2022; mmpose codecs/simcc_label.py).
"""

from collections.abc import Sequence

import numpy as np

from device.objects.picture_model import IMAGENET, RAW, Array, Shape
from device.pose.outputs import JOINTS, KEYPOINTS, Candidates, OutputLayout, Size, best

_MULTI_ROW = KEYPOINTS + 5  # keypoints, box, score
_MOST_PEOPLE = 32  # rows of a multi-pose model; MoveNet's has 6
_BINS = 2  # of RTMPose, for each pixel


def _fits_multi(shapes: Sequence[Shape], size: Size) -> bool:
    del size
    return len(shapes) == 1 and shapes[0][0] == 1 and shapes[0][2:] == (_MULTI_ROW,) and shapes[0][1] <= _MOST_PEOPLE


def _fits_single(shapes: Sequence[Shape], size: Size) -> bool:
    del size
    return list(shapes) == [(1, 1, JOINTS, 3)]


def _fits_simcc(shapes: Sequence[Shape], size: Size) -> bool:
    return sorted(shapes) == sorted((1, JOINTS, _BINS * side) for side in size)


def _decode_multi(outputs: Sequence[Array], size: Size, least: float) -> Candidates:
    rows = outputs[0][0]
    rows = rows[best(rows, rows[:, -1], least)]
    scale = np.array((*size, 1), np.float32)
    keypoints = rows[:, :KEYPOINTS].reshape(-1, JOINTS, 3) * scale
    top_left, bottom_right = rows[:, KEYPOINTS:-3] * scale[:2], rows[:, -3:-1] * scale[:2]
    boxes = np.concatenate([top_left[:, ::-1], bottom_right[:, ::-1]], axis=1)
    return Candidates(rows[:, -1], boxes, keypoints[..., [1, 0, 2]])


def _decode_single(outputs: Sequence[Array], size: Size, least: float) -> Candidates:
    keypoints = outputs[0].reshape(1, JOINTS, 3)[..., [1, 0, 2]]
    return _one_person(keypoints * np.array((size[1], size[0], 1), np.float32), least)


def _decode_simcc(outputs: Sequence[Array], size: Size, least: float) -> Candidates:
    across, down = outputs if outputs[0].shape[2] == _BINS * size[1] else outputs[::-1]
    places = np.stack([across.argmax(axis=2), down.argmax(axis=2)], axis=2) / np.float32(_BINS)
    score = np.minimum(across.max(axis=2), down.max(axis=2)).clip(0, 1)
    return _one_person(np.concatenate([places, score[..., None]], axis=2).astype(np.float32), least)


def _one_person(keypoints: Array, least: float) -> Candidates:
    """A candidate whose box is around all joints and whose score is their mean."""
    score = keypoints[..., 2].mean(axis=1)
    keypoints = keypoints[best(keypoints, score, least)]
    places = keypoints[..., :2]
    boxes = np.concatenate([places.min(axis=1), places.max(axis=1)], axis=1)
    return Candidates(keypoints[..., 2].mean(axis=1), boxes, keypoints)


MOVENET = (
    OutputLayout("MoveNet MultiPose (1, 6, 56)", _fits_multi, _decode_multi, RAW),
    OutputLayout("MoveNet SinglePose (1, 1, 17, 3)", _fits_single, _decode_single, RAW, single=True),
    OutputLayout(
        "RTMPose (1, 17, 2 x columns) and (1, 17, 2 x rows)", _fits_simcc, _decode_simcc, IMAGENET, single=True
    ),
)
