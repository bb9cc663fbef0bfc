"""Estimators on a user's own .tflite file: several people in the whole picture, or one in a region that follows them.

estimator = make_user_estimator(PoseSettings(estimator="yolo", model=Path("yolov8n-pose.tflite")))
poses = estimator.estimate(image, captured_at)          # layout coco17
"""

import numpy as np
import numpy.typing as npt

from core.errors import ConfigError
from core.skeleton import Pose
from device.objects.picture_model import Array, PictureModel
from device.pose import Effort, PoseEstimator
from device.pose.letterbox import Letterbox
from device.pose.movenet import MOVENET
from device.pose.outputs import HIPS, TORSO, Candidates, OutputLayout, is_somebody, recognise, to_pose
from device.pose.region import Region
from device.pose.suppression import suppress
from device.pose.yolo import YOLO
from device.settings import PoseSettings

_LEAST_SCORE = 0.25  # of a candidate; what YOLO's and MoveNet's own examples take
_MOST_OVERLAP = 0.65  # of two people's boxes; YOLOv7-pose's own value
# So much further from the hips than the torso and than all joints that are seen: the crop of MoveNet's example.
_TORSO_ROOM, _BODY_ROOM = 1.9, 1.2
_SEEN = 0.2  # the score of a joint that the region must hold


def make_user_estimator(settings: PoseSettings) -> PoseEstimator:
    """The estimator `yolo` or `movenet` on `settings.model`.

    Raises:
        ConfigError: no model is named.
        InputError: the file cannot be used, or its outputs are of no known layout.
    """
    if settings.model is None:
        raise ConfigError(f"[pose] model: missing; the estimator `{settings.estimator}` needs a .tflite file of yours")
    model = PictureModel(settings.model, threads=settings.threads)
    layout = recognise(model, YOLO if settings.estimator == "yolo" else MOVENET, settings.estimator)
    model.fill_with(layout.pixels)
    if layout.single:
        return OnePerson(model, layout, settings.min_visibility)
    return WholePicture(model, layout, settings.min_visibility, max_people=settings.max_people)


class WholePicture:
    """People by a model that looks at the whole picture each time."""

    def __init__(self, model: PictureModel, layout: OutputLayout, min_visibility: float, *, max_people: int) -> None:
        self._model = model
        self._layout = layout
        self._min_visibility = min_visibility
        self._max_people = max_people

    def estimate(self, image: npt.NDArray[np.uint8], captured_at: float) -> list[Pose]:
        """See `device.pose.PoseEstimator`; the best come first."""
        del captured_at
        box = Letterbox.fit(image.shape, self._model.fit(image.shape))
        outputs = self._model.run(box.apply(image, fill=self._layout.fill))
        found = self._choose(self._layout.decode(outputs, self._model.size, _LEAST_SCORE))
        return [to_pose(box.to_frame(person[:, :2]), person[:, 2]) for person in found.keypoints]

    def adapt(self, effort: Effort) -> None:
        """Fewer people cost no less here, but what follows for each of them does."""
        self._max_people = effort.max_people

    def close(self) -> None:
        """Nothing is held."""

    def _choose(self, found: Candidates) -> Candidates:
        seen = np.flatnonzero([is_somebody(person, self._min_visibility) for person in found.keypoints])
        found = found.take(seen)
        if not self._layout.overlapping:
            return found.take(np.arange(min(len(found.score), self._max_people)))
        return found.take(suppress(found.boxes, found.score, most_overlap=_MOST_OVERLAP, most=self._max_people))


class OnePerson:
    """The one person whom a single-pose model sees, best when they fill its input: a region follows them."""

    def __init__(self, model: PictureModel, layout: OutputLayout, min_visibility: float) -> None:
        self._model = model
        self._layout = layout
        self._min_visibility = min_visibility
        self._last: Array | None = None

    def estimate(self, image: npt.NDArray[np.uint8], captured_at: float) -> list[Pose]:
        """See `device.pose.PoseEstimator`."""
        del captured_at
        rows, columns = image.shape[:2]
        size = self._model.fit(image.shape)
        region = Region.around((0, 0, columns, rows), size)
        if self._last is not None:
            region = max(region, _region_of(self._last, size), key=lambda one: one.scale)
        outputs = self._model.run(region.cut(image))
        found = self._layout.decode(outputs, size, 0.0)
        self._last = None
        if not len(found.score) or not is_somebody(found.keypoints[0], self._min_visibility):
            return []
        places, score = region.to_picture(found.keypoints[0, :, :2]), found.keypoints[0, :, 2]
        self._last = np.concatenate([places, score[:, None]], axis=1)
        return [to_pose(places / np.float32(rows), score)]

    def adapt(self, effort: Effort) -> None:
        """One person is the least."""

    def close(self) -> None:
        """Nothing is held."""


def _region_of(person: Array, size: tuple[int, int]) -> Region:
    """Where somebody with these keypoints (17, 3), in pixels of the picture, is looked for next."""
    middle = person[HIPS, :2].mean(axis=0)
    reach = np.abs(person[:, :2] - middle)
    seen = reach[person[:, 2] >= _SEEN]
    half = np.maximum(_TORSO_ROOM * reach[TORSO].max(axis=0), _BODY_ROOM * seen.max(axis=0, initial=0))
    (left, top), (right, bottom) = (middle - half).tolist(), (middle + half).tolist()
    return Region.around((left, top, right, bottom), size)
