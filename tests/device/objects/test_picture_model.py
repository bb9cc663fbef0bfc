"""A user's picture model gets the numbers that its input wants, and its outputs come as plain numbers."""

import sys

import numpy as np
import pytest

from core.errors import InputError
from device.objects.picture_model import IMAGENET, RAW, RAW_BLUE_FIRST, SIGNED, UNIT, PictureModel
from tests import picture_models, tiny
from tests.picture_models import Tensor

PICTURE = np.random.default_rng(3).integers(0, 256, (4, 6, 3), np.uint8)
RED_FIRST = PICTURE[..., ::-1].astype(np.float64)
MEAN, DEVIATION = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])


def model_of(tmp_path, content: bytes) -> PictureModel:
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    return PictureModel(path)


def echoed(tmp_path, tensor: Tensor, pixels) -> np.ndarray:
    """What a model with such an input gets for PICTURE, dequantized."""
    model = model_of(tmp_path, picture_models.echo(tensor))
    model.fill_with(pixels)
    (answer,) = model.run(PICTURE)
    assert answer.dtype == np.float32
    return answer[0]


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (RAW, RED_FIRST),
        (RAW_BLUE_FIRST, RED_FIRST[..., ::-1]),
        (UNIT, RED_FIRST / 255),
        (SIGNED, RED_FIRST / 127.5 - 1),
        (IMAGENET, (RED_FIRST - MEAN) / DEVIATION),
    ],
    ids=["raw", "blue first", "unit", "signed", "imagenet"],
)
def test_floats_are_filled_as_in_training(tmp_path, pixels, expected):
    """Pixels become the numbers of the model's training, colours in its order."""
    assert echoed(tmp_path, Tensor((1, 4, 6, 3)), pixels) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("how", "pixels", "expected"),
    [
        (("uint8", 1 / 255, 0), UNIT, RED_FIRST / 255),
        (("int8", 1 / 255, -128), UNIT, RED_FIRST / 255),
        (("int8", 1 / 127.5, 0), SIGNED, RED_FIRST / 127.5 - 1),
        (("uint8", None, 0), UNIT, RED_FIRST),
        (("int32", None, 0), RAW, RED_FIRST),
        (("int8", None, 0), UNIT, RED_FIRST - 128),
    ],
)
def test_integers_are_filled_by_their_scale(tmp_path, how, pixels, expected):
    """Quantized inputs get what stands for the training's numbers within half a step; plain integers get pixels."""
    dtype, scale, zero = how
    answer = echoed(tmp_path, Tensor((1, 4, 6, 3), dtype, None, scale, zero), pixels)
    assert np.abs(answer - expected).max() <= 0.51 * (scale or 0)


def test_what_does_not_fit_is_cut_off(tmp_path):
    """Numbers beyond a quantized input's range become its limits instead of wrapping around."""
    answer = echoed(tmp_path, Tensor((1, 4, 6, 3), "int8", None, 1 / 255, 0), UNIT)
    assert answer == pytest.approx(np.minimum(RED_FIRST, 127) / 255, abs=1e-6)


def test_channels_may_come_first(tmp_path):
    """An input (1, 3, H, W) is known by its shape and gets the colours as planes."""
    model = model_of(tmp_path, picture_models.echo(Tensor((1, 3, 4, 6))))
    assert model.size == (4, 6)
    model.fill_with(UNIT)
    assert model.run(PICTURE)[0][0] == pytest.approx(RED_FIRST.transpose(2, 0, 1) / 255, abs=1e-6)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_quantized_outputs_are_plain_numbers(tmp_path, dtype):
    """Outputs in eight bits come as what they stand for, within half a step."""
    values = np.linspace(0.1, 0.9, 12).reshape(1, 3, 4)
    model = model_of(tmp_path, picture_models.fixed([values], quantized=[(dtype, 0.01, 5)]))
    assert model.run(np.zeros((64, 64, 3), np.uint8))[0] == pytest.approx(values, abs=0.00501)


@pytest.mark.parametrize(
    ("shape", "size"),
    [((480, 640), (192, 256)), ((1080, 1920), (160, 256)), ((640, 480), (256, 192)), ((10, 4000), (32, 256))],
)
def test_inputs_of_any_size_take_the_pictures_proportions(tmp_path, shape, size):
    """A dynamic input's longer side becomes 256 and both sides multiples of 32, as MoveNet MultiPose wants it."""
    anything = Tensor((1, 1, 1, 3), "int32", dynamic=True)
    model = model_of(tmp_path, picture_models.fixed([np.zeros((1, 6, 56))], picture=anything))
    assert model.fit(shape) == model.size == size
    assert model.run(np.zeros((*size, 3), np.uint8))[0].shape == (1, 6, 56)


def test_the_other_runtime_does_the_same(tmp_path, monkeypatch):
    """Where only ai-edge-litert is installed, models run on it."""
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", None)
    answer = echoed(tmp_path, Tensor((1, 4, 6, 3), "uint8", None, 1 / 255, 0), UNIT)
    assert answer == pytest.approx(RED_FIRST / 255, abs=1e-6)


GOOD = picture_models.fixed([np.zeros((1, 6, 56))])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read"),
        (b"", "is no TFLite model"),
        (b"PK\x03\x04" + bytes(100), "lacks the mark TFL3"),
        (GOOD[: len(GOOD) // 2], "is no TFLite model"),
        (tiny.template(), r"must take one picture .* this one takes \(1, 32, 107\) float32"),
        (picture_models.echo(Tensor((2, 4, 6, 3))), "must take one picture"),
        (picture_models.echo(Tensor((1, 5000, 6, 3), "uint8")), "at most 4096 pixels"),
        (picture_models.echo(Tensor((1, 4, 6, 4))), "must take one picture"),
        (picture_models.fixed([np.zeros(1)] * 9), "has 9 outputs"),
    ],
    ids=["missing", "empty", "zip", "cut off", "no picture", "batch", "large", "colours", "outputs"],
)
def test_other_files_are_refused(tmp_path, content, complaint):
    """What is no picture model is an InputError in one line that names the file and says what is wrong."""
    path = tmp_path / "model.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf"model\.tflite: .*{complaint}") as refused:
        PictureModel(path)
    assert "\n" not in str(refused.value)


def test_huge_files_and_outputs_are_refused(tmp_path, monkeypatch):
    """A file and outputs of absurd sizes are refused before they fill the memory."""
    monkeypatch.setattr("device.objects.picture_model._MAX_VALUES", 300)
    with pytest.raises(InputError, match="with 336 values"):
        model_of(tmp_path, GOOD)
    monkeypatch.setattr("device.objects.picture_model._MAX_MODEL_BYTES", 100)
    with pytest.raises(InputError, match="more than 100 bytes"):
        model_of(tmp_path, GOOD)
