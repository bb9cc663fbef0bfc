"""The first model of the demo: trained, converted, sealed; and the windows that judge it and its successors."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.progress import Progress, TaskID

from converter.make_bundle import release_checkpoint
from converter.patch import decode_patch_map, encode_patch_map
from core.bundle import Bundle, write_bundle
from core.checkpoint import DESCRIPTION, Checkpoint, read_checkpoint
from core.files import write_atomically
from core.signing import SigningKey
from core.window import WindowSpec
from posefleet.demo.plan import Places, Plan
from training.datasets.recording import Recording
from training.datasets.windows import WindowSet, label_windows
from training.models import MODELS
from training.pipeline import make_checkpoint, train_on_recordings
from training.train import TrainingConfig

if TYPE_CHECKING:
    from converter.quantize import Template

_BACKGROUND_SHARE = 0.3  # people who teach a device show actions, not how they wait
_TEMPLATE, _PATCH_MAP = "classifier.tflite", "patch_map.json"


def train_first(
    training: list[Recording],
    validation: list[Recording],
    plan: Plan,
    places: Places,
    *,
    progress: Progress,
    task: TaskID,
) -> Checkpoint:
    """Train once; afterwards the checkpoint is there."""
    if (places.checkpoint / DESCRIPTION).exists():
        progress.update(task, completed=plan.epochs)
        return read_checkpoint(places.checkpoint)
    config = TrainingConfig(epochs=plan.epochs, seed=plan.seed)
    result = train_on_recordings(training, validation, config, lambda at: progress.update(task, completed=at.epoch))
    return make_checkpoint(result, places.checkpoint)


def template_for(classes: int, places: Places) -> "Template":
    """The quantized template; TensorFlow makes it once, in a process of its own."""
    from converter.quantize import Template, make_template

    model, patch_map = places.template / _TEMPLATE, places.template / _PATCH_MAP
    if not patch_map.exists():
        config = TrainingConfig()
        made = make_template(
            MODELS[config.model](features=config.features, window=config.window.length, classes=classes)
        )
        write_atomically(model, made.model)
        write_atomically(patch_map, encode_patch_map(made.patch_map))
    return Template(model.read_bytes(), decode_patch_map(patch_map.read_bytes()))


def first_release(checkpoint: Checkpoint, template: "Template", places: Places, key: SigningKey) -> Bundle:
    """Version 1, signed by the operator."""
    bundle = release_checkpoint(
        checkpoint,
        name="actions",
        version=1,
        created_at=datetime.now(UTC),
        template=template.model,
        patch_map=template.patch_map,
        key=key,
    )
    write_bundle(bundle, places.release)
    return bundle


def write_evaluation_set(windows: WindowSet, path: Path) -> None:
    """What the operator's gate judges new models on: clear windows of validation people."""
    clear = windows.select(windows.clear)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, keypoints=clear.keypoints, y=clear.labels, labels=np.array(clear.classes))


def lesson_windows(
    recording: Recording, shares: Mapping[str, float], classes: tuple[str, ...], *, seed: int
) -> WindowSet:
    """The labelled windows that one device keeps: of each action, its share of its own person's clear windows."""
    windows = label_windows([recording], WindowSpec(), classes)
    rng = np.random.default_rng(seed)
    wanted = np.array([shares.get(classes[label], _BACKGROUND_SHARE) for label in windows.labels])
    return windows.select(windows.clear & (rng.random(len(windows)) < wanted))
