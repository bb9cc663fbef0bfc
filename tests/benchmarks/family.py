"""What each network of the family costs on a device: parameters, size, time a window on both runtimes, and agreement.

    python -m tests.benchmarks.family                           # fresh networks, 20 classes
    python -m tests.benchmarks.family msr/conv_lstm msr/st_gcn  # checkpoints that `posefleet train` wrote

Fresh networks are timed only: what they answer means nothing. Templates take TensorFlow half a minute each and are kept
in the cache folder. Times are CPU times, measured in turns; compare them within one run.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import core.interpreter
from converter.balance import patch_balanced
from converter.patch import decode_patch_map, encode_patch_map
from converter.quantize import Template, make_template
from core.architecture import Architecture, parameter_count
from core.checkpoint import read_checkpoint
from core.chunks import digest
from core.features import PROFILES, FeatureSpec
from core.files import write_atomically
from core.interpreter import Classifier
from core.network import forward, initialise
from core.skeleton import Array
from core.weights import Weights
from tests.command import CACHE, make_parser, run, steps
from training.models import MODELS

RUNTIMES = ("tflite_runtime", "ai_edge_litert")
_TURNS = 15
_WINDOWS_A_TURN = 8
_REFERENCE = "conv_lstm"


@dataclass(frozen=True)
class Candidate:
    """One network with weights, and windows (N, T, F) to try it on; `trained` where its answers mean something."""

    name: str
    architecture: Architecture
    weights: Weights
    windows: Array
    trained: bool


@contextmanager
def runtime(name: str) -> Iterator[None]:
    """Have classifiers run on this runtime, of those that are installed."""
    with patch.object(core.interpreter, "_RUNTIMES", (f"{name}.interpreter",)):
        yield


def cached_template(architecture: Architecture, cache: Path) -> Template:
    """The template of an architecture, made once."""
    name = digest(msgspec.json.encode(architecture))[:16]
    model, patch_map = cache / f"{name}.tflite", cache / f"{name}.json"
    if not patch_map.exists():
        made = make_template(architecture)
        write_atomically(model, made.model)
        write_atomically(patch_map, encode_patch_map(made.patch_map))
    return Template(model.read_bytes(), decode_patch_map(patch_map.read_bytes()))


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("checkpoints", nargs="*", type=Path, help="folders; without any, networks are made")
    parser.add_argument("--features", choices=sorted(PROFILES), default="core15-2d-v2", help="of fresh networks")
    parser.add_argument("--cache", type=Path, default=CACHE / "templates", help="where templates are kept")
    options = parser.parse_args()
    candidates = [_trained(path) for path in options.checkpoints] or list(_fresh(options.features))
    models = {}
    for one in track(candidates, "converting"):
        template = cached_template(one.architecture, options.cache)
        models[one.name] = patch_balanced(
            template.model, template.patch_map, one.weights, architecture=one.architecture, windows=one.windows
        )
    _print(candidates, models, times_of(candidates, models))


def _trained(path: Path) -> Candidate:
    checkpoint = read_checkpoint(path)
    return Candidate(path.name, checkpoint.description.architecture, checkpoint.weights, checkpoint.golden, True)


def _fresh(features: str) -> Iterator[Candidate]:
    rng = np.random.default_rng(0)
    for name, make in MODELS.items():
        objects = ("cup", "phone") if name == "fusion" else ()
        architecture = make(features=FeatureSpec(name=features, objects=objects), window=32, classes=20)
        windows = rng.standard_normal((_WINDOWS_A_TURN, 32, architecture.input_size)).astype(np.float32)
        yield Candidate(name, architecture, initialise(architecture, rng), windows, trained=False)


def times_of(candidates: list[Candidate], models: dict[str, bytes]) -> dict[tuple[str, str], float]:
    """Median CPU milliseconds a window by network and runtime, and of numpy; all measured in turns."""
    runs: dict[tuple[str, str], Callable[[], Array]] = {}
    for one in candidates:
        windows = one.windows[:_WINDOWS_A_TURN]
        for name in RUNTIMES:
            with runtime(name):
                classifier = Classifier(models[one.name])
            runs[one.name, name] = partial(classifier.batch_logits, windows)
        runs[one.name, "numpy"] = partial(forward, one.architecture, one.weights, windows)
    taken: dict[tuple[str, str], list[float]] = {key: [] for key in runs}
    for _ in steps(range(_TURNS), "measuring", Console()):
        for key, answer in runs.items():
            began = time.process_time()
            answer()
            taken[key].append(1000 * (time.process_time() - began) / _WINDOWS_A_TURN)
    return {key: statistics.median(values) for key, values in taken.items()}


def _print(candidates: list[Candidate], models: dict[str, bytes], times: dict[tuple[str, str], float]) -> None:
    table = Table(title="CPU milliseconds a window; agreement of the quantized with the float network")
    for column in ("network", "parameters", "KB", *RUNTIMES, "numpy, a batch of 8", "agreement", "logit error"):
        table.add_column(column, justify="left" if column == "network" else "right")
    for one in candidates:
        model = models[one.name]
        milliseconds = [f"{times[one.name, name]:.3f}" for name in (*RUNTIMES, "numpy")]
        agreement = agreement_of(one, model) if one.trained else ("", "")
        size = f"{len(model) / 1000:.0f}"
        table.add_row(one.name, f"{parameter_count(one.architecture):,}", size, *milliseconds, *agreement)
    Console(width=140).print(table)
    if any(one.name == _REFERENCE for one in candidates):
        of = times[_REFERENCE, RUNTIMES[0]]
        ratios = ", ".join(f"{one.name} {times[one.name, RUNTIMES[0]] / of:.2f}" for one in candidates)
        Console(width=140).print(f"on {RUNTIMES[0]}, times {_REFERENCE}: {ratios}")


def agreement_of(one: Candidate, model: bytes) -> tuple[str, str]:
    """Share of the windows with the same answer, and the mean error of the logits."""
    exact = forward(one.architecture, one.weights, one.windows)
    quantized = Classifier(model).batch_logits(one.windows)
    same = float((exact.argmax(axis=1) == quantized.argmax(axis=1)).mean())
    return f"{same:.1%}", f"{np.abs(quantized - exact).mean():.3f}"


if __name__ == "__main__":
    run(main)
