"""How good a release is on people it has never seen: of windows here, of events in `training.evaluation.streaming`.

report = evaluate(bundle, windows)
print(report.accuracy, report.quantized.accuracy_interval, report.exact.accuracy)
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.bundle import BACKGROUND, Bundle, Manifest
from core.features import extract
from core.interpreter import Classifier
from core.network import forward, free_energy, softmax
from core.skeleton import Array
from core.weights import from_safetensors
from training.datasets.windows import WindowSet
from training.evaluation.parts import parts_of
from training.evaluation.scores import ClassScore, Counts, Floats, Scores, score, unknown_auroc

_CHUNK = 256  # windows whose features are in memory at once


@dataclass(frozen=True)
class Answers:
    """What a release says of windows: its quantized model, which devices run, and its float weights.

    Attributes:
        quantized: (N, C) logits.
        exact: (N, C) logits.
    """

    quantized: Array
    exact: Array

    @property
    def agreement(self) -> float:
        """Share of the windows with the same most likely class."""
        return float((self.quantized.argmax(axis=1) == self.exact.argmax(axis=1)).mean())


@dataclass(frozen=True)
class Unknown:
    """How a model takes movement of no class that it knows.

    Attributes:
        auroc: chance that such a window has a higher energy than a known one.
        refused: share of such windows that devices take for nothing.
    """

    windows: int
    auroc: float
    refused: float


@dataclass(frozen=True)
class Report:
    """Figures over the clear windows (one label has at least three quarters of the time).

    Attributes:
        quantized: of the model that devices run; the plain figures of a report are these.
        exact: of the float weights.
        refused: share of them that devices take for nothing, for their energy is above the release's limit.
        accuracy_all: share right of all windows, transitions included, by their main label.
        agreement: share of all windows in which the quantized model and its float weights answer the same.
        unknown: of movement that the model does not know; None without such windows.
    """

    model: str
    classes: tuple[str, ...]
    quantized: Scores
    exact: Scores
    refused: float
    accuracy_all: float
    agreement: float
    windows: int
    subjects: int
    unknown: Unknown | None = None

    @property
    def accuracy(self) -> float:
        """Share of the clear windows that the quantized model is right about."""
        return self.quantized.accuracy

    @property
    def macro_f1(self) -> float:
        """Mean of the quantized model's F1 over the classes that occur."""
        return self.quantized.macro_f1

    @property
    def per_class(self) -> tuple[ClassScore, ...]:
        """Of the quantized model."""
        return self.quantized.per_class

    @property
    def confusion(self) -> Counts:
        """(C, C) counts of the quantized model, rows are the truth."""
        return self.quantized.confusion


def evaluate(bundle: Bundle, windows: WindowSet, unknown: WindowSet | None = None) -> Report:
    """Run a release over labelled windows, in the release's own order of labels.

    Args:
        bundle: the release.
        windows: of movement that it knows; at least one is clear.
        unknown: windows of other movement.
    """
    answers = answer(bundle, windows.keypoints)
    clear = windows.clear
    labels, subjects = windows.labels[clear], windows.subjects[clear]
    manifest = bundle.manifest

    def figures(logits: Array) -> Scores:
        return score(_probabilities(manifest, logits[clear]), labels, subjects, windows.classes)

    return Report(
        model=manifest.model,
        classes=windows.classes,
        quantized=figures(answers.quantized),
        exact=figures(answers.exact),
        refused=float(strange(manifest, answers.quantized[clear]).mean()),
        accuracy_all=float((_probabilities(manifest, answers.quantized).argmax(axis=1) == windows.labels).mean()),
        agreement=answers.agreement,
        windows=int(clear.sum()),
        subjects=len(np.unique(windows.subjects)),
        unknown=_unknown(manifest, answers.quantized[clear], answer(bundle, unknown.keypoints).quantized)
        if unknown is not None and len(unknown)
        else None,
    )


def answer(bundle: Bundle, keypoints: Array) -> Answers:
    """Logits of windows (N, T, V, 4), as devices and as the float weights compute them.

    Of clips, which have more steps than a window, the mean over their parts.
    """
    manifest = bundle.manifest
    classifier, weights = Classifier(bundle.classifier), from_safetensors(bundle.files["weights.safetensors"])
    quantized, exact = [], []
    for start in range(0, len(keypoints), _CHUNK):
        parts = parts_of(keypoints[start : start + _CHUNK], manifest.window.length)
        features = [extract(part, manifest.features, rate_hz=manifest.window.rate_hz) for part in parts]
        quantized.append(np.mean([classifier.batch_logits(part) for part in features], axis=0))
        exact.append(np.mean([forward(manifest.architecture, weights, part) for part in features], axis=0))
    return Answers(np.concatenate(quantized), np.concatenate(exact))


def strange(manifest: Manifest, logits: Array) -> npt.NDArray[np.bool_]:
    """(N,) whether a device would take windows with logits (N, C) for nothing that it knows: too high an energy."""
    limit = manifest.thresholds.energy
    energies = free_energy(logits, manifest.temperature)
    return energies > (np.inf if limit is None else limit)


def _probabilities(manifest: Manifest, logits: Array) -> Floats:
    """(N, C) as a device would have them: all background where the movement is too strange."""
    probabilities: Floats = softmax(logits / np.float32(manifest.temperature)).astype(np.float64)
    probabilities[strange(manifest, logits)] = np.array(manifest.labels) == BACKGROUND
    return probabilities


def _unknown(manifest: Manifest, known: Array, other: Array) -> Unknown:
    """Of logits (N, C) of windows of what the model knows, and of those that it does not."""
    energy = [free_energy(logits, manifest.temperature).astype(np.float64) for logits in (known, other)]
    return Unknown(
        windows=len(other),
        auroc=unknown_auroc(energy[0], energy[1]),
        refused=float(strange(manifest, other).mean()),
    )
