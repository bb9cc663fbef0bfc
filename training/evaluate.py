"""How good a model is on people it has never seen: of windows here, of events in `training.event_metrics`.

report = evaluate(bundle, windows)
print(report.accuracy, report.per_class)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.bundle import Bundle
from core.features import extract
from core.interpreter import Classifier
from core.network import forward
from core.weights import from_safetensors
from training.datasets.windows import WindowSet


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of one class, and how many windows truly have it."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Report:
    """Figures over the clear windows (one label has at least three quarters of the time).

    Attributes:
        accuracy: share of them that is right.
        accuracy_all: the same over all windows, transitions included, by their main label.
        confusion: (C, C) counts, rows are the truth.
        agreement: share of all windows in which the quantized model and its float weights answer the same.
    """

    model: str
    accuracy: float
    accuracy_all: float
    macro_f1: float
    per_class: tuple[ClassScore, ...]
    confusion: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    windows: int
    subjects: int
    agreement: float


def evaluate(bundle: Bundle, windows: WindowSet) -> Report:
    """Run the quantized model of a release over labelled windows, in the release's own order of labels."""
    manifest = bundle.manifest
    features = extract(windows.keypoints, manifest.features, rate_hz=manifest.window.rate_hz)
    classifier = Classifier(bundle.classifier)
    answers = np.array([classifier.logits(window).argmax() for window in features])
    reference = forward(manifest.architecture, from_safetensors(bundle.files["weights.safetensors"]), features)
    agreement = float((answers == reference.argmax(axis=1)).mean())
    return score(manifest.model, answers, windows, agreement)


def score(model: str, answers: npt.NDArray[np.int64], windows: WindowSet, agreement: float) -> Report:
    """Figures from answers (N,) to windows."""
    right = answers == windows.labels
    clear = windows.clear
    confusion = confusion_matrix(windows.labels[clear], answers[clear], len(windows.classes))
    per_class = class_scores(confusion, windows.classes)
    return Report(
        model=model,
        accuracy=float(right[clear].mean()),
        accuracy_all=float(right.mean()),
        macro_f1=float(np.mean([one.f1 for one in per_class if one.support])),
        per_class=per_class,
        confusion=confusion,
        classes=windows.classes,
        windows=int(clear.sum()),
        subjects=len(np.unique(windows.subjects)),
        agreement=agreement,
    )


def confusion_matrix(truth: npt.NDArray[np.int64], answers: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """(C, C) counts; rows are the truth, columns the answers."""
    matrix: npt.NDArray[np.int64] = np.bincount(truth * count + answers, minlength=count * count).reshape(count, count)
    return matrix


def class_scores(confusion: npt.NDArray[np.int64], classes: Sequence[str]) -> tuple[ClassScore, ...]:
    """Precision, recall and F1 of every class; 0 where there is nothing to divide by."""
    scores = []
    for index, name in enumerate(classes):
        hit = float(confusion[index, index])
        answered, true = float(confusion[:, index].sum()), float(confusion[index].sum())
        precision = hit / answered if answered else 0.0
        recall = hit / true if true else 0.0
        f1 = 2 * hit / (answered + true) if answered + true else 0.0
        scores.append(ClassScore(name, precision, recall, f1, int(true)))
    return tuple(scores)
