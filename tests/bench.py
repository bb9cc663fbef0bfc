"""What the parts cost, as ratios measured in one run (DESIGN's budgets; absolute times depend on the machine).

    make bench                       # or: python -m tests.bench

Nothing here passes or fails: speed is looked at, not asserted.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
from rich.console import Console
from rich.table import Table

from converter.make_bundle import next_release
from core.architecture import parameter_count
from core.features import FeatureSpec, extract
from core.interpreter import Classifier
from core.network import forward, initialise, loss_and_gradients
from core.signing import SigningKey
from core.weights import encode_delta, subtract
from core.window import WindowSpec
from tests import people, tiny
from training.models import MODELS

REPEATS = 30


def milliseconds(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median of some runs after a first one that does not count."""
    run()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    spec, window = FeatureSpec(), WindowSpec()
    keypoints, _ = people.windows(tiny.LABELS, 8, seed=0)
    features = extract(keypoints, spec, rate_hz=window.rate_hz)
    network = MODELS["conv_lstm"](features=spec, window=window.length, classes=8)
    rng = np.random.default_rng(0)
    weights = initialise(network, rng)
    labels = rng.integers(0, 8, 16)
    delta = subtract(initialise(network, rng), weights)

    key = SigningKey.generate()
    parent = tiny.bundle(key)
    classifier = Classifier(parent.classifier)
    one = features[0]

    extract_ms = milliseconds(lambda: extract(keypoints[0], spec, rate_hz=window.rate_hz))
    tflite_ms = milliseconds(lambda: classifier.logits(one))
    numpy_ms = milliseconds(lambda: forward(tiny.ARCHITECTURE, tiny.weights(), one[None]))
    forward_ms = milliseconds(lambda: forward(network, weights, features[:16]))
    step_ms = milliseconds(lambda: loss_and_gradients(network, weights, features[:16], labels))
    release_ms = milliseconds(
        lambda: next_release(parent, tiny.weights(), version=2, created_at=datetime.now(UTC), metrics={}, key=key), 5
    )
    raw, packed = len(encode_delta("float32", delta)), len(encode_delta("int8", delta))

    table = Table(title=f"conv_lstm has {parameter_count(network):,} parameters, the tiny model the tests'")
    for column in ("what", "measured", "as a ratio"):
        table.add_column(column)
    table.add_row(
        "features of a window", f"{extract_ms:.2f} ms", f"{extract_ms / tflite_ms:.2f} x the tiny TFLite model"
    )
    table.add_row("tiny model, TFLite", f"{tflite_ms:.2f} ms", f"{tflite_ms / numpy_ms:.2f} x numpy, one window")
    table.add_row("training step of 16, numpy", f"{step_ms:.1f} ms", f"{step_ms / forward_ms:.2f} x its forward pass")
    table.add_row(
        "weights to signed release (tiny)", f"{release_ms:.0f} ms", f"{release_ms / 1000:.3f} of the second allowed"
    )
    table.add_row("delta on the wire, int8", f"{packed / 1024:.0f} KB", f"1/{raw / packed:.1f} of float32")
    Console().print(table)


if __name__ == "__main__":
    main()
