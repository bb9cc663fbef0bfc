"""Windows as other people and other cameras would have shown them: (N, T, 15, 4) -> (N, T, 15, 4).

Everything is drawn per window from the given generator. Numbers that worked are in `Augmentation`; speed and a shift in
time come from resampling the window around its own ends.
"""

from dataclasses import dataclass

import numpy as np

from core.features import MID_HIP
from core.skeleton import CORE15, Array, mirror_core15


@dataclass(frozen=True)
class Augmentation:
    """How far to go; every value is the end of a uniform range around "nothing", or a probability."""

    mirror: float = 0.5  # probability; set to 0 for actions that only one side may do
    rotation_rad: float = 0.12  # camera roll
    stretch: float = 0.15  # x against y: lenses, people turned a little
    shear: float = 0.10
    speed: float = 0.15  # faster and slower
    limb: float = 0.08  # per-joint offset in torsos, constant in a window: other body shapes
    noise: float = 0.02  # per-joint, per-frame, in torsos: the estimator's jitter
    drop: float = 0.15  # probability that one joint is unseen for a part of the window

    def apply(self, keypoints: Array, rng: np.random.Generator) -> Array:
        """A new set of windows."""
        count = len(keypoints)
        changed = self._retime(keypoints, rng)
        flip = rng.random(count) < self.mirror
        changed[flip] = mirror_core15(changed[flip])
        centre = changed[:, :, MID_HIP, :2].mean(axis=1)[:, None, None]
        body = np.einsum("nab,ntjb->ntja", self._matrices(count, rng), changed[..., :2] - centre)
        torso = np.median(np.linalg.norm(body[:, :, 0] - body[:, :, MID_HIP], axis=-1), axis=1)[:, None, None, None]
        body += torso * rng.normal(0, self.limb, (count, 1, CORE15.size, 2))
        body += torso * rng.normal(0, self.noise, body.shape)
        changed[..., :2] = body + centre
        self._drop_joints(changed, rng)
        return changed

    def _retime(self, keypoints: Array, rng: np.random.Generator) -> Array:
        """Play faster (repeating an end) or slower, about a random moment."""
        count, steps = keypoints.shape[:2]
        factor = rng.uniform(1 - self.speed, 1 + self.speed, (count, 1))
        about = rng.uniform(0.25, 0.75, (count, 1)) * (steps - 1)
        moments = np.clip(about + (np.arange(steps) - about) * factor, 0, steps - 1)
        before = np.minimum(moments.astype(np.int64), steps - 2)
        share = (moments - before).astype(np.float32)[..., None, None]
        rows = np.arange(count)[:, None]
        mixed: Array = keypoints[rows, before] * (1 - share) + keypoints[rows, before + 1] * share
        return mixed

    def _matrices(self, count: int, rng: np.random.Generator) -> Array:
        angle = rng.uniform(-self.rotation_rad, self.rotation_rad, count)
        wide, tall = np.exp(rng.uniform(-self.stretch, self.stretch, (2, count)))
        slant = rng.uniform(-self.shear, self.shear, count)
        cosine, sine = np.cos(angle), np.sin(angle)
        rows = np.stack([cosine * wide, cosine * slant - sine * tall, sine * wide, sine * slant + cosine * tall], -1)
        matrices: Array = rows.reshape(count, 2, 2).astype(np.float32)
        return matrices

    def _drop_joints(self, keypoints: Array, rng: np.random.Generator) -> None:
        count, steps = keypoints.shape[:2]
        chosen = np.flatnonzero(rng.random(count) < self.drop)
        joints = rng.integers(0, CORE15.size, len(chosen))
        starts = rng.integers(0, steps, len(chosen))
        for window, joint, start in zip(chosen, joints, starts, strict=True):
            keypoints[window, start : start + steps // 3, joint, 3] = 0
