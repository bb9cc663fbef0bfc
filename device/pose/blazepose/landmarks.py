"""BlazePose's landmark model: the joints of one person in a region, sharpened with its heat maps.

Options: MediaPipe's tensors_to_pose_landmarks_and_segmentation.pbtxt.

    sight = LandmarkModel(models.landmarks, threads=1).look(picture, region)    # None: nobody is there
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.skeleton import MEDIAPIPE33
from device.pose.blazepose.masking import erase
from device.pose.blazepose.regions import Array, Image, Region
from device.pose.models import TfliteModel

_PIXELS = 256  # of the model's input, both ways
_CELLS = 64  # of a heat map, both ways
_POINTS = 39  # joints, two points for the next region, four that nobody uses
_VALUES = 5  # x, y, z in input pixels; visibility and presence before the sigmoid
_REACH = 3  # cells around a point that the heat map is read in: 7 by 7
_LEAST_SCORE = 0.5
_STEPS = np.arange(-_REACH, _REACH + 1)
_OFFSETS = _STEPS.astype(np.float32)


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
        points = self._model.output((1, _POINTS * _VALUES)).reshape(_POINTS, _VALUES).copy()
        used = points[: MEDIAPIPE33.size + 2]
        used[:, :2] = refine(used[:, :2] / _PIXELS, self._model.output((1, _CELLS, _CELLS, _POINTS))[0]) * _PIXELS
        return _place(used, region, score)


def refine(points: Array, heat: Array) -> Array:
    """Points (N, 2) as shares of the input, moved to the centre of heat around them where the heat map is sure.

    Args:
        points: x, y.
        heat: (rows, columns, at least N), before the sigmoid.
    """
    size = np.array(heat.shape[1::-1], np.float32)
    cells = (points * size).astype(np.int64)  # cut off, as the graph does
    warmth = _warmth_around(cells, heat)
    across, down = warmth.sum(axis=1), warmth.sum(axis=2)
    total = np.maximum(across.sum(axis=1), np.finfo(np.float32).tiny)
    away = np.stack([across @ _OFFSETS, down @ _OFFSETS], axis=1) / total[:, None]
    inside = ((cells >= 0) & (cells < size)).all(axis=1)
    sure = inside & (warmth.max(axis=(1, 2)) >= _LEAST_SCORE)
    return np.where(sure[:, None], (cells + away) / size, points).astype(np.float32)


def _warmth_around(cells: npt.NDArray[np.int64], heat: Array) -> Array:
    """(N, 7, 7) after the sigmoid, each point's own map around its cell (N, 2); outside of the map is cold."""
    rows, columns, maps = heat.shape
    x, y = (cells[:, axis, None] + _STEPS for axis in (0, 1))  # (N, 7) each
    known = ((y >= 0) & (y < rows))[:, :, None] & ((x >= 0) & (x < columns))[:, None, :]
    places = (y.clip(0, rows - 1) * columns)[:, :, None] + x.clip(0, columns - 1)[:, None, :]
    # By one number each instead of three: a third less time, in every picture.
    warmth = np.exp(-heat.reshape(-1).take(places * maps + np.arange(len(cells))[:, None, None]))
    return np.asarray(known / (1 + warmth), np.float32)


def _place(points: Array, region: Region, score: float) -> Sight:
    """From the crop into the picture."""
    flat = region.to_picture(points[:, :2], _PIXELS)
    depth = points[:, 2:3] * np.float32(region.size / _PIXELS)
    visibility, presence = 1 / (1 + np.exp(-points[: MEDIAPIPE33.size, 3:].T))
    joints = np.concatenate([flat, depth], axis=1)[: MEDIAPIPE33.size]
    return Sight(joints, visibility, presence, flat[MEDIAPIPE33.size :], score)
