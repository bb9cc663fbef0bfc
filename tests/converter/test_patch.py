"""New weights go into a quantized classifier without TensorFlow, and only weights that are its own."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.parity import check_parity
from converter.patch import PatchMap, Placement, decode_patch_map, encode_patch_map, held_weights, patch
from converter.tensors import read_constants
from core.errors import BundleError
from tests import tiny

MAP = tiny.patch_map()


def test_patched_weights_are_the_ones_that_answer():
    """A patched classifier answers as its new float weights do, whatever the template held."""
    for seed in (1, 2):
        weights = tiny.weights(seed)
        model = patch(tiny.template(), MAP, weights)
        report = check_parity(model, tiny.ARCHITECTURE, weights, tiny.windows(64))
        assert report.agreement >= 0.98
        assert report.mean_abs_logit_error < 0.05


def test_patching_leaves_nothing_of_the_weights_before():
    """Patching a patched classifier gives the same bytes as patching the template."""
    before = patch(tiny.template(), MAP, tiny.weights(1))
    assert patch(before, MAP, tiny.weights(2)) == patch(tiny.template(), MAP, tiny.weights(2)) != before


def test_every_number_is_within_half_a_step():
    """Each tensor holds its part of a weight, exactly if float32 and within half an int8 step if quantized."""
    weights = tiny.weights(3)
    constants = read_constants(bytearray(patch(tiny.template(), MAP, weights)))
    kinds = set()
    for placement in MAP.placements:
        constant = constants[placement.tensor]
        piece = np.transpose(weights[placement.weight][..., placement.start : placement.stop], placement.axes)
        step = 0 if constant.scale is None else np.abs(piece).max() / 127
        assert np.abs(constant.values().ravel() - piece.ravel()).max() <= 0.501 * step
        kinds.add(constant.data.dtype)
    assert kinds == {np.dtype(np.int8), np.dtype(np.float32)}


def test_what_a_classifier_holds_can_be_read_back():
    """The weights that are read back are those patched in, rounded: patched in again they give the same bytes."""
    weights = tiny.weights(4)
    model = patch(tiny.template(), MAP, weights)
    held = held_weights(model, MAP)
    assert held.keys() == weights.keys()
    for name, tensor in weights.items():
        assert np.abs(held[name] - tensor).max() <= 0.501 * np.abs(tensor).max() / 127
    assert patch(tiny.template(), MAP, held) == model


def test_a_weight_of_zeros_can_be_patched():
    """A tensor that is zero everywhere has a scale all the same."""
    weights = tiny.weights() | {"conv/kernel": np.zeros((3, 24, 32), np.float32)}
    report = check_parity(patch(tiny.template(), MAP, weights), tiny.ARCHITECTURE, weights, tiny.windows(8))
    assert report.mean_abs_logit_error < 0.05


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda w: w.pop("conv/bias"), "conv/bias"),
        (lambda w: w.update({"more": np.zeros(1, np.float32)}), "more"),
        (lambda w: w.update({"conv/bias": np.zeros(31, np.float32)}), r"conv/bias has shape \(31,\)"),
        (lambda w: w["lstm/kernel"].__setitem__((0, 0), np.nan), "lstm/kernel contains NaN"),
    ],
)
def test_other_weights_are_refused(change, complaint):
    """Missing, extra, misshapen and non-finite weights are refused, and the sentence names the tensor."""
    weights = {name: tensor.copy() for name, tensor in tiny.weights().items()}
    change(weights)
    with pytest.raises(BundleError, match=complaint):
        patch(tiny.template(), MAP, weights)


def test_a_map_of_another_template_is_refused():
    """A map that names a tensor which is no such constant is refused."""
    wrong = msgspec.structs.replace(MAP.placements[0], tensor=0)
    with pytest.raises(BundleError, match="map is of another classifier: tensor 0"):
        patch(tiny.template(), PatchMap(shapes=MAP.shapes, placements=(wrong, *MAP.placements[1:])), tiny.weights())


@given(position=st.integers(0, 2**20), bit=st.integers(0, 7), cut=st.booleans())
def test_a_damaged_template_does_no_harm(position, bit, cut):
    """A template cut short or with a flipped bit is refused or patched, with no other outcome."""
    template = bytearray(tiny.template())
    position %= len(template)
    template[position] ^= 1 << bit
    damaged = bytes(template[:position] if cut else template)
    try:
        patched = patch(damaged, MAP, tiny.weights())
    except BundleError:
        return
    assert len(patched) == len(damaged)


def test_a_map_survives_json():
    """A map decodes from its own JSON as an equal one."""
    assert decode_patch_map(encode_patch_map(MAP)) == MAP


def placement(**changes):
    """A placement of a whole weight w of shape (2, 3)."""
    return Placement(**{"tensor": 1, "weight": "w", "start": 0, "stop": 3, "axes": (0, 1)} | changes)


@pytest.mark.parametrize(
    "placements",
    [
        (),
        (placement(stop=2),),
        (placement(start=1),),
        (placement(stop=1), placement(start=2, tensor=2)),
        (placement(), placement()),
        (placement(stop=4),),
        (placement(axes=(0,)),),
        (placement(axes=(0, 0)),),
        (placement(), placement(weight="v", tensor=2)),
    ],
)
def test_a_map_with_gaps_or_contradictions_cannot_be(placements):
    """A map that leaves a part of a weight out, fills a tensor twice or takes what is not there cannot be made."""
    with pytest.raises(ValueError, match=r"goes nowhere|filled twice|does not exist"):
        PatchMap(shapes={"w": (2, 3)}, placements=placements)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"shapes":{"w":[2,3]},"placements":[]}',
        b'{"shapes":{},"placements":[],"more":1}',
        b'{"shapes":{"w":[99999999999]},"placements":[]}',
    ],
)
def test_bytes_that_are_no_map_are_refused(data):
    """Bytes that are no possible map are a BundleError."""
    with pytest.raises(BundleError, match="patch map"):
        decode_patch_map(data)
