"""Small real .tflite files that take a picture: with fixed answers, echoing their input, or finding a bright spot.

They are written with the flatbuffer schema alone and run on the real runtime. Weights of real pose models cannot be
shipped with tests; the layouts of their outputs can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
import tflite
from flatbuffers import flexbuffers

Array = npt.NDArray[np.float32]
_TYPES = {
    "float32": tflite.TensorType.FLOAT32,
    "uint8": tflite.TensorType.UINT8,
    "int8": tflite.TensorType.INT8,
    "int32": tflite.TensorType.INT32,
}
_RESHAPE, _FULLY_CONNECTED, _DIV, _CUSTOM = (
    getattr(tflite.BuiltinOperator, name) for name in ("RESHAPE", "FULLY_CONNECTED", "DIV", "CUSTOM")
)


@dataclass(frozen=True)
class Tensor:
    """A tensor of the graph; `data` makes it a constant, `scale` a quantized one, `dynamic` one of any picture size."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    data: npt.NDArray[Any] | None = None
    scale: float | None = None
    zero: int = 0
    dynamic: bool = False


@dataclass
class Graph:
    """Tensors and operators (code, inputs, outputs), in order; tensor 0 is the input."""

    tensors: list[Tensor]
    operators: list[tuple[int, list[int], list[int]]] = field(default_factory=list)
    custom: tuple[str, bytes] = ("", b"")  # name and options of the one custom operator
    outputs: list[int] = field(default_factory=list)

    def add(self, tensor: Tensor) -> int:
        """Another tensor; its index."""
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def apply(self, code: int, inputs: list[int], result: Tensor) -> int:
        """Another operator; the index of its result."""
        index = self.add(result)
        self.operators.append((code, inputs, [index]))
        return index

    def constant(self, values: npt.NDArray[Any]) -> int:
        """A constant tensor."""
        return self.add(Tensor(values.shape, str(values.dtype), np.ascontiguousarray(values)))


def fixed(
    answers: Sequence[npt.ArrayLike],
    *,
    picture: Tensor | None = None,
    quantized: Sequence[tuple[str, float, int] | None] = (),
) -> bytes:
    """A model that gives these answers to every picture; `quantized` (dtype, scale, zero) belongs to each answer."""
    graph = Graph([picture or Tensor((1, 64, 64, 3))])
    for number, answer in enumerate(answers):
        values = np.asarray(answer, np.float32)
        how = quantized[number] if number < len(quantized) else None
        if how is None:
            tensor = Tensor(values.shape, "float32", values)
        else:
            dtype, scale, zero = how
            limits = np.iinfo(dtype)
            stored = np.clip(np.rint(values / scale) + zero, limits.min, limits.max).astype(dtype)
            tensor = Tensor(values.shape, dtype, stored, scale, zero)
        result = Tensor(tensor.shape, tensor.dtype, None, tensor.scale, tensor.zero)
        inputs = [graph.add(tensor), graph.constant(np.array(values.shape, np.int32))]
        graph.outputs.append(graph.apply(_RESHAPE, inputs, result))
    return _write(graph)


def echo(picture: Tensor) -> bytes:
    """A model whose one answer is its input."""
    graph = Graph([picture])
    result = Tensor(picture.shape, picture.dtype, None, picture.scale, picture.zero)
    shape = graph.constant(np.array(picture.shape, np.int32))
    graph.outputs.append(graph.apply(_RESHAPE, [0, shape], result))
    return _write(graph)


def spot_finder(rows: int, columns: int, answers: Sequence[tuple[Array, Array, Array]]) -> bytes:
    """A model that says where the light in a picture is.

    Each answer is (base, along_x, along_y) of the answer's shape: base + along_x * x + along_y * y, where (x, y) is the
    centre of the light as a share of the picture. In a dark picture all answers are 0.
    """
    graph = Graph([Tensor((1, rows, columns, 3))])
    y, x = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
    x, y = (np.repeat(axis.ravel(), 3).astype(np.float32) for axis in (x, y))
    for base, along_x, along_y in answers:
        weights = base.ravel()[:, None] + along_x.ravel()[:, None] * x + along_y.ravel()[:, None] * y
        light = graph.apply(
            _FULLY_CONNECTED,
            [0, graph.constant(weights.astype(np.float32)), graph.constant(np.zeros(base.size, np.float32))],
            Tensor((1, base.size)),
        )
        mass = graph.apply(
            _FULLY_CONNECTED,
            [
                0,
                graph.constant(np.ones_like(weights, np.float32)),
                graph.constant(np.full(base.size, 1e-3, np.float32)),
            ],
            Tensor((1, base.size)),
        )
        share = graph.apply(_DIV, [light, mass], Tensor((1, base.size)))
        shape = graph.constant(np.array(base.shape, np.int32))
        graph.outputs.append(graph.apply(_RESHAPE, [share, shape], Tensor(base.shape)))
    return _write(graph)


def ssd(boxes: Array, scores: Array, *, most: int) -> bytes:
    """A detector that ends in TFLite's own post-processing operator and sees the same in every picture.

    Args:
        boxes: (N, 4) centre y, x, height, width, as shares of the picture.
        scores: (N, C) for each class.
        most: the number of rows that are given.
    """
    graph = Graph([Tensor((1, 48, 64, 3))])
    behind = np.concatenate([np.zeros((len(scores), 1)), scores], axis=1)  # class 0 of the operator is the background
    inputs = [np.zeros((1, len(boxes), 4)), behind[None], boxes]
    places = [graph.constant(values.astype(np.float32)) for values in inputs]
    graph.outputs = [graph.add(Tensor(shape)) for shape in ((1, most, 4), (1, most), (1, most), (1,))]
    graph.operators.append((_CUSTOM, places, graph.outputs))
    options = {"max_detections": most, "max_classes_per_detection": 1, "num_classes": scores.shape[1]}
    options |= {"nms_score_threshold": 1e-3, "nms_iou_threshold": 0.5, "use_regular_nms": False}
    options |= {"y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0}
    graph.custom = ("TFLite_Detection_PostProcess", bytes(flexbuffers.Dumps(options)))
    return _write(graph)


def _write(graph: Graph) -> bytes:
    builder = flatbuffers.Builder(1024)
    buffers = [_buffer(builder, None), *(_buffer(builder, tensor.data) for tensor in graph.tensors)]
    tensors = [_tensor(builder, tensor, number) for number, tensor in enumerate(graph.tensors)]
    codes = sorted({code for code, _, _ in graph.operators})
    operators = [
        _operator(builder, codes.index(code), (inputs, outputs), graph.custom[1] if code == _CUSTOM else b"")
        for code, inputs, outputs in graph.operators
    ]
    code_tables = [_operator_code(builder, code, graph.custom[0] if code == _CUSTOM else "") for code in codes]
    lists = [
        _list(builder, tensors),
        _numbers(builder, [0]),
        _numbers(builder, graph.outputs),
        _list(builder, operators),
    ]
    tflite.SubGraphStart(builder)
    for add, value in zip(
        (tflite.SubGraphAddTensors, tflite.SubGraphAddInputs, tflite.SubGraphAddOutputs, tflite.SubGraphAddOperators),
        lists,
        strict=True,
    ):
        add(builder, value)
    graphs = _list(builder, [tflite.SubGraphEnd(builder)])
    tables = [_list(builder, code_tables), graphs, _list(builder, buffers)]
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    for add, value in zip(
        (tflite.ModelAddOperatorCodes, tflite.ModelAddSubgraphs, tflite.ModelAddBuffers), tables, strict=True
    ):
        add(builder, value)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


def _list(builder: Any, offsets: list[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def _numbers(builder: Any, numbers: Sequence[int]) -> int:
    return int(builder.CreateNumpyVector(np.array(numbers, np.int32)))


def _buffer(builder: Any, data: npt.NDArray[Any] | None) -> int:
    content = None
    if data is not None:
        raw = data.tobytes()
        builder.StartVector(1, len(raw), 16)  # TFLite wants constants on multiples of 16 bytes
        builder.head -= len(raw)
        builder.Bytes[builder.head : builder.head + len(raw)] = raw
        content = builder.EndVector()
    tflite.BufferStart(builder)
    if content is not None:
        tflite.BufferAddData(builder, content)
    return int(tflite.BufferEnd(builder))


def _tensor(builder: Any, tensor: Tensor, number: int) -> int:
    shape = _numbers(builder, tensor.shape)
    signature = _numbers(builder, (tensor.shape[0], -1, -1, *tensor.shape[3:])) if tensor.dynamic else None
    name = builder.CreateString(f"tensor{number}")
    quantization = None
    if tensor.scale is not None:
        scale = builder.CreateNumpyVector(np.array([tensor.scale], np.float32))
        zero = builder.CreateNumpyVector(np.array([tensor.zero], np.int64))
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scale)
        tflite.QuantizationParametersAddZeroPoint(builder, zero)
        quantization = tflite.QuantizationParametersEnd(builder)
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, _TYPES[tensor.dtype])
    tflite.TensorAddBuffer(builder, number + 1)
    tflite.TensorAddName(builder, name)
    if quantization is not None:
        tflite.TensorAddQuantization(builder, quantization)
    if signature is not None:
        tflite.TensorAddShapeSignature(builder, signature)
    return int(tflite.TensorEnd(builder))


def _operator(builder: Any, code: int, tensors: tuple[list[int], list[int]], options: bytes) -> int:
    inputs, outputs = (_numbers(builder, numbers) for numbers in tensors)
    custom = builder.CreateByteVector(options) if options else None
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, code)
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    if custom is not None:
        tflite.OperatorAddCustomOptions(builder, custom)
    return int(tflite.OperatorEnd(builder))


def _operator_code(builder: Any, code: int, custom: str) -> int:
    name = builder.CreateString(custom) if custom else None
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, code)
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    tflite.OperatorCodeAddVersion(builder, 1)
    if name is not None:
        tflite.OperatorCodeAddCustomCode(builder, name)
    return int(tflite.OperatorCodeEnd(builder))
