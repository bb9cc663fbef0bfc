"""Every known layout of an object detector gives boxes, scores and classes; others are refused with a reason."""

import numpy as np
import pytest

from core.errors import InputError
from device.objects.layouts import recognise
from device.objects.picture_model import PictureModel
from tests import picture_models
from tests.picture_models import Tensor

ROWS, COLUMNS = 96, 128
CELLS = 12 * 16 + 6 * 8 + 3 * 4
SIZE = np.array((COLUMNS, ROWS) * 2, np.float64)
# left, top, right, bottom in pixels of the input, score, class
THINGS = np.array([(10, 20, 40, 60, 0.9, 2), (60, 10, 120, 90, 0.8, 0), (5, 5, 15, 12, 0.6, 2)], np.float64)
NOTHING = (1, 1, 50, 50, 0.2, 1)  # too low a score


def ssd(things, *, order=(0, 1, 2, 3)):
    """Boxes, classes, scores, count; those after the count are left over from before."""
    rows = np.concatenate([things, [NOTHING], np.tile(THINGS[:1] + 0.05, (6, 1))])
    boxes = (rows[:, :4] / SIZE)[:, [1, 0, 3, 2]]
    count = [len(things) + 1]
    answers = [boxes[None], rows[None, :, 5], rows[None, :, 4], count]
    return [answers[place] for place in order]


def ssd_of_tensorflow_2(things):
    return ssd(things, order=(2, 0, 3, 1))


def raw_rows(things, scale):
    rows = np.zeros((1, CELLS, 4 + 3))
    for number, thing in enumerate([*things, NOTHING]):
        low, high = thing[:2], thing[2:4]
        for place in (number, number + 100):  # as neighbouring cells report it
            rows[0, place, :4] = np.concatenate([(np.add(low, high)) / 2, np.subtract(high, low)]) / scale
            rows[0, place, 4 + int(thing[5])] = thing[4] - place / 10_000
            rows[0, place, 4 + (int(thing[5]) + 1) % 3] = thing[4] / 2  # another class, less likely
    return rows


def yolo(things):
    return [raw_rows(things, SIZE).transpose(0, 2, 1)]


def yolo_in_pixels(things):
    return [raw_rows(things, 1).transpose(0, 2, 1)]


def yolo_transposed(things):
    return [raw_rows(things, SIZE)]


def end_to_end(things, scale=SIZE):
    rows = np.zeros((1, 300, 6))
    rows[0, : len(things) + 1] = [*things, NOTHING]
    rows[0, :, :4] /= scale
    return [rows]


def end_to_end_in_pixels(things):
    return end_to_end(things, 1)


def model_of(tmp_path, answers, quantized=()):
    path = tmp_path / "things.tflite"
    path.write_bytes(picture_models.fixed(answers, picture=Tensor((1, ROWS, COLUMNS, 3)), quantized=quantized))
    return PictureModel(path)


KNOWN = [ssd, ssd_of_tensorflow_2, yolo, yolo_in_pixels, yolo_transposed, end_to_end, end_to_end_in_pixels]


@pytest.mark.parametrize("layout", KNOWN)
def test_things_are_found_where_they_are(tmp_path, layout):
    """Each layout gives all boxes within half a pixel, best first, with their own classes and scores."""
    model = model_of(tmp_path, layout(THINGS))
    known = recognise(model, 3)
    found = known.decode(model.run(np.zeros((ROWS, COLUMNS, 3), np.uint8)), model.size, 0.4)
    if known.overlapping:  # each was reported twice
        found = found.take(np.arange(0, 6, 2))
    assert np.abs(found.boxes - THINGS[:, :4]).max() < 0.5
    assert found.score == pytest.approx(THINGS[:, 4], abs=0.01)
    assert found.classes.tolist() == [2, 0, 2]


def test_tensorflows_own_operator_is_understood(tmp_path):
    """What the real post-processing operator gives, left-overs in its memory included, is read as it means it."""
    boxes, scores = np.random.default_rng(2).uniform(0.3, 0.7, (20, 4)), np.zeros((20, 5))
    boxes[:, 2:] /= 4
    scores[3, 1], scores[7, 4] = 0.9, 0.7
    boxes[3, :2], boxes[7, :2] = 0.3, 0.7
    path = tmp_path / "ssd.tflite"
    path.write_bytes(picture_models.ssd(boxes, scores, most=10))
    model = PictureModel(path)
    found = recognise(model, 5).decode(model.run(np.zeros((48, 64, 3), np.uint8)), model.size, 0.4)
    y, x, height, width = boxes[[3, 7]].T * np.array([[48], [64], [48], [64]])
    assert found.boxes == pytest.approx(np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 1))
    assert found.score == pytest.approx([0.9, 0.7])
    assert found.classes.tolist() == [1, 4]


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_eight_bits_are_understood(tmp_path, kind):
    """Outputs in eight bits mean what their scale says."""
    quantized = [(kind, 1 / 250, -128 if kind == "int8" else 0)]
    model = model_of(tmp_path, yolo(THINGS), quantized)
    found = recognise(model, 3).decode(model.run(np.zeros((ROWS, COLUMNS, 3), np.uint8)), model.size, 0.4)
    assert np.abs(found.boxes[::2] - THINGS[:, :4]).max() < 0.5 + COLUMNS / 250
    assert found.classes[::2].tolist() == [2, 0, 2]


@pytest.mark.parametrize("layout", KNOWN)
def test_nothing_is_nothing(tmp_path, layout):
    """A picture in which only doubtful things are found has none."""
    model = model_of(tmp_path, layout(THINGS[:0]))
    found = recognise(model, 3).decode(model.run(np.zeros((ROWS, COLUMNS, 3), np.uint8)), model.size, 0.4)
    assert len(found.score) == 0


def test_numbers_that_are_none_are_nothing(tmp_path):
    """NaN and infinity in what a model gives are no things, and a count that is none counts nothing."""
    rows = end_to_end(THINGS)[0]
    rows[0, 0, 0], rows[0, 1, 4], rows[0, 2, 5] = np.nan, np.inf, 1e30
    model = model_of(tmp_path, [rows])
    found = recognise(model, 3).decode(model.run(np.zeros((ROWS, COLUMNS, 3), np.uint8)), model.size, 0.4)
    assert len(found.score) == 1
    assert found.classes[0] not in range(3)
    answers = ssd(THINGS)
    answers[3] = [np.nan]
    model = model_of(tmp_path, answers)
    assert not len(recognise(model, 3).decode(model.run(np.zeros((ROWS, COLUMNS, 3), np.uint8)), model.size, 0.4).score)


@pytest.mark.parametrize(
    "shapes",
    [
        [(1, 7, CELLS + 1)],
        [(1, 4, CELLS)],
        [(1, 1001, 6)],
        [(1, 300, 5)],
        [(1, 10, 4), (1, 10), (1,)],
        [(1, 10, 4), (1, 10), (1, 9), (1,)],
        [(1, 10)],
    ],
)
def test_other_layouts_are_refused(tmp_path, shapes):
    """An unknown layout is refused in one sentence with its shapes and the known ones."""
    with pytest.raises(InputError, match=r"things\.tflite") as refused:
        recognise(model_of(tmp_path, [np.zeros(shape) for shape in shapes]), 3)
    message = str(refused.value)
    assert all(str(shape) in message for shape in shapes)
    assert "SSD with TFLite_Detection_PostProcess" in message
    assert "\n" not in message


def test_another_number_of_classes_is_refused(tmp_path):
    """Labels of another detector would name everything wrong."""
    with pytest.raises(InputError, match=r"has 3 classes, but .* names 80"):
        recognise(model_of(tmp_path, yolo(THINGS)), 80)
