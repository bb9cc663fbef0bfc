"""Keypoint windows -> what the classifier sees. The one implementation, used by the desktop and by every device.

A window is centred on the hips and scaled by the torso, so that near and far, tall and short look the same; bones and
velocities (in torsos per second, hence independent of the frame rate) are added, then the motion of the body as a
whole, and a mask of the joints that were seen. These features matter more than the network (docs/decisions/0002).

    features = extract(window.keypoints, FeatureSpec(), rate_hz=15.0)      # (T, F)
"""

import msgspec
import numpy as np

from core.skeleton import CORE15, CORE15_PARENTS, Array

NECK, MID_HIP = CORE15.joints.index("neck"), CORE15.joints.index("mid_hip")
_LIMBS = tuple(joint for joint in range(CORE15.size) if joint != MID_HIP)  # every bone but the root's own
_PARENTS = tuple(CORE15_PARENTS[joint] for joint in _LIMBS)

_VELOCITY_UNIT = 4.0  # torsos per second that count as 1: keeps every feature of order one
_LIMIT = 5.0  # features are clipped here: an estimator's wild joint must not drown the rest
_SMALLEST_TORSO = 0.02  # frame heights; below it a person is a few pixels tall


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which features a classifier was trained on; part of a release's manifest."""

    name: str = "core15-2d-v1"
    min_score: float = 0.3  # below it a joint counts as unseen

    def __post_init__(self) -> None:
        if self.name != "core15-2d-v1":
            raise ValueError(f"unknown feature set {self.name!r}; this version knows core15-2d-v1")

    @property
    def size(self) -> int:
        """Number of features F of one frame."""
        return 2 * CORE15.size + 2 * len(_LIMBS) + 2 * CORE15.size + 4 + CORE15.size


def extract(keypoints: Array, spec: FeatureSpec, *, rate_hz: float) -> Array:
    """Features of one window (T, 15, 4) -> (T, F), or of many (N, T, 15, 4) -> (N, T, F), float32.

    Unseen joints keep their interpolated place in the window but their features are zeroed and their mask is 0.
    """
    position = keypoints[..., :2]
    seen = (keypoints[..., 3:] >= spec.min_score).astype(np.float32)
    root = position[..., MID_HIP, :]
    torso = _torso_length(position, seen)[..., None, None]
    body = (position - root[..., None, :]) / torso[..., None]
    bones = body[..., _LIMBS, :] - body[..., _PARENTS, :]
    velocity = _per_second(body, rate_hz, axis=-3) / _VELOCITY_UNIT
    travel = (root - root.mean(axis=-2, keepdims=True)) / torso
    drift = _per_second(root / torso, rate_hz, axis=-2) / _VELOCITY_UNIT
    parts = (
        _flat(body * seen),
        _flat(bones * seen[..., _LIMBS, :] * seen[..., _PARENTS, :]),
        _flat(velocity * seen),
        travel,
        drift,
        seen[..., 0],
    )
    features: Array = np.clip(np.concatenate(parts, axis=-1), -_LIMIT, _LIMIT).astype(np.float32)
    return features


def _torso_length(position: Array, seen: Array) -> Array:
    """Median over the frames of a window in which neck and hips were seen; of all frames where none was."""
    length = np.linalg.norm(position[..., NECK, :] - position[..., MID_HIP, :], axis=-1)
    both = (seen[..., NECK, 0] * seen[..., MID_HIP, 0]) > 0
    known = np.where(both, length, np.nan)
    nowhere = ~both.any(axis=-1)
    known[nowhere] = length[nowhere]
    torso: Array = np.nanmedian(known, axis=-1).astype(np.float32)
    return np.maximum(torso, np.float32(_SMALLEST_TORSO))


def _per_second(values: Array, rate_hz: float, *, axis: int) -> Array:
    """Backward difference along time; the first frame repeats the second's."""
    steps = np.diff(values, axis=axis) * np.float32(rate_hz)
    first = np.take(steps, [0], axis=axis)
    velocity: Array = np.concatenate([first, steps], axis=axis)
    return velocity


def _flat(values: Array) -> Array:
    return values.reshape(*values.shape[:-2], -1)
