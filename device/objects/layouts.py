"""The output layouts of object detectors that users have: SSD with its post-processing inside, and YOLO.

Recognised by shapes, like those of pose models; decoded to boxes in pixels of the model's input. The rows of YOLO are
recognised by their number, which follows from the input's size (`device.pose.yolo`). Coordinates may be shares of the
input or pixels. Sources: TensorFlow's detection_postprocess.cc; ultralytics nn/modules/head.py.

    layout = recognise(model)
    found = layout.decode(model.run(picture), model.size, 0.4)          # Detections
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from device.objects.picture_model import SIGNED, UNIT, Array, PictureModel, Pixels, Shape
from device.pose.outputs import Size, best, to_pixels
from device.pose.yolo import GREY, cells

_BOX = 4
_FINISHED_ROW = 6  # corners, score, class
_MOST_FINISHED = 1000  # rows; SSD has 10 to 100, an end-to-end YOLO 300
_MOST_CLASSES = 1000


@dataclass(frozen=True)
class Detections:
    """Things that a model reports, in pixels of its input, best first.

    Attributes:
        score: (N,).
        boxes: (N, 4) left, top, right, bottom.
        classes: (N,) the model's own numbers.
    """

    score: Array
    boxes: Array
    classes: npt.NDArray[np.intp]

    def take(self, rows: npt.NDArray[np.intp]) -> "Detections":
        """Some of them."""
        return Detections(self.score[rows], self.boxes[rows], self.classes[rows])


@dataclass(frozen=True)
class DetectionLayout:
    """One way in which models report things; see `device.pose.outputs.OutputLayout`.

    `classes_of` gives the number of classes that outputs of these shapes have: 0 if they do not say, None if they are
    of another layout.
    """

    name: str
    classes_of: Callable[[Sequence[Shape], Size], int | None]
    decode: Callable[[Sequence[Array], Size, float], Detections]
    pixels: Pixels
    fill: int = 0
    overlapping: bool = False


def recognise(model: PictureModel, labels: int) -> DetectionLayout:
    """The layout of a detector's outputs, for so many labels.

    Raises:
        InputError: none explains them, or the file has another number of classes.
    """
    for layout in LAYOUTS:
        classes = layout.classes_of(model.shapes, model.size)
        if classes is not None:
            if classes not in {0, labels}:
                raise InputError(f"{model.path}: has {classes} classes, but [objects] labels names {labels}")
            return layout
    known = "; ".join(layout.name for layout in LAYOUTS)
    raise InputError(
        f"{model.path}: no such outputs of object detectors are known; the file has {model.describe()}; known are "
        f"(N follows from the input's size, C is the number of classes): {known}; export it with its original outputs"
    )


def _ssd_classes(shapes: Sequence[Shape], size: Size) -> int | None:
    del size
    most = max((shape[1] for shape in shapes if len(shape) > 1), default=0)
    fits = sorted(shapes) == sorted([(1, most, _BOX), (1, most), (1, most), (1,)])
    return 0 if fits and most <= _MOST_FINISHED else None


def _finished_classes(shapes: Sequence[Shape], size: Size) -> int | None:
    del size
    fits = len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][2] == _FINISHED_ROW  # noqa: PLR2004 - (1, N, 6)
    return 0 if fits and shapes[0][1] <= _MOST_FINISHED else None


def _yolo_classes(shapes: Sequence[Shape], size: Size) -> int | None:
    return _raw_classes(shapes, cells(size), row=1, column=2)


def _transposed_classes(shapes: Sequence[Shape], size: Size) -> int | None:
    return _raw_classes(shapes, cells(size), row=2, column=1)


def _raw_classes(shapes: Sequence[Shape], counts: Sequence[int], *, row: int, column: int) -> int | None:
    if len(shapes) != 1 or len(shapes[0]) != 3 or shapes[0][column] not in counts:  # noqa: PLR2004 - batch, rows, columns
        return None
    classes = shapes[0][row] - _BOX
    return classes if 1 <= classes <= _MOST_CLASSES else None


def _decode_ssd(outputs: Sequence[Array], size: Size, least: float) -> Detections:
    # The order of the four differs between exporters, and scores and classes have the same shape. Classes are whole
    # numbers. Where both are, classes come first, as in the operator's own order. After the count the operator leaves
    # whatever was in its memory.
    count, *three = sorted(outputs, key=np.ndim)
    first, second, boxes = (values[0][np.arange(values.shape[1]) < count] for values in three)
    scores, classes = (first, second) if (first % 1).any() else (second, first)
    rows = np.concatenate([boxes[:, [1, 0, 3, 2]], scores[:, None], classes[:, None]], axis=1)
    return _finished(rows, size, least)


def _decode_finished(outputs: Sequence[Array], size: Size, least: float) -> Detections:
    return _finished(outputs[0][0], size, least)


def _finished(rows: Array, size: Size, least: float) -> Detections:
    """Rows of corners, score, class."""
    rows = rows[best(rows, rows[:, 4], least)]
    corners = to_pixels(rows[:, :_BOX].reshape(-1, 2, 2), size).reshape(-1, _BOX)
    return Detections(rows[:, 4], corners, np.rint(rows[:, 5].clip(-1, _MOST_CLASSES)).astype(np.intp))


def _decode_yolo(outputs: Sequence[Array], size: Size, least: float) -> Detections:
    return _decode_rows(outputs[0][0].T, size, least)


def _decode_transposed(outputs: Sequence[Array], size: Size, least: float) -> Detections:
    return _decode_rows(outputs[0][0], size, least)


def _decode_rows(rows: Array, size: Size, least: float) -> Detections:
    """Rows of centre, size and a score for each class."""
    score = rows[:, _BOX:].max(axis=1)
    chosen = best(rows, score, least)
    rows = rows[chosen]
    boxes = to_pixels(rows[:, :_BOX].reshape(-1, 2, 2), size)
    middle, half = boxes[:, 0], boxes[:, 1] / 2
    corners = np.concatenate([middle - half, middle + half], axis=1)
    return Detections(score[chosen], corners, rows[:, _BOX:].argmax(axis=1))


LAYOUTS = (
    DetectionLayout(
        "SSD with TFLite_Detection_PostProcess (1, M, 4), (1, M), (1, M), (1)", _ssd_classes, _decode_ssd, SIGNED
    ),
    DetectionLayout("YOLO (1, 4 + C, N)", _yolo_classes, _decode_yolo, UNIT, GREY, overlapping=True),
    DetectionLayout(
        "YOLO transposed (1, N, 4 + C)", _transposed_classes, _decode_transposed, UNIT, GREY, overlapping=True
    ),
    DetectionLayout("end-to-end YOLO (1, at most 1000, 6)", _finished_classes, _decode_finished, UNIT, GREY),
)
