"""Objects near a person: where a box is on the body, how large, and how far from the hands.

A box travels through windows as two more points, its corners, so that everything that moves, turns or scales joints
does the same to boxes.
"""

import numpy as np

from core.features._profiles import POINTS_PER_OBJECT, FeatureSpec
from core.features._series import Mask, flat
from core.skeleton import Array


def boxes_as_points(boxes: Array) -> Array:
    """Boxes (..., K, 5) of centre x, y, width, height and score -> corners (..., 2 K, 4) of x, y, 0 and score."""
    half = boxes[..., 2:4] / np.float32(2)
    corners = np.zeros((*boxes.shape[:-1], POINTS_PER_OBJECT, 4), np.float32)
    corners[..., 0, :2] = boxes[..., :2] - half
    corners[..., 1, :2] = boxes[..., :2] + half
    corners[..., 3] = boxes[..., 4, None]
    return corners.reshape(*boxes.shape[:-2], -1, 4)


def object_features(body: Array, seen: Mask, spec: FeatureSpec) -> list[Array]:
    """Place, size and distance to both wrists of every object's box in torsos, and whether it is in view.

    All zero in a window that does not show it.
    """
    first = spec.profile.joints.size
    corners = body[..., first:, :2].reshape(*body.shape[:-2], len(spec.objects), POINTS_PER_OBJECT, 2)
    present = seen[..., first::POINTS_PER_OBJECT]
    centre = corners.mean(axis=-2)
    size = np.abs(corners[..., 1, :] - corners[..., 0, :])
    wrists = body[..., spec.profile.places(("left_wrist", "right_wrist")), :2]
    reach = np.linalg.norm(centre[..., :, None, :] - wrists[..., None, :, :], axis=-1)
    known = present.any(axis=-2)[..., None, :, None].astype(np.float32)
    described = np.concatenate([centre, size, reach], axis=-1) * known
    return [flat(described), present.astype(np.float32)]
