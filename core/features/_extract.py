"""The features of a window: body, then hands and objects where the feature set has them."""

import numpy as np

from core.features._boxes import object_features
from core.features._hands import hand_features
from core.features._profiles import FeatureSpec
from core.features._series import VELOCITY_UNIT, Mask, fill_gaps, flat, origin, per_second, ruler
from core.skeleton import Array

_LIMIT = 5.0  # features are clipped here: an estimator's wild joint must not drown the rest


def extract(keypoints: Array, spec: FeatureSpec, *, rate_hz: float) -> Array:
    """Features of one window (T, V, 4) -> (T, F), or of many (N, T, V, 4) -> (N, T, F), float32.

    Args:
        keypoints: x, y, z in any one unit, and score, of the spec's layout; corners of objects' boxes after the joints.
        spec: which features.
        rate_hz: steps per second.

    Raises:
        ValueError: the windows have another number of points than the spec.
    """
    if keypoints.shape[-2:] != (spec.points, 4):
        raise ValueError(f"{spec.name} takes windows (T, {spec.points}, 4), not {keypoints.shape[-3:]}")
    seen = keypoints[..., 3] >= spec.min_score
    raw = keypoints[..., : spec.profile.dimensions]
    position = fill_gaps(raw, seen)
    root = origin(position, spec)
    torso = ruler(raw, seen, spec)[..., None, None]
    body = (position - root[..., None, :]) / torso[..., None]
    parts = _body_features(body, seen, spec, rate_hz)
    parts += _travel_features(root / torso, rate_hz)
    if spec.profile.hands:
        parts += hand_features(body, seen, spec)
    if spec.objects:
        parts += object_features(body, seen, spec)
    chosen = seen[..., spec.profile.chosen].astype(np.float32)
    features: Array = np.clip(np.concatenate([*parts, chosen], axis=-1), -_LIMIT, _LIMIT).astype(np.float32)
    return features


def _body_features(body: Array, seen: Mask, spec: FeatureSpec, rate_hz: float) -> list[Array]:
    """Places, bones and velocities of the joints that count; zero for those that were never seen."""
    chosen = spec.profile.chosen
    joints = body[..., chosen, :]
    known = seen[..., chosen].any(axis=-2)[..., None, :, None].astype(np.float32)
    ends, starts = spec.profile.bones
    bones = joints[..., ends, :] - joints[..., starts, :]
    velocity = per_second(joints, rate_hz, axis=-3) / np.float32(VELOCITY_UNIT)
    return [
        flat(joints * known),
        flat(bones * known[..., ends, :] * known[..., starts, :]),
        flat(velocity * known),
    ]


def _travel_features(root: Array, rate_hz: float) -> list[Array]:
    """Where the body as a whole goes, from its mean place in the window, and how fast."""
    return [
        root - root.mean(axis=-2, keepdims=True),
        per_second(root, rate_hz, axis=-2) / np.float32(VELOCITY_UNIT),
    ]
