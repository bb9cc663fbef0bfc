"""A small release with a real quantized classifier, for tests that should not wait for TensorFlow.

The classifier has every kind of layer of the default network; its template was converted once and is kept in
tests/data/tiny. After a change of the converter, make it again:

    python -m tests.tiny
"""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from converter.make_bundle import make_bundle
from converter.patch import PatchMap, decode_patch_map, encode_patch_map
from core.architecture import Architecture, Conv1D, Dense, Lstm, MaxPool, MeanMaxPool
from core.bundle import Bundle, Thresholds
from core.features import FeatureSpec
from core.network import initialise
from core.signing import SigningKey
from core.weights import Weights
from core.window import WindowSpec

LABELS = ("background", "clap", "squat", "wave")
ARCHITECTURE = Architecture(
    FeatureSpec().size,
    WindowSpec().length,
    (
        Dense("embed", 24, "relu"),
        Conv1D("conv", 32, 3, "relu"),
        MaxPool(2),
        Lstm("lstm", 32),  # 32 x 32: the least that the converter quantizes
        MeanMaxPool(),
        Dense("logits", len(LABELS)),
    ),
)

_DATA = Path(__file__).parent / "data" / "tiny"
_CLASSIFIER, _PATCH_MAP = _DATA / "classifier.tflite", _DATA / "patch_map.json"


def template() -> bytes:
    """The quantized template, with random weights."""
    return _CLASSIFIER.read_bytes()


def patch_map() -> PatchMap:
    """Where the weights lie in the template."""
    return decode_patch_map(_PATCH_MAP.read_bytes())


def weights(seed: int = 0) -> Weights:
    """Weights that give clear answers, as trained ones do."""
    made = initialise(ARCHITECTURE, np.random.default_rng(seed))
    return made | {"logits/kernel": made["logits/kernel"] * np.float32(8)}


def windows(count: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Feature windows (N, T, F): slow random movements of the size that features have."""
    steps = np.random.default_rng(seed).normal(0, 0.3, (count, ARCHITECTURE.window, ARCHITECTURE.input_size))
    return np.clip(np.cumsum(steps, axis=1), -5, 5).astype(np.float32)


def golden_windows() -> npt.NDArray[np.float32]:
    """What `bundle` takes for its golden test."""
    return windows(64, seed=1)


def bundle(key: SigningKey, *, version: int = 1, name: str = "tiny", seed: int = 0) -> Bundle:
    """A sealed release."""
    return make_bundle(
        name=name,
        version=version,
        parent=None,
        created_at=datetime(2025, 1, 1, tzinfo=UTC),
        labels=LABELS,
        architecture=ARCHITECTURE,
        features=FeatureSpec(),
        window=WindowSpec(),
        weights=weights(seed),
        template=template(),
        patch_map=patch_map(),
        golden_windows=golden_windows(),
        temperature=1.0,
        thresholds=Thresholds(),
        metrics={},
        key=key,
    )


if __name__ == "__main__":
    from converter.quantize import make_template

    made = make_template(ARCHITECTURE)
    _DATA.mkdir(parents=True, exist_ok=True)
    _CLASSIFIER.write_bytes(made.model)
    _PATCH_MAP.write_bytes(encode_patch_map(made.patch_map) + b"\n")
