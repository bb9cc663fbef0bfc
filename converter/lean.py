"""A float model without what nobody reads: outputs that are not wanted, and all that only they need.

Weights kept as float16 or sparse are written out as float32, which is exact: the runtime would do the same at every
start and keep both. On BlazePose's landmark model the silhouette takes a third of the time (measured, x86).

    lean = make_lean(model, unwanted={(1, 256, 256, 1)}, before={(1, 64, 64, 39): before_heat})
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

from converter.flat import Graph, Operator, Tensor, write_graph
from core.errors import PosefleetError
from core.interpreter import find_runtime
from core.tflite_file import check_tflite_file

Shape = tuple[int, ...]
Stop = Callable[[Sequence[Operator], int], tuple[int, ...]]
NOTHING: Mapping[Shape, Stop] = MappingProxyType({})

_SPELLED_OUT = (tflite.BuiltinOperator.DEQUANTIZE, tflite.BuiltinOperator.DENSIFY)
_KINDS = {np.dtype(np.float32): tflite.TensorType.FLOAT32, np.dtype(np.int32): tflite.TensorType.INT32}
_OPTION_NAMES = {code: name for name, code in vars(tflite.BuiltinOptions).items() if isinstance(code, int) and code}


def make_lean(model: bytes, *, unwanted: AbstractSet[Shape], before: Mapping[Shape, Stop] = NOTHING) -> bytes:
    """The model without the outputs of these shapes; the others are computed as before, from the same numbers.

    Args:
        model: the bytes of a .tflite file.
        unwanted: shapes of outputs to leave out.
        before: by the shape of an output, what names the tensors that are given instead of it, weights among them.

    Raises:
        PosefleetError: it has other kinds of tensors than a float model's, or an output to drop is not there.
    """
    try:
        check_tflite_file(model)
    except ValueError as error:
        raise PosefleetError(f"not a readable TFLite model: {error}") from error
    root = tflite.Model.GetRootAs(bytearray(model), 0)
    graph = root.Subgraphs(0)
    shapes = {int(index): _shape(graph.Tensors(index)) for index in graph.OutputsAsNumpy()}
    if missing := (unwanted | before.keys()) - set(shapes.values()):
        raise PosefleetError(f"the model has no outputs {sorted(missing)}; it is another one than expected")
    everything = [_read_operator(root, graph.Operators(index)) for index in range(graph.OperatorsLength())]
    outputs: list[int] = []
    for index, shape in shapes.items():
        if shape not in unwanted:
            outputs += before[shape](everything, index) if shape in before else [index]
    operators = _needed(everything, outputs)
    constants = _constants(model, graph, operators, outputs)
    return _write(graph, operators, outputs, constants)


def _needed(everything: Sequence[Operator], outputs: list[int]) -> list[Operator]:
    """The operators that the outputs come from, in their order; none that only spells weights out."""
    wanted, operators = set(outputs), []
    for operator in reversed(everything):
        if wanted.intersection(operator.outputs) and operator.code not in _SPELLED_OUT:
            operators.append(operator)
            wanted.update(operator.inputs)
    return operators[::-1]


def _read_operator(root: Any, operator: Any) -> Operator:  # noqa: ANN401
    code = root.OperatorCodes(operator.OpcodeIndex())
    name = _OPTION_NAMES.get(operator.BuiltinOptionsType())
    options = None
    if name is not None:
        options = getattr(tflite, name)()
        options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
    return Operator(
        code=max(code.BuiltinCode(), code.DeprecatedBuiltinCode()),
        version=code.Version(),
        inputs=tuple(int(index) for index in operator.InputsAsNumpy()),
        outputs=tuple(int(index) for index in operator.OutputsAsNumpy()),
        options_name=name,
        options=options,
    )


def _constants(
    model: bytes,
    graph: Any,  # noqa: ANN401
    operators: list[Operator],
    outputs: list[int],
) -> dict[int, npt.NDArray[Any]]:
    """What operators read, or an output gives, and none computes, by tensor: as the runtime itself spells it out."""
    computed = {index for operator in operators for index in operator.outputs} | set(graph.InputsAsNumpy().tolist())
    wanted = {*outputs, *(index for operator in operators for index in operator.inputs)} - computed - {-1}
    runtime = find_runtime()
    interpreter = runtime.Interpreter(
        model_content=model,
        experimental_op_resolver_type=runtime.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    interpreter.invoke()
    return {index: np.ascontiguousarray(interpreter.get_tensor(index)) for index in sorted(wanted)}


def _write(
    graph: Any,  # noqa: ANN401
    operators: list[Operator],
    outputs: list[int],
    constants: dict[int, npt.NDArray[Any]],
) -> bytes:
    used = sorted({*outputs, *(index for one in operators for index in (*one.inputs, *one.outputs))} - {-1})
    places = {old: new for new, old in enumerate(used)} | {-1: -1}
    return write_graph(
        Graph(
            tensors=tuple(_tensor(graph.Tensors(index), constants.get(index)) for index in used),
            operators=tuple(_moved(operator, places) for operator in operators),
            inputs=tuple(places[int(index)] for index in graph.InputsAsNumpy()),
            outputs=tuple(places[index] for index in outputs),
            description="made lean by posefleet; see NOTICE",
        )
    )


def _tensor(tensor: Any, constant: npt.NDArray[Any] | None) -> Tensor:  # noqa: ANN401
    name = tensor.Name().decode(errors="replace")
    if constant is not None and constant.dtype in _KINDS:
        return Tensor(name, _KINDS[constant.dtype], _shape(tensor), constant.tobytes())
    if constant is not None or tensor.Type() != tflite.TensorType.FLOAT32:
        raise PosefleetError(f"tensor {name} is neither float32 nor a constant; this model cannot be made lean")
    return Tensor(name, tflite.TensorType.FLOAT32, _shape(tensor), None)


def _moved(operator: Operator, places: dict[int, int]) -> Operator:
    return Operator(
        operator.code,
        operator.version,
        tuple(places[index] for index in operator.inputs),
        tuple(places[index] for index in operator.outputs),
        operator.options_name,
        operator.options,
    )


def _shape(tensor: Any) -> tuple[int, ...]:  # noqa: ANN401
    return tuple(int(size) for size in tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()
