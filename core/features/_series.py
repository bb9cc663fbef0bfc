"""Places of joints over time: gaps filled, origin and unit of length, speed."""

import numpy as np
import numpy.typing as npt

from core.features._profiles import FeatureSpec
from core.skeleton import Array

Mask = npt.NDArray[np.bool_]

SMALLEST_TORSO = 0.02  # of the unit of the joints; below it a person is a few pixels tall
VELOCITY_UNIT = 4.0  # torsos per second that count as 1: keeps every feature of order one


def fill_gaps(position: Array, seen: Mask) -> Array:
    """Places (..., T, V, D) in which a point that was not seen lies between its neighbours in time that were.

    Before the first and after the last sighting it stands still; a point that was never seen is left as it is.
    """
    if seen.all():
        return position
    steps = np.arange(position.shape[-3])[:, None]
    last = position.shape[-3]
    before = np.maximum.accumulate(np.where(seen, steps, -1), axis=-2)
    after = np.flip(np.minimum.accumulate(np.flip(np.where(seen, steps, last), axis=-2), axis=-2), axis=-2)
    never = (before < 0) & (after == last)
    first = np.where(never, steps, np.where(before < 0, after, before))
    second = np.where(never, steps, np.where(after == last, before, after))
    share = ((steps - first) / np.maximum(second - first, 1)).astype(np.float32)[..., None]
    start = np.take_along_axis(position, first[..., None], axis=-3)
    end = np.take_along_axis(position, second[..., None], axis=-3)
    filled: Array = start + (end - start) * share
    return filled


def centre_and_torso(keypoints: Array, spec: FeatureSpec) -> tuple[Array, Array]:
    """Where a body is at every step and how large it is.

    Args:
        keypoints: (..., T, V, 4).
        spec: says which joints are the body's origin and its ruler.

    Returns:
        The origin (..., T, D), and the unit of length (...), the same for the whole window.
    """
    position, seen = keypoints[..., : spec.profile.dimensions], keypoints[..., 3] >= spec.min_score
    return origin(fill_gaps(position, seen), spec), ruler(position, seen, spec)


def origin(position: Array, spec: FeatureSpec) -> Array:
    """The mean of one or two joints at every step: (..., T, V, D) -> (..., T, D)."""
    places = spec.profile.places(spec.profile.origin)
    mean: Array = (position[..., places[0], :] + position[..., places[-1], :]) / np.float32(2)
    return mean


def ruler(position: Array, seen: Mask, spec: FeatureSpec) -> Array:
    """Median over the steps at which both ends of the ruler were seen; over all steps where they never were: (...)."""
    one, other = spec.profile.places(spec.profile.ruler)
    length = np.linalg.norm(position[..., one, :] - position[..., other, :], axis=-1)
    return median_where(length, seen[..., one] & seen[..., other], at_least=SMALLEST_TORSO)


def median_where(values: Array, known: Mask, *, at_least: float) -> Array:
    """Median over the last axis of the values that are known; of all of them where none is."""
    chosen = np.where(known | ~known.any(axis=-1, keepdims=True), values, np.nan)
    median: Array = np.nanmedian(chosen, axis=-1).astype(np.float32)
    return np.maximum(median, np.float32(at_least))


def per_second(values: Array, rate_hz: float, *, axis: int) -> Array:
    """Backward difference along time; the first step repeats the second's, and a single one stands still."""
    if values.shape[axis] == 1:
        return np.zeros_like(values)
    steps = np.diff(values, axis=axis) * np.float32(rate_hz)
    velocity: Array = np.concatenate([np.take(steps, [0], axis=axis), steps], axis=axis)
    return velocity


def flat(values: Array) -> Array:
    """The last two axes as one."""
    return values.reshape(*values.shape[:-2], values.shape[-2] * values.shape[-1])
