"""One frame as the rows of a window: the joints that a feature set looks at, then the corners of objects' boxes."""

import numpy as np

from core.features._boxes import boxes_as_points
from core.features._profiles import FeatureSpec
from core.layouts import CORE15
from core.skeleton import Array, Pose


def points_of(pose: Pose, spec: FeatureSpec, boxes: Array | None = None) -> Array:
    """A pose, and what the object detector saw beside it, as (V, 4) float32 for windows of this feature set.

    Args:
        pose: of any layout for CORE15, of the feature set's own for others.
        spec: which feature set.
        boxes: (K, 5) in the order of `spec.objects`: centre x, y, width, height and score; None when nobody looked.

    Raises:
        ValueError: the pose lacks the joints, or the boxes are of other objects.
    """
    layout = spec.profile.layout
    if layout == CORE15.name:
        joints = pose.core15
    elif layout == pose.layout:
        joints = np.concatenate([pose.joints, pose.score[:, None]], axis=1)
    else:
        raise ValueError(f"features {spec.name} need joints of {layout}; the poses here are {pose.layout}")
    if not spec.objects:
        return joints
    known = np.zeros((len(spec.objects), 5), np.float32) if boxes is None else boxes
    if known.shape != (len(spec.objects), 5):
        raise ValueError(f"features {spec.name} need boxes of {', '.join(spec.objects)}, not {known.shape}")
    return np.concatenate([joints, boxes_as_points(known)])
