"""Architectures travel as JSON, and an impossible one cannot exist."""

import msgspec
import pytest

from core.architecture import (
    MAX_LAYERS,
    MAX_SIZE,
    Architecture,
    Conv1D,
    Dense,
    Gather,
    JointConv1D,
    JointGraph,
    LastStep,
    Lstm,
    MaxPool,
    MeanMaxPool,
    layer_shapes,
    parameter_count,
    parameter_shapes,
)

LAYERS = (
    Dense("embed", 6, "relu"),
    Conv1D("conv", 5, 3, "relu"),
    MaxPool(2),
    Lstm("lstm", 4),
    MeanMaxPool(),
    Dense("logits", 3),
)
JOINTS = (
    Gather((0, 1, 2, 3, 4, 5)),
    JointGraph("graph", 4, (0, 0, 1), "relu"),
    JointConv1D("time", 3, 5, 3, "relu"),
    LastStep(),
    Dense("logits", 3),
)


@pytest.mark.parametrize("layers", [LAYERS, JOINTS])
def test_an_architecture_survives_json(layers):
    """An architecture decodes from its own JSON as an equal one."""
    architecture = Architecture(7, 9, layers)
    assert msgspec.json.decode(msgspec.json.encode(architecture), type=Architecture) == architecture


def test_parameters_have_keras_shapes():
    """Every tensor is named by its layer and has the shape that Keras gives it, in the order of the layers."""
    assert list(parameter_shapes(Architecture(7, 9, LAYERS)).items()) == [
        ("embed/kernel", (7, 6)),
        ("embed/bias", (6,)),
        ("conv/kernel", (3, 6, 5)),
        ("conv/bias", (5,)),
        ("lstm/kernel", (5, 16)),
        ("lstm/recurrent_kernel", (4, 16)),
        ("lstm/bias", (16,)),
        ("logits/kernel", (8, 3)),
        ("logits/bias", (3,)),
    ]
    assert parameter_count(Architecture(7, 9, LAYERS)) == 48 + 95 + 160 + 27


def test_layers_of_joints_share_their_kernels():
    """Kernels are those of one joint, edges go from every joint to every other in three ways."""
    assert list(parameter_shapes(Architecture(7, 9, JOINTS)).items()) == [
        ("graph/kernel", (3 * 2, 4)),
        ("graph/edges", (3, 3 * 3)),
        ("graph/bias", (4,)),
        ("time/kernel", (3, 4, 5)),
        ("time/bias", (5,)),
        ("logits/kernel", (15, 3)),
        ("logits/bias", (3,)),
    ]
    assert layer_shapes(Architecture(7, 9, JOINTS)) == [(9, 7), (9, 6), (9, 12), (9, 15), (15,), (3,)]


def test_shapes_follow_the_layers():
    """Pooling drops left-over steps and mean-max pooling doubles the features."""
    assert layer_shapes(Architecture(7, 9, LAYERS)) == [(9, 7), (9, 6), (9, 5), (4, 5), (4, 4), (8,), (3,)]
    assert Architecture(7, 9, LAYERS).classes == 3


@pytest.mark.parametrize(
    ("layers", "complaint"),
    [
        ((), "1 to 32 layers"),
        ((LastStep(),) * (MAX_LAYERS + 1), "1 to 32 layers"),
        ((Dense("logits", 3),), "last layer"),
        ((LastStep(), Dense("logits", 3, "relu")), "last layer"),
        ((Lstm("a", 3), LastStep()), "last layer"),
        ((LastStep(), LastStep(), Dense("logits", 3)), "layer 2 .LastStep.: needs a sequence"),
        ((Dense("a", 3), LastStep(), Dense("a", 3)), "must differ"),
        ((MaxPool(10), LastStep(), Dense("logits", 3)), "pools 10 steps, but there are 9"),
        ((MaxPool(0), LastStep(), Dense("logits", 3)), "pools 0 steps"),
        ((LastStep(), Dense("../logits", 3)), "name '../logits' must be"),
        ((Lstm("a", 0), LastStep(), Dense("logits", 3)), "units is 0"),
        ((Conv1D("a", 3, MAX_SIZE + 1), LastStep(), Dense("logits", 3)), "width is 4097"),
        ((Gather(()), LastStep(), Dense("logits", 3)), "number of columns is 0"),
        ((Gather((0, 7)), LastStep(), Dense("logits", 3)), "columns 0 to 7, but there are 7"),
        ((Gather((-1,)), LastStep(), Dense("logits", 3)), "columns -1 to -1"),
        ((JointGraph("a", 4, (0, 0)), LastStep(), Dense("logits", 3)), "7 features are not 2 joints"),
        ((JointGraph("a", 4, (7,) * 7), LastStep(), Dense("logits", 3)), "a parent is none of the 7 joints"),
        ((JointGraph("a", 4, ()), LastStep(), Dense("logits", 3)), "number of joints is 0"),
        ((JointGraph("a", MAX_SIZE, (0,) * 7), LastStep(), Dense("logits", 3)), "joints times channels is 28672"),
        ((JointConv1D("a", 7, 0, 3), LastStep(), Dense("logits", 3)), "filters is 0"),
        ((JointConv1D("a", -7, 3, 3), LastStep(), Dense("logits", 3)), "number of joints is -7"),
        ((Lstm("a", MAX_SIZE), LastStep(), Dense("logits", 3)), "parameters; at most 4000000"),
    ],
)
def test_an_impossible_stack_is_refused(layers, complaint):
    """A stack that cannot compute, or is too large, is refused where it is made, and the sentence says why."""
    with pytest.raises(ValueError, match=complaint):
        Architecture(7, 9, layers)


@pytest.mark.parametrize(
    "text",
    [
        b'{"input_size":7,"window":9,"layers":[{"type":"last_step"}]}',
        b'{"input_size":7,"window":9,"layers":[{"type":"exec","name":"a"}]}',
        b'{"input_size":7,"window":9,"layers":[{"type":"dense","name":"a","units":3,"more":1}]}',
        b'{"input_size":0,"window":9,"layers":[{"type":"last_step"},{"type":"dense","name":"a","units":3}]}',
        b'{"input_size":7,"window":9999999,"layers":[{"type":"last_step"},{"type":"dense","name":"a","units":3}]}',
    ],
)
def test_bad_json_is_refused(text):
    """JSON that is no possible architecture does not decode."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Architecture)
