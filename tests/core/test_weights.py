"""Weights add up, files and deltas come back as they went, and no bytes from outside do harm."""

import math

import numpy as np
import pytest
import safetensors.numpy
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BundleError, DeltaError
from core.weights import (
    CODECS,
    add,
    check_matches,
    clip_by_global_norm,
    decode_delta,
    encode_delta,
    from_safetensors,
    global_norm,
    subtract,
    to_safetensors,
)

SHAPES = {"a/kernel": (5, 3), "a/bias": (3,), "b/kernel": (2, 4, 3)}
MAX_BYTES = 4096
REASONS = {"malformed", "too_large", "shape", "not_finite"}


def random_weights(seed=0, scale=1.0):
    """Float32 tensors of SHAPES."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, scale, shape).astype(np.float32) for name, shape in SHAPES.items()}


def compress(tensors):
    """Bytes as a codec would make them of any tensors."""
    return zstandard.ZstdCompressor().compress(safetensors.numpy.save(tensors))


def test_a_delta_added_to_its_base_gives_the_weights():
    """Adding and subtracting are each other's inverses."""
    base, trained = random_weights(1), random_weights(2)
    restored = add(base, subtract(trained, base))
    for name in base:
        np.testing.assert_allclose(restored[name], trained[name], atol=1e-6)


def test_the_norm_is_that_of_all_numbers_together():
    """The global norm is the Euclidean length of all tensors laid end to end."""
    weights = random_weights()
    expected = np.linalg.norm(np.concatenate([tensor.ravel() for tensor in weights.values()]))
    assert global_norm(weights) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize(("max_norm", "norm"), [(0.5, 0.5), (1e6, None)])
def test_clipping_shortens_but_does_not_turn(max_norm, norm):
    """A clipped delta has the bound's norm and its own direction; a short one stays as it is."""
    delta = random_weights()
    clipped = clip_by_global_norm(delta, max_norm)
    assert global_norm(clipped) == pytest.approx(norm or global_norm(delta), rel=1e-5)
    ratio = global_norm(clipped) / global_norm(delta)
    for name in delta:
        np.testing.assert_allclose(clipped[name], delta[name] * ratio, rtol=1e-5)


def test_clipping_survives_zeros_and_refuses_nonsense():
    """A delta of zeros stays zero; a bound that is not above zero is a ValueError."""
    zeros = {name: np.zeros(shape, np.float32) for name, shape in SHAPES.items()}
    assert global_norm(clip_by_global_norm(zeros, 1.0)) == 0
    for bound in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="above 0"):
            clip_by_global_norm(zeros, bound)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda w: w.pop("a/bias"), "shape"),
        (lambda w: w.update({"c": np.zeros(1, np.float32)}), "shape"),
        (lambda w: w.update({"a/bias": np.zeros(4, np.float32)}), "shape"),
        (lambda w: w["a/kernel"].__setitem__((0, 0), np.nan), "not_finite"),
        (lambda w: w["a/kernel"].__setitem__((4, 2), -np.inf), "not_finite"),
    ],
)
@pytest.mark.parametrize("codec", CODECS)
def test_tensors_of_another_model_are_refused(codec, change, reason):
    """Missing, extra and misshapen tensors and numbers that are none are refused, checked and travelling alike."""
    weights = random_weights()
    change(weights)
    with pytest.raises(DeltaError) as refused:
        check_matches(weights, SHAPES)
    assert refused.value.reason == reason
    with pytest.raises(DeltaError) as refused:
        decode_delta(codec, encode_delta(codec, weights), SHAPES, max_bytes=MAX_BYTES)
    assert refused.value.reason == reason


def test_weights_survive_their_file():
    """A safetensors file gives back equal tensors, and equal weights give equal bytes."""
    weights = random_weights()
    data = to_safetensors(weights)
    restored = from_safetensors(data)
    assert restored.keys() == weights.keys()
    assert all(np.array_equal(restored[name], weights[name]) for name in weights)
    assert to_safetensors(random_weights()) == data


def test_the_float32_codec_is_exact():
    """A float32 delta arrives to the bit, in the model's order."""
    delta = random_weights()
    arrived = decode_delta("float32", encode_delta("float32", delta), SHAPES, max_bytes=MAX_BYTES)
    assert list(arrived) == list(SHAPES)
    assert all(np.array_equal(arrived[name], delta[name]) for name in delta)


@given(seed=st.integers(0, 2**32 - 1), exponent=st.floats(-12, 12))
def test_the_int8_codec_is_off_by_half_a_step_at_most(seed, exponent):
    """Every number of an int8 delta arrives within half of its tensor's step, whatever the tensor's size."""
    delta = random_weights(seed, 10**exponent)
    arrived = decode_delta("int8", encode_delta("int8", delta), SHAPES, max_bytes=MAX_BYTES)
    for name, tensor in delta.items():
        step = np.abs(tensor).max() / 127
        assert np.abs(arrived[name] - tensor).max() <= 0.501 * step


def test_zeros_travel():
    """A delta of zeros arrives as zeros."""
    zeros = {name: np.zeros(shape, np.float32) for name, shape in SHAPES.items()}
    arrived = decode_delta("int8", encode_delta("int8", zeros), SHAPES, max_bytes=MAX_BYTES)
    assert global_norm(arrived) == 0


def test_int8_is_a_quarter_of_float32():
    """An int8 delta of a real size takes less than 30 % of the bytes of a float32 one."""
    delta = {"a": np.random.default_rng(0).normal(size=(200, 200)).astype(np.float32)}
    assert len(encode_delta("int8", delta)) < 0.3 * len(encode_delta("float32", delta))


def test_an_unknown_codec_is_refused():
    """A codec that this version lacks is refused by name on both sides."""
    for use in (
        lambda: encode_delta("gzip", random_weights()),
        lambda: decode_delta("gzip", b"", SHAPES, max_bytes=MAX_BYTES),
    ):
        with pytest.raises(DeltaError, match="gzip") as refused:
            use()
        assert refused.value.reason == "codec"


@pytest.mark.parametrize("codec", CODECS)
@given(data=st.binary(max_size=300))
def test_random_bytes_are_malformed(codec, data):
    """Bytes that no codec made are a DeltaError, never another exception."""
    for hostile in (data, zstandard.ZstdCompressor().compress(data)):
        with pytest.raises(DeltaError) as refused:
            decode_delta(codec, hostile, SHAPES, max_bytes=MAX_BYTES)
        assert refused.value.reason in REASONS


@pytest.mark.parametrize("codec", CODECS)
@given(position=st.integers(0, 2**16), bit=st.integers(0, 7), cut=st.booleans(), inside=st.booleans())
def test_damaged_deltas_do_no_harm(codec, position, bit, cut, inside):
    """A delta cut short or with one flipped bit is refused, or decodes to finite tensors of the right shapes."""
    data = encode_delta(codec, random_weights())
    if inside:  # damage below the compression, which a checksum would not catch
        data = zstandard.ZstdDecompressor().decompress(data)
    damaged = bytearray(data)
    position %= len(damaged)
    damaged[position] ^= 1 << bit
    hostile = bytes(damaged[:position] if cut else damaged)
    if inside:
        hostile = zstandard.ZstdCompressor().compress(hostile)
    try:
        arrived = decode_delta(codec, hostile, SHAPES, max_bytes=MAX_BYTES)
    except DeltaError as refused:
        assert refused.reason in REASONS
    else:
        check_matches(arrived, SHAPES)


def test_a_bomb_is_refused_before_it_unpacks():
    """A delta that would unpack to more than is accepted, or hides how much, is refused as too large."""
    honest = zstandard.ZstdCompressor().compress(bytes(10**8))
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(10**8))
    for bomb in (honest, silent, bytes(MAX_BYTES + 1)):
        with pytest.raises(DeltaError) as refused:
            decode_delta("float32", bomb, SHAPES, max_bytes=MAX_BYTES)
        assert refused.value.reason in {"too_large", "malformed"}
    with pytest.raises(DeltaError, match="more than the 4096 bytes"):
        decode_delta("float32", honest, SHAPES, max_bytes=MAX_BYTES)


@pytest.mark.parametrize(
    "tensors",
    [
        {"a/kernel": np.zeros((5, 3), np.float64)},
        {"a/kernel": np.zeros((5, 3), np.int8)},
        {"a/kernel": np.zeros((5, 3), np.int8), "a/kernel/scale": np.zeros(2, np.float32)},
        {"a/kernel/scale": np.ones(1, np.float32)},
        {"a/kernel": np.zeros((5, 3), np.float32), "a/kernel/scale": np.ones(1, np.float32)},
    ],
)
def test_tensors_that_the_codec_would_not_make_are_malformed(tensors):
    """Well-formed files with other kinds of tensors than the codec's are refused."""
    with pytest.raises(DeltaError) as refused:
        decode_delta("int8", compress(tensors), SHAPES, max_bytes=MAX_BYTES)
    assert refused.value.reason == "malformed"


def test_a_scale_that_overflows_is_not_finite():
    """An int8 delta whose scale is infinite, NaN or too large is refused as not finite."""
    for scale in (np.inf, np.nan, 3e38):
        tensors = {name: np.full(shape, 100, np.int8) for name, shape in SHAPES.items()}
        tensors |= {f"{name}/scale": np.array([scale], np.float32) for name in SHAPES}
        with pytest.raises(DeltaError) as refused:
            decode_delta("int8", compress(tensors), SHAPES, max_bytes=MAX_BYTES)
        assert refused.value.reason == "not_finite"


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff" * 8, bytes(100), to_safetensors({"a": np.zeros(3, np.float32)})[:-1]],
)
def test_a_file_that_holds_no_weights_is_refused(data):
    """Bytes that are no safetensors file are a BundleError."""
    with pytest.raises(BundleError, match="cannot be read"):
        from_safetensors(data)


def test_a_file_of_other_numbers_or_size_is_refused():
    """Only float32 within the bound is taken from a file."""
    with pytest.raises(BundleError, match="int8"):
        from_safetensors(safetensors.numpy.save({"a": np.zeros(3, np.int8)}))
    with pytest.raises(BundleError, match="at most 10"):
        from_safetensors(bytes(11), max_bytes=10)
