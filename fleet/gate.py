"""Is a new model good enough? It must answer the operator's held-out windows no worse than the one it replaces.

What is judged is the quantized classifier, as devices will run it. Without an evaluation file the devices' own training
losses decide; that is weak evidence (each judges itself on what it trained on), and the report says so.
"""

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from converter.make_bundle import MINIMUM_AGREEMENT
from converter.parity import check_parity
from core.bundle import WEIGHTS, Bundle
from core.errors import InputError
from core.features import extract
from core.interpreter import Classifier
from core.weights import from_safetensors
from fleet.records import Losses

MAX_WINDOWS = 20_000  # judged in about 5 s, within the watchdog's patience
MAX_EVALUATION_BYTES = 512 * 2**20  # unpacked; 20,000 windows of 64 frames are 307 MB
_MEMBERS = ("keypoints", "y", "labels")
_BATCH = 256  # windows whose features are in memory at once
_PARITY_WINDOWS = 512
_FARTHEST = 1e4  # frame heights
_FEW = 20  # an action with fewer windows says too little to veto a model

# Every way in which zipfile and numpy say that bytes are not theirs; tests/fleet/test_gate.py damages files to see.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Evaluation:
    """Held-out windows: keypoints (N, T, V, 4) float32, classes y (N,) as indices of labels."""

    keypoints: npt.NDArray[np.float32]
    y: npt.NDArray[np.int64]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.y)


class ActionAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """Share of right answers among the windows of one action, before and after."""

    windows: int
    before: float
    after: float


class GateReport(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict and what it rests on.

    Attributes:
        judged_by: "evaluation": before and after are accuracies (shares); "losses": mean losses (nats).
        agreement: share of windows in which the quantized model answers as its float weights do.
        reason: a sentence.
    """

    passed: bool
    judged_by: Literal["evaluation", "losses"]
    before: float
    after: float
    reason: str
    actions: dict[str, ActionAccuracy] = {}
    agreement: float | None = None


def read_evaluation(path: Path) -> Evaluation:
    """Read an .npz with keypoints (N, T, V, 4), y (N,) and labels (C,). Never unpickles, never unpacks without bound.

    Raises:
        InputError: it cannot be read or is not that.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_EVALUATION_BYTES:
            raise InputError(f"{path}: unpacks to {unpacked} bytes; at most {MAX_EVALUATION_BYTES} are accepted")
        with np.load(path, allow_pickle=False) as arrays:
            if missing := [name for name in _MEMBERS if name not in arrays]:
                raise InputError(f"{path}: has no {' and no '.join(missing)}; it needs {', '.join(_MEMBERS)}")
            keypoints, y, labels = (arrays[name] for name in _MEMBERS)
    except _UNREADABLE as exc:
        raise InputError(f"{path}: no readable evaluation file ({str(exc)[:200]}); make it again") from exc
    return _checked(path, keypoints, y, labels)


def judge(
    candidate: Bundle, current: Bundle, evaluation: Evaluation, *, tolerance: float, maximum_action_drop: float
) -> GateReport:
    """Compare two releases of one model on held-out windows; the limits are points of accuracy.

    Raises:
        InputError: the windows are not of this model's length, or show what it does not know.
        BundleError: a classifier cannot be run.
    """
    y = _classes(evaluation, current.manifest.labels)
    was_right = _answers(current, evaluation) == y
    is_right = _answers(candidate, evaluation) == y
    actions = {
        label: ActionAccuracy(
            windows=int(chosen.sum()), before=float(was_right[chosen].mean()), after=float(is_right[chosen].mean())
        )
        for index, label in enumerate(current.manifest.labels)
        if (chosen := y == index).any()
    }
    before, after = float(was_right.mean()), float(is_right.mean())
    agreement = _agreement(candidate, evaluation)
    fault = (
        _lost_accuracy(before, after, tolerance)
        or _lost_action(actions, maximum_action_drop)
        or _lost_parity(agreement)
    )
    return GateReport(
        passed=not fault,
        judged_by="evaluation",
        before=before,
        after=after,
        reason=fault or f"accuracy on {len(y)} held-out windows {before:.1%} -> {after:.1%}",
        actions=actions,
        agreement=agreement,
    )


def judge_by_losses(losses: Sequence[Losses]) -> GateReport:
    """Judge by what the devices report of their own training, weighted by samples."""
    weights = [one.samples for one in losses]
    before = float(np.average([one.before for one in losses], weights=weights))
    after = float(np.average([one.after for one in losses], weights=weights))
    passed = after <= before
    source = "the devices' own training loss (there is no evaluation file)"
    verb = "went" if passed else "rose"
    return GateReport(
        passed=passed,
        judged_by="losses",
        before=before,
        after=after,
        reason=f"{source} {verb} from {before:.3f} to {after:.3f}",
    )


def _checked(
    path: Path, keypoints: npt.NDArray[np.generic], y: npt.NDArray[np.generic], labels: npt.NDArray[np.generic]
) -> Evaluation:
    if keypoints.ndim != 4 or keypoints.shape[3] != 4 or keypoints.dtype != np.float32:  # noqa: PLR2004
        raise InputError(f"{path}: keypoints are {keypoints.shape} {keypoints.dtype}, not (N, T, V, 4) float32")
    if not 1 <= len(keypoints) <= MAX_WINDOWS or keypoints.shape[1] < 2:  # noqa: PLR2004 - velocities need two frames
        raise InputError(f"{path}: 1 to {MAX_WINDOWS} windows of at least 2 frames are accepted, not {keypoints.shape}")
    points: npt.NDArray[np.float32] = keypoints.astype(np.float32, copy=False)
    if not (np.abs(points) <= _FARTHEST).all():
        raise InputError(f"{path}: keypoints contain NaN, infinity or places far outside of any frame")
    if labels.ndim != 1 or labels.dtype.kind != "U" or len(set(labels.tolist())) != len(labels):
        raise InputError(f"{path}: labels must be a list of different texts, not {labels.shape} {labels.dtype}")
    if y.shape != (len(keypoints),) or y.dtype.kind not in "iu":
        raise InputError(f"{path}: y is {y.shape} {y.dtype}; it must be one whole number a window")
    classes = y.astype(np.int64)
    if classes.min() < 0 or classes.max() >= len(labels):
        raise InputError(f"{path}: y goes from {classes.min()} to {classes.max()}, but there are {len(labels)} labels")
    return Evaluation(points, classes, tuple(str(label) for label in labels))


def _classes(evaluation: Evaluation, labels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """The windows' classes as the model numbers them."""
    shown = sorted({evaluation.labels[index] for index in np.unique(evaluation.y)})
    if strange := [label for label in shown if label not in labels]:
        raise InputError(
            f"the evaluation file shows {', '.join(strange)}, the model knows {', '.join(labels)}; "
            "make the file again for this model"
        )
    to_model = np.array([labels.index(label) if label in labels else -1 for label in evaluation.labels], np.int64)
    return to_model[evaluation.y]


def _features(bundle: Bundle, evaluation: Evaluation) -> Iterator[npt.NDArray[np.float32]]:
    manifest = bundle.manifest
    expected = (manifest.window.length, manifest.features.points)
    if evaluation.keypoints.shape[1:3] != expected:
        raise InputError(
            f"the evaluation file has windows of {evaluation.keypoints.shape[1]} frames of "
            f"{evaluation.keypoints.shape[2]} points, release {manifest.model} takes {expected[0]} of {expected[1]}; "
            "make the file again for this model"
        )
    for start in range(0, len(evaluation), _BATCH):
        batch = evaluation.keypoints[start : start + _BATCH]
        yield extract(batch, manifest.features, rate_hz=manifest.window.rate_hz)


def _answers(bundle: Bundle, evaluation: Evaluation) -> npt.NDArray[np.int64]:
    classifier = Classifier(bundle.classifier)
    batches = [classifier.batch_logits(features).argmax(axis=1) for features in _features(bundle, evaluation)]
    return np.concatenate(batches)


def _agreement(bundle: Bundle, evaluation: Evaluation) -> float:
    some = Evaluation(evaluation.keypoints[:_PARITY_WINDOWS], evaluation.y[:_PARITY_WINDOWS], evaluation.labels)
    features = np.concatenate(list(_features(bundle, some)))
    weights = from_safetensors(bundle.files[WEIGHTS])
    return check_parity(bundle.classifier, bundle.manifest.architecture, weights, features).agreement


def _lost_accuracy(before: float, after: float, tolerance: float) -> str | None:
    if after >= before - tolerance / 100 - 1e-9:
        return None
    return f"accuracy on held-out windows fell from {before:.1%} to {after:.1%}, by more than {tolerance:g} points"


def _lost_action(actions: dict[str, ActionAccuracy], maximum_drop: float) -> str | None:
    for label, accuracy in actions.items():
        if accuracy.windows >= _FEW and accuracy.before - accuracy.after > maximum_drop / 100 + 1e-9:
            return (
                f"accuracy on {label} fell from {accuracy.before:.1%} to {accuracy.after:.1%}, "
                f"by more than {maximum_drop:g} points"
            )
    return None


def _lost_parity(agreement: float) -> str | None:
    if agreement >= MINIMUM_AGREEMENT:
        return None
    return f"the quantized model agrees with its float weights in only {agreement:.1%} of the held-out windows"
