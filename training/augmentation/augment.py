"""Windows as other people and other cameras would have shown them: (N, K, V, 4) -> (N, T, V, 4).

Everything is drawn per window from the given generator. Lengths are in the unit of the feature set's ruler (a torso, or
shoulders), so that the same numbers suit every source.

    changed = Augmentation(view_rad=0.5).apply(windows, FeatureSpec(name="core15-3d-v2"), rng)
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.features import FeatureSpec, centre_and_torso
from core.skeleton import Array
from training.augmentation.camera import camera_matrices

_HAND_SHARE = 0.1  # a finger's joints differ and tremble by so much of what a limb's do
_GONE = 3  # a joint is hidden, or stands still, for one third of a window


@dataclass(frozen=True)
class Augmentation:
    """How far to go; every value is the end of a uniform range around "nothing", or a probability."""

    mirror: float = 0.5  # probability; set to 0 for actions that only one side may do
    rotation_rad: float = 0.12  # camera roll
    view_rad: float = 0.0  # camera turned about the upright axis: only for joints with depth
    tilt_rad: float = 0.0  # camera looking up or down: only for joints with depth
    stretch: float = 0.15  # one axis against another: lenses, people turned a little
    shear: float = 0.10
    span: tuple[float, float] = (0.85, 1.15)  # share of the window's time that is shown: slower, faster, cut off
    pace: float = 0.0  # uneven speed: exponent of time
    limb: float = 0.08  # per-joint offset, constant in a window: other body shapes
    noise: float = 0.02  # per joint and frame: the estimator's jitter
    drop: float = 0.15  # probability that a joint, and the limb that hangs on it, is unseen for a part of the window
    freeze: float = 0.0  # probability that two joints stand still for a part of the window
    hand_drop: float = 0.0  # probability for each hand to be unseen
    object_drop: float = 0.2  # probability for each object to be unseen; `training.train` also hides all at once

    def apply(
        self, keypoints: Array, spec: FeatureSpec, rng: np.random.Generator, *, length: int | None = None
    ) -> Array:
        """A new set of windows, of `length` steps; of as many as they have when None."""
        changed = self._retime(keypoints, length or keypoints.shape[1], rng)
        flip = rng.random(len(changed)) < self.mirror
        changed[flip] = mirrored(changed[flip], spec)
        self._move(changed, spec, rng)
        for window, places, steps in self._chosen(changed, spec, rng, self.freeze, several=2):
            one = changed[window, :, :, :3]
            one[steps, places] = one[steps.start, places]
        for window, places, steps in self._chosen(changed, spec, rng, self.drop, several=1):
            changed[window, :, :, 3][steps, _with_limb(spec, places[0])] = 0
        self._hide(changed, _hands(spec), self.hand_drop, rng)
        self._hide(changed, _objects(spec), self.object_drop, rng)
        return changed

    def _retime(self, keypoints: Array, length: int, rng: np.random.Generator) -> Array:
        """Show a part of the time, or more than there is: an end then stands still."""
        count, steps = keypoints.shape[:2]
        share = rng.uniform(*self.span, (count, 1))
        start = rng.uniform(0, 1, (count, 1)) * (1 - share)
        bend = np.exp(rng.uniform(-self.pace, self.pace, (count, 1)))
        moments = np.clip(start + share * np.linspace(0, 1, length) ** bend, 0, 1) * (steps - 1)
        return sample(keypoints, moments)

    def _move(self, keypoints: Array, spec: FeatureSpec, rng: np.random.Generator) -> None:
        """Another camera, another body, and jitter; boxes of objects move with the camera only."""
        count, joints = len(keypoints), spec.profile.joints.size
        path, torso = centre_and_torso(keypoints, spec)
        centre = np.zeros((count, 1, 1, 3), np.float32)
        centre[..., : path.shape[-1]] = path.mean(axis=1)[:, None, None]
        matrices = camera_matrices(
            rng,
            count,
            turns=(self.tilt_rad, self.view_rad, self.rotation_rad),
            stretch=self.stretch,
            shear=self.shear,
        )
        moved = (keypoints[..., :3] - centre) @ matrices.transpose(0, 2, 1)[:, None]
        scale = torso[:, None, None, None] * _delicacy(spec)[:, None]
        for strength, steps in ((self.limb, 1), (self.noise, keypoints.shape[1])):
            offset = rng.standard_normal((count, steps, joints, 3), np.float32)
            moved[:, :, :joints] += np.float32(strength) * scale * offset
        keypoints[..., :3] = moved + centre

    def _chosen(
        self, keypoints: Array, spec: FeatureSpec, rng: np.random.Generator, probability: float, *, several: int
    ) -> list[tuple[int, list[int], slice]]:
        """For some windows: which, `several` joints of the body, and a third of the window's steps."""
        count, steps = keypoints.shape[:2]
        chosen = np.flatnonzero(rng.random(count) < probability)
        joints = rng.choice(spec.profile.chosen, (len(chosen), several))
        starts = rng.integers(0, steps, len(chosen))
        parts = [slice(int(start), int(start) + steps // _GONE) for start in starts]
        return [(int(one), list(some), part) for one, some, part in zip(chosen, joints, parts, strict=True)]

    @staticmethod
    def _hide(keypoints: Array, things: list[list[int]], probability: float, rng: np.random.Generator) -> None:
        for places in things:
            left = (rng.random(len(keypoints)) >= probability).astype(np.float32)
            keypoints[:, :, places, 3] *= left[:, None, None]


def sample(keypoints: Array, moments: npt.NDArray[np.float64]) -> Array:
    """Windows (N, K, V, 4) at other moments (N, T), in steps from their start: (N, T, V, 4).

    In between, places are interpolated; scores are the lower ones.
    """
    before = np.clip(moments.astype(np.int64), 0, max(keypoints.shape[1] - 2, 0))
    after = np.minimum(before + 1, keypoints.shape[1] - 1)
    share = (moments - before).astype(np.float32)[..., None, None]
    rows = np.arange(len(keypoints))[:, None]
    start, end = keypoints[rows, before], keypoints[rows, after]
    mixed: Array = start + (end - start) * share
    mixed[..., 3] = np.where(share[..., 0] > 0, np.minimum(start[..., 3], end[..., 3]), start[..., 3])
    return mixed


def mirrored(keypoints: Array, spec: FeatureSpec) -> Array:
    """The same movement seen in a mirror; twice, it is itself."""
    other = keypoints[..., spec.mirror, :].copy()
    other[..., 0] *= -1
    return other


def blinded(keypoints: Array, spec: FeatureSpec) -> Array:
    """The same windows, of which the object detector saw nothing."""
    unseen = keypoints.copy()
    unseen[..., spec.profile.joints.size :, 3] = 0
    return unseen


def _with_limb(spec: FeatureSpec, place: int) -> list[int]:
    """A joint's place and those of the joints further out, unless it belongs to the trunk."""
    layout, parents = spec.profile.joints, dict(spec.profile.parents)
    name = layout.joints[place]
    if "left" not in name and "right" not in name:
        return [place]
    gone = {name}
    for joint, parent in parents.items():  # in the order from the trunk outwards
        if parent in gone:
            gone.add(joint)
    return [layout.index[joint] for joint in gone]


def _hands(spec: FeatureSpec) -> list[list[int]]:
    joints = spec.profile.joints.joints
    if not spec.profile.hands:
        return []
    return [[place for place, name in enumerate(joints) if f"{side}_hand_" in name] for side in ("left", "right")]


def _objects(spec: FeatureSpec) -> list[list[int]]:
    first = spec.profile.joints.size
    return [[first + 2 * number, first + 2 * number + 1] for number in range(len(spec.objects))]


def _delicacy(spec: FeatureSpec) -> Array:
    """(V,) how far each joint may be off, against a limb's."""
    share = np.ones(spec.profile.joints.size, np.float32)
    for hand in _hands(spec):
        share[hand] = _HAND_SHARE
    return share
