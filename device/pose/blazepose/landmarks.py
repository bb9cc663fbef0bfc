"""BlazePose's landmark model: the joints of one person in a region, sharpened with its heat maps.

Options: MediaPipe's tensors_to_pose_landmarks_and_segmentation.pbtxt.

    sight = LandmarkModel(models.landmarks, threads=1).look(picture, region)    # None: nobody is there
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.skeleton import MEDIAPIPE33
from device.pose.blazepose.heat import (
    BIAS,
    CELLS,
    COARSE,
    FINE,
    HEAD,
    KERNEL,
    MAPS,
    REACH,
    STEPS,
    WHOLE,
    HeatHead,
    HeatMaps,
)
from device.pose.blazepose.masking import erase
from device.pose.blazepose.regions import Array, Image, Region
from device.pose.models import TfliteModel

_PIXELS = 256  # of the model's input, both ways
_VALUES = 5  # x, y, z in input pixels; visibility and presence before the sigmoid
_LEAST_SCORE = 0.5
CLEAR_SCORE = 0.9  # of a sight that needs no second look
# Of the cells around a point, row by row: their sum, and how far their heat is across and down.
_MOMENTS = np.stack([np.ones((STEPS.size, STEPS.size)), *np.meshgrid(STEPS, STEPS)], axis=-1)
_MOMENTS = _MOMENTS.reshape(-1, 3).astype(np.float32)


@dataclass(frozen=True)
class Sight:
    """One person as seen in one picture.

    Attributes:
        joints: (33, 3) x, y, z in pixels of the picture.
        visibility: (33,) in [0, 1]: the joint is in the region and not hidden.
        presence: (33,) in [0, 1]: the joint is in the region.
        around: (2, 2) hips and edge of the circle around the body: the next region, see `region_around`.
        score: that anybody is there, in [0, 1].
    """

    joints: Array
    visibility: Array
    presence: Array
    around: Array
    score: float


class LandmarkModel:
    """See the module; not for use by several threads.

    Raises:
        InputError: the model cannot be loaded.
    """

    def __init__(self, model: Path, *, threads: int) -> None:
        self._model = TfliteModel(model, threads=threads)
        self._weights: tuple[Array, Array] | None = None
        if self._model.output_shapes.issuperset(HEAD):
            kernel, bias = (self._model.output(shape).copy() for shape in (KERNEL, BIAS))
            self._weights = kernel.reshape(MAPS, -1), bias

    def look(self, picture: Image, region: Region, *, without: Sequence[Array] = ()) -> Sight | None:
        """The person in a region of a picture (H, W, 3) uint8 BGR, behind others, joints (33, at least 2) each."""
        import cv2

        part = region.cut(picture, _PIXELS)
        if without:
            part = erase(part, [region.to_crop(joints, _PIXELS) for joints in without])
        crop = cv2.cvtColor(part, cv2.COLOR_BGR2RGB)
        self._model.fill(lambda tensor: np.multiply(crop, np.float32(1 / 255), out=tensor[0]))
        self._model.invoke()
        score = float(self._model.output((1, 1))[0, 0])
        if score < _LEAST_SCORE:
            return None
        points = self._model.output((1, MAPS * _VALUES)).reshape(MAPS, _VALUES).copy()
        used = points[: MEDIAPIPE33.size + 2]
        used[:, :2] = refine(used[:, :2] / _PIXELS, self._heat()) * _PIXELS
        return _place(used, region, score)

    def _heat(self) -> HeatMaps | HeatHead:
        if self._weights is None:
            return HeatMaps(self._model.output(WHOLE)[0])
        return HeatHead(self._model.output(COARSE)[0], self._model.output(FINE)[0], *self._weights)


def refine(points: Array, heat: HeatMaps | HeatHead) -> Array:
    """Points (N, 2), x and y as shares of the input, moved to the centre of heat around them where that is sure."""
    cells = (points * np.float32(CELLS)).astype(np.int64)  # cut off, as the graph does
    around = cells[:, :, None] + STEPS
    known = (around >= 0) & (around < CELLS)  # outside of a map is cold
    warmth = (known[:, 1, :, None] & known[:, 0, None, :]) / (1 + np.exp(-heat.around(cells)))
    flat = warmth.reshape(len(points), -1)
    moments = flat @ _MOMENTS
    away = moments[:, 1:] / np.maximum(moments[:, :1], np.finfo(np.float32).tiny)
    sure = known[:, :, REACH].all(axis=1) & (flat.max(axis=1) >= _LEAST_SCORE)
    return np.where(sure[:, None], (cells + away) / CELLS, points).astype(np.float32)


def _place(points: Array, region: Region, score: float) -> Sight:
    """From the crop into the picture."""
    flat = region.to_picture(points[:, :2], _PIXELS)
    depth = points[:, 2:3] * np.float32(region.size / _PIXELS)
    visibility, presence = 1 / (1 + np.exp(-points[: MEDIAPIPE33.size, 3:].T))
    joints = np.concatenate([flat, depth], axis=1)[: MEDIAPIPE33.size]
    return Sight(joints, visibility, presence, flat[MEDIAPIPE33.size :], score)
