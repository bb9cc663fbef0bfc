"""BlazePose for several people, on its two models alone: the same joints as MediaPipe's graph in less time.

Everybody followed costs one run of the landmark model a picture; newcomers are looked for now and then (`Schedule`).

    estimator = BlazePoseEstimator(PoseSettings())
    people = estimator.estimate(picture, captured_at)
"""

from collections.abc import Iterator

import numpy as np

from core.skeleton import Pose
from device.pose import Effort
from device.pose.blazepose.detector import Detector
from device.pose.blazepose.finding import Finding
from device.pose.blazepose.following import Following
from device.pose.blazepose.landmarks import LandmarkModel, Sight
from device.pose.blazepose.regions import Array, Image
from device.pose.models import find_pose_models
from device.pose.quality import is_person
from device.settings import PoseSettings

_DOUBT_S = 1.0  # so long without looking like a person: not followed any more


class BlazePoseEstimator:
    """See the module.

    Raises:
        InputError: no models or no runtime is installed.
    """

    def __init__(self, settings: PoseSettings) -> None:
        import cv2

        cv2.setNumThreads(1)  # small pictures: more threads cost more than they bring
        models = find_pose_models(settings.models)
        self._detector = Detector(models.detector, threads=settings.threads)
        self._landmarks = LandmarkModel(models.landmarks, threads=settings.threads)
        self._min_visibility = settings.min_visibility
        self._effort = Effort(settings.max_people, settings.detect_every)
        self._following = Following(self._landmarks, self._is_someone)
        self._begin((0, 0, 0))

    def estimate(self, image: Image, captured_at: float) -> list[Pose]:
        """See `device.pose.PoseEstimator`; who was found first comes first."""
        if image.shape != self._shape:
            self._begin(image.shape)
        lost = self._following.follow(image, captured_at)
        if lost:
            self._finding.hurry()
            self._following.let_go(lost)
        self._following.wait_for_hidden(image, captured_at, most=self._effort.max_people)
        self._finding.look(image, captured_at, self._effort)
        return list(self._poses(captured_at))

    def adapt(self, effort: Effort) -> None:
        """See `device.pose.PoseEstimator`; with fewer people, those found first are followed on."""
        self._effort = effort
        del self._following.people[effort.max_people :]

    def close(self) -> None:
        """Forget everybody."""
        self._following.forget()

    def _begin(self, shape: tuple[int, ...]) -> None:
        """Pictures of this shape come from now on."""
        self._shape = shape
        self._following.forget()
        self._finding = Finding(self._detector, self._landmarks, self._following, shape, self._is_someone)

    def _poses(self, at: float) -> Iterator[Pose]:
        for person in list(self._following.people):
            if self._is_person(person.joints, person.visibility):
                person.convincing_at = at
                yield Pose(person.joints / np.float32(self._shape[0]), person.visibility.clip(0, 1))
            elif not 0 <= at - person.convincing_at < _DOUBT_S:
                self._following.people.remove(person)
                self._finding.start_again()

    def _is_someone(self, sight: Sight) -> bool:
        return self._is_person(sight.joints, sight.visibility)

    def _is_person(self, joints: Array, visibility: Array) -> bool:
        rows, columns = self._shape[:2]
        scaled = joints / np.float32(rows)
        return is_person(scaled, visibility, aspect=columns / rows, min_visibility=self._min_visibility)
