"""The classifier's architecture: a tuple of tagged layers that travels as JSON in a release's manifest.

An architecture says which named tensors the classifier has and of what shape; `core.network` computes with it, the
converter turns it into TFLite, the aggregator and the devices check deltas against its shapes.

- What exists is a stack that computes: an impossible one is refused where it is made, and so where it is decoded.
- It comes from outside, so layers, sizes and the total of parameters are bounded.
- A stack starts as a sequence (T, F), becomes a vector by `MeanMaxPool` or `LastStep`, and ends in a linear `Dense`,
  whose units are the classes.

    architecture = Architecture(input_size=107, window=32, layers=(Lstm("lstm", 96), LastStep(), Dense("logits", 7)))
    parameter_shapes(architecture)      # {"lstm/kernel": (107, 384), "lstm/recurrent_kernel": (96, 384), ...}
"""

import math
import re
from typing import Literal

import msgspec

Activation = Literal["relu", "linear"]

MAX_LAYERS = 32
MAX_SIZE = 4096  # features, units, filters, steps of a window: far above what a board computes in a frame's time
MAX_PARAMETERS = 4_000_000  # 16 MB of float32; the default network has 160,000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")  # becomes part of tensor names in files of several formats

JOINT_RELATIONS = 3  # of a joint to those that it hears: itself, parent, children
LSTM_GATES = 4  # Keras order along the last axis of kernel, recurrent kernel and bias: input, forget, cell, output


class _Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all layers: what is needed to check that they fit together."""


class Dense(_Layer, frozen=True, tag="dense"):
    """activation(x @ kernel + bias) on the last axis: of every step of a sequence, or of a vector."""

    name: str
    units: int
    activation: Activation = "linear"


class Conv1D(_Layer, frozen=True, tag="conv1d"):
    """Convolution over time, stride 1, zero padding that keeps the length ("same")."""

    name: str
    filters: int
    width: int  # steps
    activation: Activation = "linear"


class Gather(_Layer, frozen=True, tag="gather"):
    """Chosen features in a chosen order; one may be chosen several times."""

    columns: tuple[int, ...]


class JointGraph(_Layer, frozen=True, tag="joint_graph"):
    """Spatial graph convolution of every step: V joints with C channels each, joint after joint -> V with `units`.

    activation(heard @ kernel + bias) for each joint, where it hears itself, its parent and its children, mixed by
    `edges` (Yan et al. 2018, with partition by distance from the root; `core.joint_layers`). The kernel's rows are
    ordered by channel, then by relation.
    """

    name: str
    units: int
    parents: tuple[int, ...]  # of each of the V joints; the root is its own
    activation: Activation = "linear"


class JointConv1D(_Layer, frozen=True, tag="joint_conv1d"):
    """`Conv1D` of each of `joints` equal parts of the features, with one kernel for all: temporal convolution."""

    name: str
    joints: int
    filters: int
    width: int  # steps
    activation: Activation = "linear"


class MaxPool(_Layer, frozen=True, tag="max_pool"):
    """Maximum over every `size` steps; steps left over at the end are dropped."""

    size: int


class Lstm(_Layer, frozen=True, tag="lstm"):
    """LSTM that returns the output of every step (Hochreiter and Schmidhuber 1997, with forget gate)."""

    name: str
    units: int


class MeanMaxPool(_Layer, frozen=True, tag="mean_max_pool"):
    """Sequence to vector: mean over time, then maximum over time, side by side."""


class LastStep(_Layer, frozen=True, tag="last_step"):
    """Sequence to vector: the last step."""


Layer = Dense | Conv1D | MaxPool | Lstm | MeanMaxPool | LastStep | Gather | JointGraph | JointConv1D
Named = Dense | Conv1D | Lstm | JointGraph | JointConv1D  # the layers that have parameters


class Architecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stack of layers over windows of `window` steps of `input_size` features.

    Raises:
        ValueError: the stack cannot compute, or is larger than this version accepts (msgspec.ValidationError, a
            ValueError as well, when it happens while decoding).
    """

    input_size: int
    window: int
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        _check_size("input_size", self.input_size)
        _check_size("window", self.window)
        if not 1 <= len(self.layers) <= MAX_LAYERS:
            raise ValueError(f"an architecture has 1 to {MAX_LAYERS} layers, not {len(self.layers)}")
        names = [layer.name for layer in self.layers if isinstance(layer, Named)]
        if len(set(names)) < len(names):
            raise ValueError(f"layer names must differ from each other: {', '.join(names)}")
        shapes = layer_shapes(self)
        if len(shapes[-1]) != 1 or not isinstance(self.layers[-1], Dense) or self.layers[-1].activation != "linear":
            raise ValueError("the last layer must be a linear dense layer on a vector: its outputs are the logits")
        if (parameters := parameter_count(self)) > MAX_PARAMETERS:
            raise ValueError(f"the architecture has {parameters} parameters; at most {MAX_PARAMETERS} are accepted")

    @property
    def classes(self) -> int:
        """Number of logits."""
        return layer_shapes(self)[-1][0]


def layer_shapes(architecture: Architecture) -> list[tuple[int, ...]]:
    """Shape without batch after every layer, the input's first: (T, F) for a sequence, (F,) for a vector.

    Raises:
        ValueError: a layer does not fit what comes before it.
    """
    shapes: list[tuple[int, ...]] = [(architecture.window, architecture.input_size)]
    for position, layer in enumerate(architecture.layers, start=1):
        try:
            shapes.append(_output_shape(layer, shapes[-1]))
        except ValueError as error:
            raise ValueError(f"layer {position} ({type(layer).__name__}): {error}") from None
    return shapes


def parameter_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Every tensor's shape by name ("lstm/kernel"), in the order of the layers; gates in Keras order i, f, c, o."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, shape in zip(architecture.layers, layer_shapes(architecture), strict=False):
        features = shape[-1]
        match layer:
            case Dense(name=name, units=units):
                shapes |= {f"{name}/kernel": (features, units), f"{name}/bias": (units,)}
            case Conv1D(name=name, filters=filters, width=width):
                shapes |= {f"{name}/kernel": (width, features, filters), f"{name}/bias": (filters,)}
            case JointGraph(name=name, units=units, parents=parents):
                joints = len(parents)
                shapes[f"{name}/kernel"] = (JOINT_RELATIONS * features // joints, units)
                shapes[f"{name}/edges"] = (joints, JOINT_RELATIONS * joints)
                shapes[f"{name}/bias"] = (units,)
            case JointConv1D(name=name, joints=joints, filters=filters, width=width):
                shapes |= {f"{name}/kernel": (width, features // joints, filters), f"{name}/bias": (filters,)}
            case Lstm(name=name, units=units):
                shapes[f"{name}/kernel"] = (features, LSTM_GATES * units)
                shapes[f"{name}/recurrent_kernel"] = (units, LSTM_GATES * units)
                shapes[f"{name}/bias"] = (LSTM_GATES * units,)
            case _:
                pass
    return shapes


def parameter_count(architecture: Architecture) -> int:
    """Number of weights in all tensors."""
    return sum(math.prod(shape) for shape in parameter_shapes(architecture).values())


def _output_shape(layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    if isinstance(layer, Named) and not _NAME.fullmatch(layer.name):
        raise ValueError(f"name {layer.name!r} must be a lower-case letter, then up to 31 of a-z, 0-9 and _")
    if isinstance(layer, Dense):
        _check_size("units", layer.units)
        return (*shape[:-1], layer.units)
    if len(shape) == 1:
        raise ValueError("needs a sequence, but the layers before it have already made a vector")
    steps, features = shape
    if isinstance(layer, MaxPool):
        if not 1 <= layer.size <= steps:
            raise ValueError(f"pools {layer.size} steps, but there are {steps}")
        return (steps // layer.size, features)
    if isinstance(layer, MeanMaxPool | LastStep):
        return (2 * features if isinstance(layer, MeanMaxPool) else features,)
    return (steps, _output_features(layer, features))


def _output_features(layer: Conv1D | Lstm | Gather | JointGraph | JointConv1D, features: int) -> int:
    if isinstance(layer, Conv1D | JointConv1D):
        _check_size("filters", layer.filters)
        _check_size("width", layer.width)
    elif not isinstance(layer, Gather):
        _check_size("units", layer.units)
    match layer:
        case Conv1D(filters=size) | Lstm(units=size):
            return size
        case Gather(columns=columns):
            return _chosen(columns, features)
        case JointGraph(units=units, parents=parents):
            return _each_joint(len(parents), features, units, parents)
        case JointConv1D(joints=joints, filters=filters):
            return _each_joint(joints, features, filters)


def _chosen(columns: tuple[int, ...], features: int) -> int:
    _check_size("number of columns", len(columns))
    if not 0 <= min(columns) <= max(columns) < features:
        raise ValueError(f"chooses columns {min(columns)} to {max(columns)}, but there are {features}")
    return len(columns)


def _each_joint(joints: int, features: int, channels: int, parents: tuple[int, ...] = ()) -> int:
    """Features of `joints` joints with `channels` channels each, made from `features`."""
    _check_size("number of joints", joints)
    if features % joints:
        raise ValueError(f"{features} features are not {joints} joints with as many channels each")
    if any(not 0 <= parent < joints for parent in parents):
        raise ValueError(f"a parent is none of the {joints} joints")
    _check_size("joints times channels", joints * channels)
    return joints * channels


def _check_size(what: str, size: int) -> None:
    if not 1 <= size <= MAX_SIZE:
        raise ValueError(f"{what} is {size}; it must be between 1 and {MAX_SIZE}")
