"""Releases: the first of a model, from a template and trained weights; the next, from a parent and averaged weights.

Both patch, so the aggregator makes releases as well, in milliseconds and without TensorFlow. Nothing is sealed before
the quantized classifier has been compared with the float weights.

    first = make_bundle(name="home", version=1, parent=None, ...)
    second = next_release(first, averaged, version=2, created_at=now, metrics={"accuracy": 0.93}, key=key)
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt

from converter.balance import patch_balanced
from converter.parity import check_parity
from converter.patch import PatchMap, decode_patch_map, encode_patch_map
from core.architecture import Architecture
from core.bundle import CLASSIFIER, GOLDEN, PATCH_MAP, WEIGHTS, Bundle, Manifest, Thresholds, seal
from core.checkpoint import Checkpoint
from core.errors import BundleError
from core.features import FeatureSpec
from core.golden import golden_windows, make_golden
from core.signing import SigningKey
from core.weights import Weights, to_safetensors
from core.window import WindowSpec

MINIMUM_AGREEMENT = 0.97  # with the float weights, over golden windows; trained classifiers reach 0.99 and more


def make_bundle(
    *,
    name: str,
    version: int,
    parent: int | None,
    created_at: datetime,
    labels: tuple[str, ...],
    architecture: Architecture,
    features: FeatureSpec,
    window: WindowSpec,
    weights: Weights,
    template: bytes,
    patch_map: PatchMap,
    golden_windows: npt.NDArray[np.float32],
    temperature: float,
    thresholds: Thresholds,
    metrics: Mapping[str, float],
    key: SigningKey,
) -> Bundle:
    """A signed release of these weights.

    Args:
        golden_windows: (N, T, F) feature windows from validation; they travel with the release.
        template: a classifier of this architecture with any weights, and its `patch_map` (converter.quantize).

    Raises:
        BundleError: parts that do not fit together, or a quantized classifier that answers otherwise than the weights.
    """
    try:
        manifest = Manifest(
            name=name,
            version=version,
            parent=parent,
            created_at=created_at,
            labels=labels,
            architecture=architecture,
            features=features,
            window=window,
            temperature=temperature,
            thresholds=thresholds,
            metrics=dict(metrics),
        )
    except ValueError as error:
        raise BundleError(f"release {name}-{version} cannot be made: {error}") from error
    return _release(manifest, weights, template=template, patch_map=patch_map, windows=golden_windows, key=key)


def release_checkpoint(
    checkpoint: Checkpoint,
    *,
    name: str,
    version: int,
    created_at: datetime,
    template: bytes,
    patch_map: PatchMap,
    key: SigningKey,
) -> Bundle:
    """A signed first release of what training handed over; see `make_bundle`."""
    description = checkpoint.description
    return make_bundle(
        name=name,
        version=version,
        parent=None,
        created_at=created_at,
        labels=description.labels,
        architecture=description.architecture,
        features=description.features,
        window=description.window,
        weights=checkpoint.weights,
        template=template,
        patch_map=patch_map,
        golden_windows=checkpoint.golden,
        temperature=description.temperature,
        thresholds=Thresholds(energy=description.energy_limit),
        metrics=description.metrics,
        key=key,
    )


def next_release(
    parent: Bundle,
    weights: Weights,
    *,
    version: int,
    created_at: datetime,
    metrics: Mapping[str, float],
    key: SigningKey,
) -> Bundle:
    """A signed release of new weights for the model of `parent`; golden logits are the new ones, all else stays.

    Raises:
        BundleError: the weights are not this model's, or cannot be quantized without other answers.
    """
    manifest = msgspec.structs.replace(
        parent.manifest,
        version=version,
        parent=parent.manifest.version,
        created_at=created_at,
        metrics=dict(metrics),
    )
    patch_map = decode_patch_map(parent.files[PATCH_MAP])
    windows = golden_windows(parent.files[GOLDEN])
    return _release(manifest, weights, template=parent.classifier, patch_map=patch_map, windows=windows, key=key)


def _release(
    manifest: Manifest,
    weights: Weights,
    *,
    template: bytes,
    patch_map: PatchMap,
    windows: npt.NDArray[np.float32],
    key: SigningKey,
) -> Bundle:
    classifier = patch_balanced(template, patch_map, weights, architecture=manifest.architecture, windows=windows)
    golden = make_golden(classifier, windows)
    report = check_parity(classifier, manifest.architecture, weights, windows)
    if report.agreement < MINIMUM_AGREEMENT:
        raise BundleError(
            f"release {manifest.model}: quantized and float weights agree in only {report.agreement:.1%} of the golden "
            f"windows (at least {MINIMUM_AGREEMENT:.0%} is needed); the weights may have grown too large"
        )
    files = {
        CLASSIFIER: classifier,
        WEIGHTS: to_safetensors(weights),
        GOLDEN: golden,
        PATCH_MAP: encode_patch_map(patch_map),
    }
    return seal(manifest, files, key)
