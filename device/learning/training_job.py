"""The training process: `python -m device.learning.training_job JOBDIR`, started and killed by `learner`.

It reads the job, the release's weights and the samples, trains with numpy, and writes one result file, whole or not at
all. It has the lowest priority and a memory limit, ends when its parent does, and never sees the device's key.
"""

import math
import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from core.architecture import Architecture
from core.features import FeatureSpec, centre_and_torso, extract
from core.files import write_atomically
from core.messages import RoundOpen
from core.network import cross_entropy, forward, loss_and_gradients
from core.skeleton import Array
from core.weights import (
    Weights,
    clip_by_global_norm,
    encode_delta,
    from_safetensors,
    global_norm,
    subtract,
)
from core.window import WindowSpec
from device.learning.samples import SampleStore

JOB, WEIGHTS, RESULT = "job.json", "weights.safetensors", "result.msgpack"

_MOMENTUM = 0.9
_SMOOTHING = 0.05  # labels come from people who press a button a little early or late
_STEEPEST = 5.0  # gradient norm; LSTM gradients explode now and then (Pascanu et al. 2013)
_SLOWEST = 0.05  # share of the learning rate at the end of the cosine
_NICE = 19

# How far augmentation goes. No mirror: whether left and right differ is the labels' business, and the fleet's.
_ROTATION, _STRETCH, _SPEED, _NOISE = 0.10, 0.10, 0.10, 0.02  # radians, ratio, ratio, torsos


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be trained on what."""

    round: RoundOpen
    architecture: Architecture
    features: FeatureSpec
    window: WindowSpec
    labels: tuple[str, ...]
    samples: str  # the sample store's file
    maximum_samples: int
    memory_mb: int


class Result(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A trained delta, encoded, and what is to be said about it."""

    payload: bytes
    samples: int
    loss_before: float
    loss_after: float
    steps: int


@dataclass(frozen=True)
class Lesson:
    """Keypoints (N, T, V, 4), their classes (N,), and how features are made of them."""

    keypoints: Array
    classes: npt.NDArray[np.int64]
    features: FeatureSpec
    rate_hz: float

    def loss(self, architecture: Architecture, weights: Weights) -> float:
        """Mean cross-entropy, without augmentation or smoothing."""
        windows = extract(self.keypoints, self.features, rate_hz=self.rate_hz)
        return float(cross_entropy(forward(architecture, weights, windows), self.classes).mean())


def train(lesson: Lesson, architecture: Architecture, start: Weights, plan: RoundOpen) -> tuple[Weights, int]:
    """Stochastic gradient descent with momentum and a cosine schedule, as the round asks; weights and steps done."""
    rng = np.random.default_rng(plan.seed)
    weights = dict(start)
    velocity = {name: np.zeros_like(tensor) for name, tensor in weights.items()}
    targets = np.eye(architecture.classes, dtype=np.float32)[lesson.classes]
    targets = targets * np.float32(1 - _SMOOTHING) + np.float32(_SMOOTHING / architecture.classes)
    count = len(lesson.classes)
    total = plan.epochs * math.ceil(count / plan.batch)
    step = 0
    for _ in range(plan.epochs):
        order = rng.permutation(count)
        for first in range(0, count, plan.batch):
            _stop_with_parent()
            chosen = order[first : first + plan.batch]
            changed = augment(lesson.keypoints[chosen], lesson.features, rng)
            windows = extract(changed, lesson.features, rate_hz=lesson.rate_hz)
            _, gradients, _ = loss_and_gradients(architecture, weights, windows, targets[chosen])
            gradients = clip_by_global_norm(gradients, _STEEPEST)
            rate = np.float32(plan.learning_rate * _cosine(step / total))
            for name, gradient in gradients.items():
                velocity[name] = np.float32(_MOMENTUM) * velocity[name] - rate * gradient
                weights[name] = weights[name] + velocity[name]
            step += 1
    return weights, step


def augment(keypoints: Array, spec: FeatureSpec, rng: np.random.Generator) -> Array:
    """The windows (N, T, V, 4) as a slightly turned camera, other body or other pace would have shown them."""
    count, steps = keypoints.shape[:2]
    changed = _play_at_other_pace(keypoints, rng.uniform(1 - _SPEED, 1 + _SPEED, (count, 1)))
    centre, torso = centre_and_torso(changed, spec)
    root = centre[..., :2].mean(axis=1)[:, None, None]
    body = (changed[..., :2] - root) * np.exp(rng.uniform(-_STRETCH, _STRETCH, (count, 1, 1, 2)))
    angle = rng.uniform(-_ROTATION, _ROTATION, (count, 1, 1))
    x = np.cos(angle) * body[..., 0] - np.sin(angle) * body[..., 1]
    y = np.sin(angle) * body[..., 0] + np.cos(angle) * body[..., 1]
    noise = rng.normal(0, _NOISE, (count, steps, keypoints.shape[2], 2)) * torso[:, None, None, None]
    changed[..., :2] = np.stack([x, y], axis=-1) + noise + root
    return changed


def _play_at_other_pace(keypoints: Array, factor: npt.NDArray[np.float64]) -> Array:
    """Resample time (axis 1) about the middle; beyond the ends the first and last frame stand still."""
    steps = keypoints.shape[1]
    middle = (steps - 1) / 2
    moments = np.clip(middle + (np.arange(steps) - middle) * factor, 0, steps - 1)
    before = np.minimum(moments.astype(np.int64), steps - 2)
    share = (moments - before).astype(np.float32)[..., None, None]
    rows = np.arange(len(keypoints))[:, None]
    mixed: Array = keypoints[rows, before] * (1 - share) + keypoints[rows, before + 1] * share
    return mixed


def _cosine(progress: float) -> float:
    return _SLOWEST + (1 - _SLOWEST) * (1 + math.cos(math.pi * progress)) / 2


def run(directory: Path) -> None:
    """Do the job in a directory.

    Raises:
        ValueError: training led to numbers that are none; nothing is written.
    """
    job = msgspec.json.decode((directory / JOB).read_bytes(), type=Job)
    resource.setrlimit(resource.RLIMIT_DATA, (job.memory_mb * 2**20, job.memory_mb * 2**20))
    base = from_safetensors((directory / WEIGHTS).read_bytes())
    with SampleStore(Path(job.samples), job.maximum_samples) as store:
        keypoints, classes = store.load(job.labels, (job.window.length, job.features.points))
    lesson = Lesson(keypoints, classes, job.features, job.window.rate_hz)
    before = lesson.loss(job.architecture, base)
    trained, steps = train(lesson, job.architecture, base, job.round)
    delta = subtract(trained, base)
    if not math.isfinite(global_norm(delta)):
        raise ValueError(f"training diverged at learning rate {job.round.learning_rate}")
    delta = clip_by_global_norm(delta, job.round.clip_norm)
    payload = encode_delta(job.round.codec, delta)
    after = lesson.loss(job.architecture, {name: base[name] + delta[name] for name in base})
    result = Result(payload, len(classes), before, after, steps)
    write_atomically(directory / RESULT, msgspec.msgpack.encode(result), mode=0o600)


_parent = os.getppid()


def _stop_with_parent() -> None:
    """A training process must not go on when the daemon was killed."""
    if os.getppid() != _parent:
        sys.exit("the daemon is gone")


def _main() -> None:
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is reported, not kept: it would hold keypoints
    try:
        run(Path(sys.argv[1]))
    except MemoryError:
        sys.exit("training needs more memory than learning.memory_mb allows")
    except (ValueError, OSError) as exc:
        sys.exit(str(exc))


if __name__ == "__main__":
    _main()
