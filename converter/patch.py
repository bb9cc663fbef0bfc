"""New float weights into a quantized classifier, without TensorFlow: milliseconds instead of half a minute.

The converter makes a template once and finds out where each weight went (`converter.locate`); that map travels with
every release. Patching writes new values, and new scales for int8 tensors, into a copy of the template.

    model = patch(bundle.classifier, decode_patch_map(bundle.files[PATCH_MAP]), weights)
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from converter.tensors import MAX_TENSORS, Constant, read_constants
from core.architecture import LSTM_GATES, MAX_SIZE
from core.errors import BundleError, DeltaError
from core.weights import Weights, check_matches

_MAX_MAP_BYTES = 64 * 2**10  # ours have about 2 KB
_MAX_PLACEMENTS = 512
_INT8_LIMIT = 127  # symmetric: -128 is not used
_SMALLEST_SCALE = 1e-9  # of a tensor of zeros

WeightName = Annotated[str, Meta(max_length=64)]
Size = Annotated[int, Meta(ge=1, le=LSTM_GATES * MAX_SIZE)]
Axis = Annotated[int, Meta(ge=0, le=2)]


class Placement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tensor's content: weight[..., start:stop], its axes permuted, in the tensor's shape."""

    tensor: Annotated[int, Meta(ge=0, lt=MAX_TENSORS)]
    weight: WeightName
    start: Annotated[int, Meta(ge=0, le=LSTM_GATES * MAX_SIZE)]
    stop: Size
    axes: Annotated[tuple[Axis, ...], Meta(min_length=1, max_length=3)]

    def piece_of(self, weights: Weights) -> npt.NDArray[np.float32]:
        """What goes into the tensor, but for its shape."""
        return np.transpose(weights[self.weight][..., self.start : self.stop], self.axes)


class PatchMap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where every weight lies in a template. One that leaves a part of a weight out cannot be made.

    Raises:
        ValueError: see above, or it contradicts itself.
    """

    shapes: dict[WeightName, Annotated[tuple[Size, ...], Meta(min_length=1, max_length=3)]]
    placements: Annotated[tuple[Placement, ...], Meta(max_length=_MAX_PLACEMENTS)]

    def __post_init__(self) -> None:
        if len({placement.tensor for placement in self.placements}) < len(self.placements):
            raise ValueError("a tensor is filled twice")
        for placement in self.placements:
            shape = self.shapes.get(placement.weight)
            if shape is None or placement.stop > shape[-1] or sorted(placement.axes) != list(range(len(shape))):
                raise ValueError(f"tensor {placement.tensor} takes a part of {placement.weight} that does not exist")
        for name, shape in self.shapes.items():
            if (gap := self._first_gap(name)) < shape[-1]:
                raise ValueError(f"weight {name} goes nowhere from {gap} on")

    def _first_gap(self, name: str) -> int:
        covered = 0
        for start, stop in sorted((one.start, one.stop) for one in self.placements if one.weight == name):
            if start > covered:
                break
            covered = max(covered, stop)
        return covered


def encode_patch_map(patch_map: PatchMap) -> bytes:
    """The map as JSON."""
    return msgspec.json.encode(patch_map)


def decode_patch_map(data: bytes) -> PatchMap:
    """A map from JSON.

    Raises:
        BundleError: it is none, or impossible.
    """
    if len(data) > _MAX_MAP_BYTES:
        raise BundleError(f"the patch map has {len(data)} bytes; at most {_MAX_MAP_BYTES} are accepted")
    try:
        return msgspec.json.decode(data, type=PatchMap)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"the patch map cannot be used: {error}") from error


def patch(template: bytes, patch_map: PatchMap, weights: Weights) -> bytes:
    """The template with these weights in place of its own; equal inputs give equal bytes.

    Raises:
        BundleError: the weights are not the template's (missing, extra, other shapes, NaN), or the map is of another
            template.
    """
    try:
        check_matches(weights, patch_map.shapes)
    except DeltaError as error:
        raise BundleError(f"the weights do not fit the classifier: {error}") from error
    model = bytearray(template)
    constants = read_constants(model)
    for placement in patch_map.placements:
        piece = placement.piece_of(weights)
        _write(_constant(constants, placement, piece), piece)
    return bytes(model)


def held_weights(model: bytes, patch_map: PatchMap) -> Weights:
    """The weights that a patched classifier computes with: those that were patched in, as rounded.

    Raises:
        BundleError: the map is of another template.
    """
    constants = read_constants(bytearray(model))
    weights = {name: np.empty(shape, np.float32) for name, shape in patch_map.shapes.items()}
    for placement in patch_map.placements:
        piece = placement.piece_of(weights)  # a view
        piece[...] = _constant(constants, placement, piece).values().reshape(piece.shape)
    return weights


def _constant(constants: Mapping[int, Constant], placement: Placement, piece: npt.NDArray[np.float32]) -> Constant:
    constant = constants.get(placement.tensor)
    if constant is None or constant.data.size != piece.size:
        raise BundleError(f"the patch map is of another classifier: tensor {placement.tensor} does not fit")
    return constant


def _write(constant: Constant, piece: npt.NDArray[np.float32]) -> None:
    if constant.scale is None:
        constant.data[:] = piece.reshape(-1)
        return
    scale = np.float32(max(float(np.abs(piece).max()) / _INT8_LIMIT, _SMALLEST_SCALE))
    constant.scale[0] = scale
    constant.data[:] = np.clip(np.rint(piece.reshape(-1) / scale), -_INT8_LIMIT, _INT8_LIMIT)
