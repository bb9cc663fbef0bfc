"""Every network of the family on MSR-Action3D: what it knows, and what it costs."""

from collections.abc import Sequence

import numpy as np

from core.architecture import parameter_count
from core.interpreter import Classifier
from tests.benchmarks.accuracy import msr
from tests.benchmarks.accuracy.harness import Answers, put_section, quantized, share_right
from tests.benchmarks.family import RUNTIMES, Candidate, agreement_of, cached_template, times_of
from tests.command import CACHE
from training.models import MODELS

ABOUT = (
    "MSR-Action3D, cross-subject, as above; mean and standard deviation over seeds. Parts: mean answer for three parts "
    "of a clip. Lost: points, by quantizing; agreement: how often the last seed's quantized model answers as the float "
    "one. Milliseconds: CPU time of one thread for a window, measured in turns: compare them within the table. "
    "Training: CPU seconds. `fusion` has a slot for an object here that nobody ever saw; its own set is "
    "`python -m tests.benchmarks.fusion`."
)
_COLUMNS = (
    *("network", "accuracy, %", "parts, %", "parameters", "KB", *(f"ms, {name}" for name in RUNTIMES)),
    *("lost", "agreement", "training, s"),
)


def run(seeds: int) -> None:
    """Measure and report."""
    answers = {name: msr.cross_subject(name, seeds) for name in MODELS}
    candidates = [_candidate(name, ones[-1]) for name, ones in answers.items()]
    models = {one.name: _quantized(answers[one.name][-1]) for one in candidates}
    times = times_of(candidates, models)
    lines = ["## The family", "", ABOUT, "", f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]
    for one in candidates:
        ones, model = answers[one.name], models[one.name]
        cells = [
            one.name,
            _mean([single.accuracy for single in ones], 1),
            _mean([single.averaged_accuracy for single in ones], 1),
            f"{parameter_count(one.architecture):,}",
            f"{len(model) / 1000:.0f}",
            *(f"{times[one.name, runtime]:.2f}" for runtime in RUNTIMES),
            _mean([_lost(single) for single in ones], 2),
            agreement_of(one, model)[0],
            f"{np.mean([single.cpu_s for single in ones]):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    put_section("family", lines)


def _quantized(answers: Answers) -> bytes:
    template = cached_template(answers.trained.architecture, CACHE / "templates")
    return quantized(template, answers.trained, answers.typical)


def _lost(answers: Answers) -> float:
    """Points that quantizing costs."""
    model = Classifier(_quantized(answers))
    return answers.accuracy - share_right(model.batch_logits(answers.features), answers.labels)


def _mean(values: Sequence[float], digits: int) -> str:
    return f"{np.mean(values):.{digits}f} ± {np.std(values):.{digits}f}"


def _candidate(name: str, answers: Answers) -> Candidate:
    trained = answers.trained
    return Candidate(name, trained.architecture, trained.weights, answers.features, trained=True)
