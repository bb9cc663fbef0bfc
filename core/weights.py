"""Named float32 tensors: arithmetic on them, their file format, and the codecs that carry deltas over the air.

Everything that decodes here treats its input as hostile: sizes are bounded before memory is taken, and whatever is
wrong becomes the one error of the function, never another exception.

    delta = clip_by_global_norm(subtract(trained, released), 1.0)
    payload = encode_delta("int8", delta)                                        # on the device
    delta = decode_delta("int8", payload, parameter_shapes(architecture), max_bytes=2**20)    # on the aggregator
"""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy
import zstandard

from core.errors import BundleError, DeltaError

Weights = dict[str, npt.NDArray[np.float32]]
Shapes = Mapping[str, tuple[int, ...]]
_Tensors = dict[str, npt.NDArray[np.generic]]

MAX_WEIGHTS_BYTES = 64 * 2**20  # four times the largest architecture: refuses absurd files, never a real one
_MAX_HEADER_BYTES = 64 * 2**10  # of JSON in a safetensors file; ours have about 1 KB
_ZSTD_LEVEL = 9  # int8 deltas: 10 is slower and no smaller
_INT8_LIMIT = 127
_SMALLEST_SCALE = 1e-30  # of a tensor of zeros
_SCALE = "/scale"  # "lstm/kernel" travels as int8 "lstm/kernel" and float32 "lstm/kernel/scale"


def subtract(weights: Weights, base: Weights) -> Weights:
    """Difference weights - base, tensor by tensor; both must have the same names and shapes."""
    return {name: tensor - base[name] for name, tensor in weights.items()}


def add(weights: Weights, delta: Weights) -> Weights:
    """Sum weights + delta, tensor by tensor; both must have the same names and shapes."""
    return {name: tensor + delta[name] for name, tensor in weights.items()}


def global_norm(weights: Weights) -> float:
    """Euclidean norm of all tensors together, summed in float64."""
    return math.sqrt(sum(float(np.sum(np.square(tensor, dtype=np.float64))) for tensor in weights.values()))


def clip_by_global_norm(delta: Weights, max_norm: float) -> Weights:
    """`delta` scaled down, if needed, so that its global norm is at most `max_norm` (> 0)."""
    if not max_norm > 0:
        raise ValueError(f"max_norm must be above 0, not {max_norm}")
    norm = global_norm(delta)
    factor = np.float32(min(1.0, max_norm / norm) if norm > 0 else 1.0)
    return {name: tensor * factor for name, tensor in delta.items()}


def check_matches(weights: Weights, shapes: Shapes) -> None:
    """Check that names and shapes are those of `shapes` and that every number is finite.

    Raises:
        DeltaError: "shape" or "not_finite".
    """
    if odd := sorted(weights.keys() ^ shapes.keys()):
        raise DeltaError("shape", f"the tensors are not this model's: {', '.join(odd[:3])} on one side only")
    for name, shape in shapes.items():
        tensor = weights[name]
        if tensor.shape != tuple(shape):
            raise DeltaError("shape", f"tensor {name} has shape {tensor.shape}; the model's is {tuple(shape)}")
        if not np.isfinite(tensor).all():
            raise DeltaError("not_finite", f"tensor {name} contains NaN or infinity")


def to_safetensors(weights: Weights) -> bytes:
    """The weights as a safetensors file; equal weights give equal bytes."""
    return _pack({name: np.ascontiguousarray(tensor, np.float32) for name, tensor in weights.items()})


def from_safetensors(data: bytes, *, max_bytes: int = MAX_WEIGHTS_BYTES) -> Weights:
    """The float32 tensors of a safetensors file.

    Raises:
        BundleError: not a safetensors file, longer than `max_bytes`, or holding something else than float32.
    """
    if len(data) > max_bytes:
        raise BundleError(f"the weights are {len(data)} bytes long; at most {max_bytes} are accepted")
    try:
        return {name: _as_float32(name, tensor) for name, tensor in _unpack(data).items()}
    except ValueError as error:
        raise BundleError(f"the weights cannot be read as float32 safetensors: {error}") from None


class Codec(Protocol):
    """Turns a delta into tensors that compress well, and back."""

    def quantize(self, delta: Weights) -> _Tensors:
        """Tensors to travel; their names and kinds are the codec's own business."""

    def restore(self, tensors: _Tensors) -> Weights:
        """The delta again. Raises ValueError when the tensors are not what `quantize` makes."""


class Float32Codec:
    """The delta as it is."""

    def quantize(self, delta: Weights) -> _Tensors:
        """See Codec."""
        return {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in delta.items()}

    def restore(self, tensors: _Tensors) -> Weights:
        """See Codec."""
        return {name: _as_float32(name, tensor) for name, tensor in tensors.items()}


class Int8Codec:
    """One symmetric scale a tensor: 8 bits a weight before compression, error at most half a step."""

    def quantize(self, delta: Weights) -> _Tensors:
        """See Codec."""
        tensors: _Tensors = {}
        for name, tensor in delta.items():
            scale = np.float32(max(float(np.abs(tensor).max(initial=0.0)) / _INT8_LIMIT, _SMALLEST_SCALE))
            tensors[name] = np.clip(np.rint(tensor / scale), -_INT8_LIMIT, _INT8_LIMIT).astype(np.int8)
            tensors[name + _SCALE] = np.array([scale], np.float32)
        return tensors

    def restore(self, tensors: _Tensors) -> Weights:
        """See Codec."""
        delta: Weights = {}
        for name, tensor in tensors.items():
            if name.endswith(_SCALE):
                continue
            scale = tensors.get(name + _SCALE)
            if tensor.dtype != np.int8 or scale is None or scale.dtype != np.float32 or scale.shape != (1,):
                raise ValueError(f"tensor {name} is not int8 with one float32 scale")
            with np.errstate(over="ignore", invalid="ignore"):  # a hostile scale overflows to infinity, refused later
                delta[name] = tensor.astype(np.float32) * scale[0]
        if len(tensors) != 2 * len(delta):
            raise ValueError("scales without tensors")
        return delta


CODECS: dict[str, Codec] = {"float32": Float32Codec(), "int8": Int8Codec()}


def encode_delta(codec: str, delta: Weights) -> bytes:
    """The delta as it travels: quantized by `codec`, packed as safetensors, compressed with zstd.

    Raises:
        DeltaError: "codec" when this version has no such codec, "not_finite" when the delta holds NaN or infinity.
    """
    chosen = _codec(codec)
    check_matches(delta, {name: tensor.shape for name, tensor in delta.items()})
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(_pack(chosen.quantize(delta)))


def decode_delta(codec: str, data: bytes, shapes: Shapes, *, max_bytes: int) -> Weights:
    """The delta that `encode_delta` made, checked against the model's `shapes`.

    Neither `data` nor what it unpacks to may be longer than `max_bytes`; that is checked before unpacking.

    Raises:
        DeltaError: "codec" (unknown), "too_large", "malformed", "shape" or "not_finite".
    """
    chosen = _codec(codec)
    try:
        delta = chosen.restore(_unpack(_decompress(data, max_bytes)))
    except (ValueError, zstandard.ZstdError) as error:
        raise DeltaError("malformed", f"the delta is not a readable {codec} delta: {error}") from None
    check_matches(delta, shapes)
    return {name: delta[name] for name in shapes}


def _codec(name: str) -> Codec:
    if name not in CODECS:
        raise DeltaError("codec", f"unknown codec {name[:32]!r}; this version knows {', '.join(CODECS)}")
    return CODECS[name]


def _decompress(data: bytes, max_bytes: int) -> bytes:
    # The frame's header says how much memory unpacking takes: believed only within the bound, and then enforced.
    size = zstandard.get_frame_parameters(data).content_size
    if max(size, len(data)) > max_bytes:  # a frame that hides its size says 2**64 - 1
        raise DeltaError("too_large", f"the delta unpacks to more than the {max_bytes} bytes that are accepted")
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=size, allow_extra_data=False)


def _pack(tensors: _Tensors) -> bytes:
    return bytes(safetensors.numpy.save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}))


def _unpack(data: bytes) -> _Tensors:
    if int.from_bytes(data[:8], "little") > _MAX_HEADER_BYTES:  # bounds what the parser must hold
        raise ValueError("not safetensors, or an overlong header")
    try:
        return dict(safetensors.numpy.load(data))
    except (safetensors.SafetensorError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(str(error)[:200]) from None


def _as_float32(name: str, tensor: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    if tensor.dtype != np.float32:
        raise ValueError(f"tensor {name} is {tensor.dtype}, not float32")
    return tensor.astype(np.float32, copy=False)
