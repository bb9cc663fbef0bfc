"""Writes a small graph of known operators as a .tflite file, with the flatbuffer schema alone: no TensorFlow.

Takes what `converter.lean` leaves of a model: float32 and int32 tensors, operators with scalar options. Field names are
those of TFLite's schema.fbs, version 3.

    data = write_graph(Graph(tensors, operators, inputs, outputs, description="…"))
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import tflite

_VERSION = 3
_IDENTIFIER = b"TFL3"


@dataclass(frozen=True)
class Tensor:
    """A constant, if it has data, or a value that operators compute."""

    name: str
    kind: int  # tflite.TensorType
    shape: tuple[int, ...]
    data: bytes | None


@dataclass(frozen=True)
class Operator:
    """`options` is the schema's object of a table `options_name` ("Conv2DOptions"), scalars only; or there is none."""

    code: int  # tflite.BuiltinOperator
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options_name: str | None
    options: Any


@dataclass(frozen=True)
class Graph:
    """Inputs, outputs and the operators' tensors are indices into `tensors`."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    description: str


def write_graph(graph: Graph) -> bytes:
    """The bytes of the file; equal graphs give equal bytes."""
    builder = flatbuffers.Builder(sum(len(tensor.data or b"") for tensor in graph.tensors) + 2**20)
    kinds = sorted({(operator.code, operator.version) for operator in graph.operators})
    buffers = _write_buffers(builder, graph.tensors)
    subgraph = _write_subgraph(builder, graph, kinds)
    codes = _offsets(builder, tflite.ModelStartOperatorCodesVector, [_write_code(builder, *kind) for kind in kinds])
    subgraphs = _offsets(builder, tflite.ModelStartSubgraphsVector, [subgraph])
    description = builder.CreateString(graph.description)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, _VERSION)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, subgraphs)
    tflite.ModelAddDescription(builder, description)
    tflite.ModelAddBuffers(builder, buffers)
    builder.Finish(tflite.ModelEnd(builder), _IDENTIFIER)
    return bytes(builder.Output())


def _write_buffers(builder: flatbuffers.Builder, tensors: Sequence[Tensor]) -> int:
    """One buffer for each constant after the empty one, which all other tensors share."""
    written = []
    for data in [b"", *(tensor.data for tensor in tensors if tensor.data is not None)]:
        vector = _aligned_bytes(builder, data) if data else None
        tflite.BufferStart(builder)
        if vector is not None:
            tflite.BufferAddData(builder, vector)
        written.append(tflite.BufferEnd(builder))
    return _offsets(builder, tflite.ModelStartBuffersVector, written)


def _aligned_bytes(builder: flatbuffers.Builder, data: bytes) -> int:
    """A vector of bytes at a multiple of 16, where the schema wants it."""
    builder.StartVector(1, len(data), 16)
    builder.head = builder.head - len(data)
    builder.Bytes[builder.head : builder.head + len(data)] = data
    return int(builder.EndVector())


def _write_subgraph(builder: flatbuffers.Builder, graph: Graph, kinds: list[tuple[int, int]]) -> int:
    buffer, tensors = 0, []
    for tensor in graph.tensors:
        buffer += tensor.data is not None
        tensors.append(_write_tensor(builder, tensor, 0 if tensor.data is None else buffer))
    operators = [
        _write_operator(builder, operator, kinds.index((operator.code, operator.version)))
        for operator in graph.operators
    ]
    tensor_vector = _offsets(builder, tflite.SubGraphStartTensorsVector, tensors)
    operator_vector = _offsets(builder, tflite.SubGraphStartOperatorsVector, operators)
    inputs = _integers(builder, tflite.SubGraphStartInputsVector, graph.inputs)
    outputs = _integers(builder, tflite.SubGraphStartOutputsVector, graph.outputs)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, tensor_vector)
    tflite.SubGraphAddInputs(builder, inputs)
    tflite.SubGraphAddOutputs(builder, outputs)
    tflite.SubGraphAddOperators(builder, operator_vector)
    return int(tflite.SubGraphEnd(builder))


def _write_tensor(builder: flatbuffers.Builder, tensor: Tensor, buffer: int) -> int:
    name = builder.CreateString(tensor.name)
    shape = _integers(builder, tflite.TensorStartShapeVector, tensor.shape)
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, tensor.kind)
    tflite.TensorAddBuffer(builder, buffer)
    tflite.TensorAddName(builder, name)
    return int(tflite.TensorEnd(builder))


def _write_operator(builder: flatbuffers.Builder, operator: Operator, kind: int) -> int:
    inputs = _integers(builder, tflite.OperatorStartInputsVector, operator.inputs)
    outputs = _integers(builder, tflite.OperatorStartOutputsVector, operator.outputs)
    options = (
        None if operator.options_name is None else _write_options(builder, operator.options_name, operator.options)
    )
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, kind)
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    if options is not None:
        tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, str(operator.options_name)))
        tflite.OperatorAddBuiltinOptions(builder, options)
    return int(tflite.OperatorEnd(builder))


def _write_options(builder: flatbuffers.Builder, name: str, options: Any) -> int:  # noqa: ANN401 - generated code
    """Every scalar of the table, by the accessors and writers that the schema's compiler made for it."""
    getattr(tflite, f"{name}Start")(builder)
    for writer in sorted(entry for entry in vars(tflite) if entry.startswith(f"{name}Add")):
        value = getattr(options, writer.removeprefix(f"{name}Add"), None)
        if value is not None:
            getattr(tflite, writer)(builder, value())
    return int(getattr(tflite, f"{name}End")(builder))


def _write_code(builder: flatbuffers.Builder, code: int, version: int) -> int:
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(code, 127))  # old readers know only this 8-bit field
    tflite.OperatorCodeAddVersion(builder, version)
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    return int(tflite.OperatorCodeEnd(builder))


def _offsets(builder: flatbuffers.Builder, start: Callable[..., object], offsets: Sequence[int]) -> int:
    start(builder, len(offsets))
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def _integers(builder: flatbuffers.Builder, start: Callable[..., object], numbers: Sequence[int]) -> int:
    start(builder, len(numbers))
    for number in reversed(numbers):
        builder.PrependInt32(number)
    return int(builder.EndVector())
