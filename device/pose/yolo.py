"""The output layouts of pose models in the manner of YOLO: a picture in, rows of people out, coordinates as x, y.

Number of rows: YOLOv8 and 11 look at each cell of grids with strides 8, 16 and 32 (larger models also 64) once,
YOLOv7 three times. It follows from the input's size, and so tells rows from columns, and raw rows from end-to-end ones.
Sources: WongKinYiu/yolov7 branch pose, models/yolo.py; ultralytics nn/modules/head.py; mmpose RTMO. Scores are
probabilities already.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from device.objects.picture_model import RAW_BLUE_FIRST, UNIT, Array, Shape
from device.pose.outputs import JOINTS, KEYPOINTS, Candidates, OutputLayout, Size, best, to_pixels

_STRIDES = ((8, 16, 32), (8, 16, 32, 64))
_ANCHORS = 3  # of YOLOv7, in each cell
_V7_ROW = 6 + KEYPOINTS  # centre, size, objectness, class
_V8_ROW = 5 + KEYPOINTS  # centre, size, score
_FINISHED_ROW = 6 + KEYPOINTS  # corners, score, class
_DETECTION = 5  # corners, score
_MOST_FINISHED = 1000  # rows of an end-to-end model; 300 unless its exporter asked for others
GREY = 114  # the bars that YOLO is trained with


def cells(size: Size) -> tuple[int, ...]:
    """How many cells the grids over an input may have together, by the strides of known models."""
    return tuple(sum((size[0] // stride) * (size[1] // stride) for stride in strides) for strides in _STRIDES)


def _only(shapes: Sequence[Shape], counts: Sequence[int], row: int, *, channels_first: bool) -> bool:
    """Whether there is one output, of so many rows."""
    first = (row,) if channels_first else tuple(counts)
    second = tuple(counts) if channels_first else (row,)
    return len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][1] in first and shapes[0][2] in second  # noqa: PLR2004 - batch, rows, columns


def _fits_v7(shapes: Sequence[Shape], size: Size) -> bool:
    return _only(shapes, [_ANCHORS * count for count in cells(size)], _V7_ROW, channels_first=False)


def _fits_finished(shapes: Sequence[Shape], size: Size) -> bool:
    del size  # a fixed number of people, whatever the picture
    return _only(shapes, range(1, _MOST_FINISHED + 1), _FINISHED_ROW, channels_first=False)


def _fits_v8(shapes: Sequence[Shape], size: Size, *, channels_first: bool) -> bool:
    return _only(shapes, cells(size), _V8_ROW, channels_first=channels_first)


def _fits_rtmo(shapes: Sequence[Shape], size: Size) -> bool:
    del size
    people = sorted(shapes, key=len)
    return (
        len(people) == 2  # noqa: PLR2004 - detections, keypoints
        and people[0][2:] == (_DETECTION,)
        and people[1] == (1, people[0][1], JOINTS, 3)
        and people[0][1] <= _MOST_FINISHED
    )


def _score_v7(rows: Array) -> Array:
    return rows[:, 4] * rows[:, 5]


def _score(rows: Array) -> Array:
    return rows[:, 4]


def _decode_rows(
    outputs: Sequence[Array],
    size: Size,
    least: float,
    *,
    score_of: Callable[[Array], Array] = _score,
    centred: bool = True,
    channels_first: bool = False,
) -> Candidates:
    """Rows that begin with a box and end with the keypoints."""
    rows = outputs[0][0].T if channels_first else outputs[0][0]
    score = score_of(rows)
    chosen = best(rows, score, least)
    rows = rows[chosen]
    boxes = to_pixels(rows[:, :4].reshape(-1, 2, 2), size)
    if centred:
        middle, half = boxes[:, 0], boxes[:, 1] / 2
        boxes = np.stack([middle - half, middle + half], axis=1)
    return _candidates(score[chosen], boxes, rows[:, -KEYPOINTS:].reshape(-1, JOINTS, 3), size)


def _decode_rtmo(outputs: Sequence[Array], size: Size, least: float) -> Candidates:
    detections, keypoints = sorted((output[0] for output in outputs), key=np.ndim)
    rows = np.concatenate([detections, keypoints.reshape(len(keypoints), KEYPOINTS)], axis=1)
    return _decode_rows([rows[None]], size, least, centred=False)


def _candidates(score: Array, boxes: Array, keypoints: Array, size: Size) -> Candidates:
    places = to_pixels(keypoints[..., :2], size)
    return Candidates(score, boxes.reshape(-1, 4), np.concatenate([places, keypoints[..., 2:]], axis=2))


YOLO = (
    OutputLayout(
        "YOLOv7-pose (1, N, 57)",
        _fits_v7,
        partial(_decode_rows, score_of=_score_v7),
        UNIT,
        fill=GREY,
        overlapping=True,
    ),
    OutputLayout(
        "end-to-end YOLO pose (1, at most 1000, 57)",
        _fits_finished,
        partial(_decode_rows, centred=False),
        UNIT,
        fill=GREY,
    ),
    OutputLayout(
        "YOLOv8/11-pose (1, 56, N)",
        partial(_fits_v8, channels_first=True),
        partial(_decode_rows, channels_first=True),
        UNIT,
        fill=GREY,
        overlapping=True,
    ),
    OutputLayout(
        "YOLOv8/11-pose transposed (1, N, 56)",
        partial(_fits_v8, channels_first=False),
        _decode_rows,
        UNIT,
        fill=GREY,
        overlapping=True,
    ),
    OutputLayout(
        "RTMO (1, N, 5) and (1, N, 17, 3)",
        _fits_rtmo,
        _decode_rtmo,
        RAW_BLUE_FIRST,  # the settings of its training swap no colours
        fill=GREY,
    ),
)
