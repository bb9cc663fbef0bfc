"""A tiny classifier that really works on the people of `tests.people`, trained in a second with numpy."""

import functools
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from converter.make_bundle import make_bundle
from core.bundle import Bundle, Thresholds
from core.chunks import digest
from core.features import FeatureSpec, extract
from core.files import write_atomically
from core.network import initialise, loss_and_gradients
from core.signing import SigningKey
from core.weights import Weights, from_safetensors, to_safetensors
from core.window import WindowSpec
from tests import people, tiny

_EPOCHS, _BATCH, _RATE, _MOMENTUM = 12, 16, 0.05, 0.9


@functools.cache
def features(each: int, seed: int) -> tuple[people.Array, np.ndarray]:
    """Feature windows (N, T, F) and labels (N,) of `each` people per action."""
    keypoints, labels = people.windows(tiny.LABELS, each, seed=seed)
    return extract(keypoints, FeatureSpec(), rate_hz=WindowSpec().rate_hz), labels


def train_tiny(*, seed: int = 0) -> Weights:
    """Weights of the tiny network."""
    rng = np.random.default_rng(seed)
    weights = initialise(tiny.ARCHITECTURE, rng)
    windows, labels = features(24, seed)
    velocity = {name: np.zeros_like(tensor) for name, tensor in weights.items()}
    for _ in range(_EPOCHS):
        order = rng.permutation(len(windows))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            _, gradients, _ = loss_and_gradients(tiny.ARCHITECTURE, weights, windows[chosen], labels[chosen])
            for name, gradient in gradients.items():
                velocity[name] = _MOMENTUM * velocity[name] - np.float32(_RATE) * gradient
                weights[name] = weights[name] + velocity[name]
    return weights


def trained_once(cache: Path) -> Weights:
    """What `train_tiny` gives, from a folder if the code that it depends on has not changed."""
    root = Path(__file__).parents[1]
    sources = ("core/joint_layers.py", "core/layers.py", "core/network.py", "core/skeleton.py", "core/window.py")
    sources += tuple(str(file.relative_to(root)) for file in sorted((root / "core/features").glob("*.py")))
    sources += ("tests/learning.py", "tests/people.py", "tests/tiny.py")
    file = cache / f"tiny-{digest(b''.join((root / source).read_bytes() for source in sources))[:16]}.safetensors"
    if not file.exists():
        write_atomically(file, to_safetensors(train_tiny()))
    return from_safetensors(file.read_bytes())


def release(version: int, *, weights: Weights, key: SigningKey) -> Bundle:
    """A sealed release of these weights."""
    return make_bundle(
        name="tiny",
        version=version,
        parent=version - 1 or None,
        created_at=datetime(2025, 1, 1, tzinfo=UTC),
        labels=tiny.LABELS,
        architecture=tiny.ARCHITECTURE,
        features=FeatureSpec(),
        window=WindowSpec(),
        weights=weights,
        template=tiny.template(),
        patch_map=tiny.patch_map(),
        golden_windows=features(8, seed=77)[0],
        temperature=1.0,
        thresholds=Thresholds(),
        metrics={},
        key=key,
    )
