"""A user's own .tflite file that takes a picture: its input filled, its outputs as plain numbers.

Inputs may be (1, H, W, 3) or (1, 3, H, W), float32, int32, uint8 or int8; quantized ones are filled by the scale that
the file gives. Outputs come as float32, dequantized. What the outputs mean is the business of `device.pose.yolo`,
`device.pose.movenet` and `device.objects.detector`. The structure of the file is checked before the runtime sees it.

    model = PictureModel(Path("pose.tflite"))
    model.fill_with(UNIT)                          # what numbers the pixels become
    outputs = model.run(letterboxed)               # (rows, columns, 3) uint8 BGR -> list of float32 arrays
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.interpreter import find_runtime
from core.tflite_file import check_tflite_file

Array = npt.NDArray[np.float32]
Shape = tuple[int, ...]
_MAX_MODEL_BYTES = 512 * 2**20  # the largest YOLO in float32 has about 280 MB
_MAX_SIDE = 4096  # pixels of an input
_MAX_OUTPUTS = 8
_MAX_VALUES = 16_000_000  # of all outputs; the largest known layout at 1280 pixels has 5.8 million
_DYNAMIC_SIDE = 256  # the longer side of an input that takes any size: what MoveNet MultiPose is made for
_DYNAMIC_STEP = 32  # and its sides are multiples of this
_INPUTS = (np.float32, np.int32, np.uint8, np.int8)


@dataclass(frozen=True)
class Pixels:
    """What a model takes for a pixel of a channel: (pixel - mean) / deviation.

    The channels are red, green, blue, or the other way round for a few.
    """

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blue_first: bool = False


RAW = Pixels()  # 0 to 255
RAW_BLUE_FIRST = Pixels(blue_first=True)
UNIT = Pixels(deviation=(255.0, 255.0, 255.0))  # 0 to 1
SIGNED = Pixels(mean=(127.5, 127.5, 127.5), deviation=(127.5, 127.5, 127.5))  # -1 to 1
IMAGENET = Pixels(mean=(123.675, 116.28, 103.53), deviation=(58.395, 57.12, 57.375))


class PictureModel:
    """See the module. Not for use by several threads.

    Args:
        path: the .tflite file.
        threads: CPU threads for one picture.

    Raises:
        InputError: the file cannot be read, is no such model, or no TFLite runtime is installed.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        self.path = path
        content = _read(path)
        runtime = find_runtime()
        try:
            self._interpreter = runtime.Interpreter(model_content=content, num_threads=threads)
            self._input = self._only_input()
            self._channels_first = tuple(self._input["shape"])[1] == 3 and self._input["shape"][3] != 3  # noqa: PLR2004 - colours
            self._dynamic = -1 in self._signature()[1:]
            if self._dynamic:
                self._resize((_DYNAMIC_SIDE, _DYNAMIC_SIDE))
            self._interpreter.allocate_tensors()
            self._outputs = self._interpreter.get_output_details()
            self._check_sizes()
            self._invoke(np.zeros(self._input_shape(), self._input["dtype"]))  # some outputs have no shape before
        except (RuntimeError, ValueError) as exc:
            raise InputError(f"{path}: the TFLite runtime refuses it: {str(exc)[:200]}") from exc
        self._check_sizes()
        self.fill_with(RAW)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the input."""
        shape = self._input_shape()
        return (shape[2], shape[3]) if self._channels_first else (shape[1], shape[2])

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The outputs' shapes."""
        return tuple(self._interpreter.get_tensor(output["index"]).shape for output in self._outputs)

    def describe(self) -> str:
        """Input and outputs in words, for messages."""
        outputs = ", ".join(
            f"{_tuple(shape)} {np.dtype(output['dtype'])}"
            for shape, output in zip(self.shapes, self._outputs, strict=True)
        )
        return f"input {_tuple(self._input_shape())} {np.dtype(self._input['dtype'])}, outputs {outputs}"

    def fill_with(self, pixels: Pixels) -> None:
        """From now on pixels become these numbers; quantized inputs get what stands for them."""
        levels = np.arange(256, dtype=np.float64)[:, None]
        table = (levels - np.array(pixels.mean)) / np.array(pixels.deviation)
        kind = np.dtype(self._input["dtype"])
        scale, zero = self._input["quantization"]
        if kind.kind != "f":
            if scale:
                table = table / scale + zero
            elif kind == np.int8:
                table = np.repeat(levels - 128, 3, axis=1)  # int8 without a scale: pixels moved to where they fit
            else:
                table = np.repeat(levels, 3, axis=1)  # plain integers are pixels, whatever the layout's floats are
            limits = np.iinfo(kind)
            table = np.clip(np.rint(table), limits.min, limits.max)
        self._table = table.astype(kind)[None]  # (1, 256, 3)
        self._blue_first = pixels.blue_first

    def fit(self, shape: Shape) -> tuple[int, int]:
        """The size of input for pictures (H, W, ...); models that take any size get the proportions of the picture."""
        if self._dynamic:
            longest = max(shape[:2])
            rows, columns = (
                max(_DYNAMIC_STEP, -(-side * _DYNAMIC_SIDE // longest // _DYNAMIC_STEP) * _DYNAMIC_STEP)
                for side in shape[:2]
            )
            if (rows, columns) != self.size:
                self._resize((rows, columns))
                self._interpreter.allocate_tensors()
        return self.size

    def run(self, picture: npt.NDArray[np.uint8]) -> list[Array]:
        """The outputs, each in its own shape, for a picture (rows, columns, 3) uint8 BGR of the input's size.

        Raises:
            InputError: the model contradicts itself, which some only show while they compute.
        """
        import cv2

        colours = picture if self._blue_first else cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        tensor = cv2.LUT(colours, self._table)
        if self._channels_first:
            tensor = tensor.transpose(2, 0, 1)
        try:
            self._invoke(tensor[None])
        except (RuntimeError, ValueError) as exc:
            raise InputError(f"{self.path}: cannot be computed: {str(exc)[:200]}") from exc
        return [self._numbers(output) for output in self._outputs]

    def _invoke(self, tensor: npt.NDArray[Any]) -> None:
        self._interpreter.set_tensor(self._input["index"], tensor)
        self._interpreter.invoke()

    def _numbers(self, output: dict[str, Any]) -> Array:
        values = self._interpreter.get_tensor(output["index"])
        scale, zero = output["quantization"]
        if scale and values.dtype.kind in "iu":
            values = (values.astype(np.float32) - np.float32(zero)) * np.float32(scale)
        return np.asarray(values, np.float32)

    def _only_input(self) -> dict[str, Any]:
        inputs = self._interpreter.get_input_details()
        shape = _ints(inputs[0]["shape"]) if len(inputs) == 1 else ()
        picture = len(shape) == 4 and shape[0] == 1 and 3 in (shape[1], shape[3])  # noqa: PLR2004 - (1, H, W, 3)
        if not picture or inputs[0]["dtype"] not in _INPUTS or max(shape) > _MAX_SIDE:
            found = ", ".join(f"{_ints(one['shape'])} {np.dtype(one['dtype'])}" for one in inputs[:4])
            raise InputError(
                f"{self.path}: a model must take one picture (1, H, W, 3) or (1, 3, H, W) of at most {_MAX_SIDE} "
                f"pixels a side, float32, int32, uint8 or int8; this one takes {found or 'nothing'}"
            )
        return dict(inputs[0])

    def _signature(self) -> Shape:
        return _ints(self._input.get("shape_signature", self._input["shape"]))

    def _input_shape(self) -> Shape:
        return _ints(self._interpreter.get_input_details()[0]["shape"])

    def _resize(self, size: tuple[int, int]) -> None:
        shape = (1, 3, *size) if self._channels_first else (1, *size, 3)
        self._interpreter.resize_tensor_input(self._input["index"], shape)

    def _check_sizes(self) -> None:
        values = sum(int(np.prod(output["shape"], dtype=np.int64)) for output in self._outputs)
        if len(self._outputs) > _MAX_OUTPUTS or values > _MAX_VALUES:
            raise InputError(
                f"{self.path}: has {len(self._outputs)} outputs with {values} values; at most {_MAX_OUTPUTS} with "
                f"{_MAX_VALUES} are accepted"
            )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_MODEL_BYTES:
            raise InputError(f"{path}: has more than {_MAX_MODEL_BYTES} bytes; name a .tflite model")
        content = path.read_bytes()
        check_tflite_file(content)
    except OSError as exc:
        raise InputError(f"{path}: cannot be read ({exc.strerror})") from exc
    except ValueError as exc:
        raise InputError(f"{path}: is no TFLite model: {exc}") from exc
    return content


def _ints(shape: Any) -> Shape:  # noqa: ANN401 - whatever the runtime gives
    return tuple(int(size) for size in shape)


def _tuple(shape: Shape) -> str:
    return str(_ints(shape))
