"""What training hands to the converter: float weights, and all that a release's manifest will say about them.

checkpoint.json       names, architecture, features, window, temperature, figures
weights.safetensors   float32, without batch norm
golden.safetensors    some feature windows of validation people, to prove conversions with
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from core.architecture import Architecture
from core.errors import InputError
from core.features import FeatureSpec
from core.files import write_atomically
from core.messages import Label
from core.skeleton import Array
from core.weights import Weights, from_safetensors, to_safetensors
from core.window import WindowSpec

DESCRIPTION = "checkpoint.json"
_WEIGHTS = "weights.safetensors"
_GOLDEN = "golden.safetensors"


class Description(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of a checkpoint that people can read."""

    v: int = 1
    labels: Annotated[tuple[Label, ...], Meta(min_length=2, max_length=200)]
    architecture: Architecture
    features: FeatureSpec
    window: WindowSpec
    temperature: Annotated[float, Meta(gt=0.01, lt=100)]
    energy_limit: float | None = None  # see core.bundle.Thresholds
    metrics: dict[str, float] = {}


@dataclass(frozen=True)
class Checkpoint:
    """A trained classifier.

    Attributes:
        golden: (N, T, F) float32 feature windows.
    """

    description: Description
    weights: Weights
    golden: Array


def write_checkpoint(checkpoint: Checkpoint, directory: Path) -> None:
    """Write a checkpoint; the description comes last and makes it whole."""
    write_atomically(directory / _WEIGHTS, to_safetensors(checkpoint.weights))
    write_atomically(directory / _GOLDEN, to_safetensors({"windows": checkpoint.golden}))
    text = msgspec.json.format(msgspec.json.encode(checkpoint.description), indent=2)
    write_atomically(directory / DESCRIPTION, text + b"\n")


def read_checkpoint(directory: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        InputError: it is not there, incomplete or damaged.
    """
    try:
        description = msgspec.json.decode((directory / DESCRIPTION).read_bytes(), type=Description)
        weights = from_safetensors((directory / _WEIGHTS).read_bytes())
        golden = from_safetensors((directory / _GOLDEN).read_bytes())["windows"]
    except OSError as exc:
        raise InputError(
            f"{directory}: not a checkpoint ({exc.strerror}: {exc.filename}); run `posefleet train`"
        ) from exc
    except (msgspec.MsgspecError, ValueError, KeyError) as exc:
        raise InputError(f"{directory}: the checkpoint is damaged ({exc}); train again") from exc
    return Checkpoint(description, weights, golden)
