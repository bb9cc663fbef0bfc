"""Knowledge distillation: a small network learns what larger ones, or several together, make of the same windows.

The targets are a mix of the labels and the mean of the teachers' probabilities (Hinton et al. 2015). Each teacher's
probabilities are softened by the temperature that validation people gave it, so that a sure teacher is a right one.

    teachers = [read_checkpoint(path) for path in paths]
    targets = distilled(shares, keypoints, teachers, share=0.7)
"""

from collections.abc import Sequence

import numpy as np

from core.checkpoint import Checkpoint
from core.errors import ConfigError
from core.features import FeatureSpec, extract
from core.network import forward, softmax
from core.skeleton import Array
from core.window import WindowSpec


def check_teachers(
    teachers: Sequence[Checkpoint], classes: tuple[str, ...], window: WindowSpec, features: FeatureSpec
) -> None:
    """Check that teachers can answer for these classes and windows; they may make other features of the same joints.

    Raises:
        ConfigError: one knows other classes, or looks at other windows or joints.
    """
    for teacher in teachers:
        known = teacher.description
        if known.labels != classes:
            raise ConfigError(f"a teacher knows {', '.join(known.labels)}; the student learns {', '.join(classes)}")
        if (known.window.rate_hz, known.window.length) != (window.rate_hz, window.length):
            raise ConfigError(
                f"a teacher sees {known.window.length} frames at {known.window.rate_hz:g} Hz, the student "
                f"{window.length} at {window.rate_hz:g} Hz; train both on the same windows"
            )
        if known.features.rows != features.rows:
            raise ConfigError(
                f"a teacher sees {', '.join(known.features.rows)}, the student {', '.join(features.rows)}; train both "
                "on the same joints and objects"
            )


def distilled(shares: Array, keypoints: Array, teachers: Sequence[Checkpoint], *, share: float) -> Array:
    """Targets (N, C) of windows: labels and what the teachers say of them, in which `share` is the teachers'."""
    if not teachers:
        return shares
    said = np.mean([_probabilities(teacher, keypoints) for teacher in teachers], axis=0)
    mixed: Array = ((1 - share) * shares + share * said).astype(np.float32)
    return mixed


def _probabilities(teacher: Checkpoint, keypoints: Array) -> Array:
    known = teacher.description
    features = extract(keypoints, known.features, rate_hz=known.window.rate_hz)
    logits = forward(known.architecture, teacher.weights, features)
    return softmax(logits / np.float32(known.temperature))
