"""BlazePose's detector: all people of a picture at once, each as the square that the landmark model wants to see.

It finds faces first and says from them where hips and the circle around the body are (Bazarevsky et al. 2020). Options:
MediaPipe's pose_detection_cpu.pbtxt.

    regions = Detector(models.detector, threads=1).detect(picture)       # the surest first
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from device.pose.blazepose.anchors import INPUT_SIZE, make_anchors
from device.pose.blazepose.regions import Array, Image, Region, region_around
from device.pose.blazepose.suppression import blend_overlapping
from device.pose.letterbox import Letterbox
from device.pose.models import TfliteModel

_VALUES = 12  # box: centre, width, height; four points x, y
_LEAST_SCORE = 0.5
_OVERLAP = 0.3  # of the face boxes of one person


@dataclass(frozen=True)
class Detection:
    """Somebody, and how sure the detector is, in [0, 1]."""

    region: Region
    score: float


class Detector:
    """See the module; not for use by several threads.

    Raises:
        InputError: the model cannot be loaded.
    """

    def __init__(self, model: Path, *, threads: int) -> None:
        self._model = TfliteModel(model, threads=threads)
        self._anchors = make_anchors()

    def detect(self, picture: Image) -> list[Detection]:
        """The people in a picture (H, W, 3) uint8 BGR, the surest first."""
        import cv2

        place = Letterbox.fit(picture.shape, (INPUT_SIZE, INPUT_SIZE))
        scaled = np.asarray(cv2.cvtColor(place.apply(picture), cv2.COLOR_BGR2RGB), np.uint8)
        self._model.fill(lambda tensor: _normalise(scaled, tensor[0]))
        self._model.invoke()
        points, scores = self._people()
        placed = place.to_picture(points * np.float32(INPUT_SIZE))
        return [
            Detection(region_around(hips, edge), float(score))
            for (hips, edge), score in zip(placed, scores, strict=True)
        ]

    def _people(self) -> tuple[Array, Array]:
        """Hips and edge of each body (M, 2, 2) as shares of the input, and scores (M,)."""
        logits = self._model.output((1, len(self._anchors), 1))[0, :, 0]
        sure = np.flatnonzero(logits >= np.log(_LEAST_SCORE / (1 - _LEAST_SCORE)))
        scores = np.asarray(1 / (1 + np.exp(-np.minimum(logits[sure], 100))), np.float32)
        raw = self._model.output((1, len(self._anchors), _VALUES))[0, sure] / np.float32(INPUT_SIZE)
        anchors = self._anchors[sure]
        centres, halves = raw[:, :2] + anchors, raw[:, 2:4] / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1)
        hips_and_edges = raw[:, 4:8] + np.tile(anchors, 2)
        blended, best = blend_overlapping(boxes, hips_and_edges, scores, overlap=_OVERLAP)
        return blended.reshape(-1, 2, 2), best


def _normalise(pixels: Image, into: Array) -> None:
    """Grey levels 0 to 255 become -1 to 1."""
    np.multiply(pixels, np.float32(1 / 127.5), out=into)
    np.subtract(into, np.float32(1), out=into)
