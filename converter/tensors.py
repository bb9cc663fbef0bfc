"""The constants and operators of a .tflite file, read with the flatbuffer schema alone: no TensorFlow, no runtime.

A file comes from a bundle or straight from the converter; one that is damaged is a BundleError, not a stray exception.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
import tflite

from core.errors import BundleError
from core.interpreter import MAX_MODEL_BYTES

MAX_TENSORS = 4096  # ours have about 50
_MAX_OPERATORS = 4096

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True)
class Constant:
    """A float32 or int8 constant: `data` and `scale` are views into the file, so writing to them writes the file.

    `scale` (1,) belongs to int8 tensors: value = scale * data.
    """

    buffer: int
    shape: tuple[int, ...]
    data: npt.NDArray[Any]  # flat; float32 or int8
    scale: npt.NDArray[np.float32] | None

    def values(self) -> npt.NDArray[np.float32]:
        """The numbers that the tensor stands for, in its shape."""
        flat = self.data.astype(np.float32)
        return (flat if self.scale is None else flat * self.scale[0]).reshape(self.shape)


def _refusing_damage(function: Callable[_P, _R]) -> Callable[_P, _R]:
    # The schema's accessors follow offsets without looking: in a damaged file they fail in every one of these ways.
    @wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except (struct.error, LookupError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise BundleError(
                f"the classifier is not a readable TFLite file ({error}); fetch the release again"
            ) from error

    return guarded


@_refusing_damage
def read_constants(model: bytearray) -> dict[int, Constant]:
    """All float32 and per-tensor symmetric int8 constants, by tensor index.

    Raises:
        BundleError: the file is damaged.
    """
    root, graph = _open(model)
    constants = {}
    for index in range(_bounded(graph.TensorsLength(), MAX_TENSORS)):
        tensor = graph.Tensors(index)
        constant = _read_constant(tensor, root.Buffers(tensor.Buffer()))
        if constant is not None:
            constants[index] = constant
    return constants


@_refusing_damage
def read_operators(model: bytes) -> list[str]:
    """The operators in their order, as the schema names them ("CONV_2D"); custom ones are "CUSTOM".

    Raises:
        BundleError: the file is damaged.
    """
    root, graph = _open(bytearray(model))
    names = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
    operators = []
    for index in range(_bounded(graph.OperatorsLength(), _MAX_OPERATORS)):
        code = root.OperatorCodes(graph.Operators(index).OpcodeIndex())
        # Old operators are in an 8-bit field that newer ones overflow; the larger is right (schema.fbs).
        operators.append(names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())])
    return operators


def _open(model: bytearray) -> tuple[Any, Any]:
    if len(model) > MAX_MODEL_BYTES or model[4:8] != b"TFL3":
        raise ValueError("no mark TFL3, or too large")
    root = tflite.Model.GetRootAs(model, 0)
    if root.SubgraphsLength() != 1:
        raise ValueError(f"{root.SubgraphsLength()} subgraphs")
    return root, root.Subgraphs(0)


def _read_constant(tensor: Any, buffer: Any) -> Constant | None:  # noqa: ANN401 - generated code has no types
    kinds = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.INT8: np.int8}
    kind = kinds.get(tensor.Type())
    if kind is None or buffer.DataLength() == 0:
        return None
    scale = None
    if kind is np.int8:
        quantization = tensor.Quantization()
        if quantization is None or quantization.ScaleLength() != 1 or quantization.ZeroPointAsNumpy().any():
            return None
        scale = quantization.ScaleAsNumpy()
    shape = tuple(int(size) for size in tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()
    data = buffer.DataAsNumpy().view(kind)
    if data.size != np.prod(shape, dtype=np.int64):
        raise ValueError(f"a tensor of shape {shape} has {data.size} numbers")
    return Constant(tensor.Buffer(), shape, data, scale)


def _bounded(count: int, limit: int) -> int:
    if count > limit:
        raise ValueError(f"{count} entries in a table")
    return count
