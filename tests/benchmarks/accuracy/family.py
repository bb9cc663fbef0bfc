"""Every network of the family on MSR-Action3D: what it knows, and what it costs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from msgspec import structs

from converter.patch import patch
from core.architecture import parameter_count
from core.interpreter import Classifier
from tests.benchmarks.accuracy import msr
from tests.benchmarks.accuracy.harness import Answers, learn, over_seeds, put_section, recipe, share_right
from tests.benchmarks.family import RUNTIMES, Candidate, agreement_of, cached_template, times_of
from training.models import MODELS
from training.train import TrainingConfig

ABOUT = (
    "MSR-Action3D, cross-subject, as above; mean and standard deviation over seeds. Quantized: points lost, and how "
    "often the quantized model answers as the float one. Milliseconds: CPU time of one thread for a window, measured "
    "in turns: compare them within the table. `fusion` has a slot for an object here that nobody ever saw."
)
_COLUMNS = ("network", "accuracy, %", "parameters", "KB", *(f"ms, {name}" for name in RUNTIMES), "lost", "agreement")
_CACHE = Path.home() / ".cache" / "posefleet" / "templates"


def run(seeds: int) -> None:
    """Measure and report."""
    training, test = msr.published(msr.read(), "cross_subject")
    answers = {
        name: over_seeds(seeds, lambda seed: learn(training, test, _config(name, seed)))  # noqa: B023 - runs at once
        for name in MODELS
    }
    candidates = [_candidate(name, ones[-1]) for name, ones in answers.items()]
    models = {}
    for one in candidates:
        template = cached_template(one.architecture, _CACHE)
        models[one.name] = patch(template.model, template.patch_map, one.weights)
    times = times_of(candidates, models)
    lines = ["## The family", "", ABOUT, "", f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]
    for one in candidates:
        right = [single.accuracy for single in answers[one.name]]
        quantized = Classifier(models[one.name]).batch_logits(one.windows)
        cells = [
            one.name,
            f"{np.mean(right):.1f} ± {np.std(right):.1f}",
            f"{parameter_count(one.architecture):,}",
            f"{len(models[one.name]) / 1000:.0f}",
            *(f"{times[one.name, runtime]:.2f}" for runtime in RUNTIMES),
            f"{right[-1] - share_right(quantized, answers[one.name][-1].labels):.2f}",
            agreement_of(one, models[one.name])[0],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    put_section("family", lines)


def _config(name: str, seed: int) -> TrainingConfig:
    config = recipe("msr_action3d", model=name, seed=seed)
    objects = ("cup",) if name == "fusion" else ()
    return replace(config, features=structs.replace(config.features, objects=objects))


def _candidate(name: str, answers: Answers) -> Candidate:
    trained = answers.trained
    return Candidate(name, trained.architecture, trained.weights, answers.features, trained=True)
