"""Finds where the converter put each weight, by content: no knowledge of operators or of their order is needed.

The converter transposes, slices (an LSTM's four gates), reshapes and quantizes weights, but each number still shows.
A template made of random weights therefore tells by itself which tensor holds what.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from converter.patch import PatchMap, Placement
from converter.tensors import Constant, read_constants
from core.architecture import LSTM_GATES, Architecture, Lstm, parameter_shapes
from core.errors import PosefleetError
from core.weights import Weights

_TOLERANCE = 0.505  # of an int8 step: rounding is half a step, the rest is float arithmetic


@dataclass(frozen=True)
class _Piece:
    """A part of a weight that the converter may put into a tensor of its own."""

    weight: str
    start: int
    stop: int

    def __str__(self) -> str:
        return f"{self.weight}[..., {self.start}:{self.stop}]"


def find_patch_map(template: bytes, architecture: Architecture, weights: Weights) -> PatchMap:
    """The map of a template that was converted from these weights, random ones.

    Raises:
        PosefleetError: a weight is not found, or two share one place.
    """
    constants = read_constants(bytearray(template))
    placements: list[Placement] = []
    owners: dict[int, _Piece] = {}  # by buffer: the converter merges equal tensors into one
    for piece in _pieces(architecture):
        matches = [_match(index, constant, piece, weights[piece.weight]) for index, constant in constants.items()]
        found = [placement for placement in matches if placement is not None]
        if not found:
            raise PosefleetError(f"the converted classifier does not hold {piece}; this architecture cannot be patched")
        for placement in found:
            owner = owners.setdefault(constants[placement.tensor].buffer, piece)
            if owner != piece:
                raise PosefleetError(f"the converted classifier keeps {piece} and {owner} in one place")
        placements += found
    return PatchMap(shapes=parameter_shapes(architecture), placements=tuple(placements))


def _pieces(architecture: Architecture) -> Iterator[_Piece]:
    lstms = {layer.name for layer in architecture.layers if isinstance(layer, Lstm)}
    for name, shape in parameter_shapes(architecture).items():
        parts = LSTM_GATES if name.split("/")[0] in lstms else 1
        size = shape[-1] // parts
        for part in range(parts):
            yield _Piece(name, part * size, (part + 1) * size)


def _match(index: int, constant: Constant, piece: _Piece, weight: npt.NDArray[np.float32]) -> Placement | None:
    """How the constant holds the piece, if it does."""
    part = weight[..., piece.start : piece.stop]
    if part.size != constant.data.size:
        return None
    values = constant.values().reshape(-1)
    tolerance = 0.0 if constant.scale is None else _TOLERANCE * float(constant.scale[0])
    for axes in permutations(range(part.ndim)):
        if np.abs(np.transpose(part, axes).reshape(-1) - values).max() <= tolerance:
            return Placement(tensor=index, weight=piece.weight, start=piece.start, stop=piece.stop, axes=axes)
    return None
