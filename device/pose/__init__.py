"""Pose estimators, one file each, behind one protocol.

estimator = make_estimator(settings.pose)
poses = estimator.estimate(image, captured_at)
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.errors import ConfigError
from core.skeleton import Pose
from device.settings import PoseSettings

__all__ = ["Effort", "PoseEstimator", "make_estimator"]


@dataclass(frozen=True)
class Effort:
    """How much an estimator may do for a frame; `device.latency.meter` lowers it when frames take too long.

    Attributes:
        max_people: the most people followed at once.
        detect_every: look for further people in every so many-th frame.
        at_once: whether all of them may be looked for in one frame, which then takes some times as long as others.
    """

    max_people: int
    detect_every: int
    at_once: bool = True


class PoseEstimator(Protocol):
    """Finds people in pictures that come in the order of time."""

    def estimate(self, image: npt.NDArray[np.uint8], captured_at: float) -> list[Pose]:
        """The people in one picture (H, W, 3) uint8 BGR; none is an empty list."""
        ...

    def adapt(self, effort: Effort) -> None:
        """Do no more than this from the next picture on; an estimator without such a choice ignores it."""
        ...

    def close(self) -> None:
        """Give back what the estimator holds."""
        ...


def make_estimator(settings: PoseSettings) -> PoseEstimator:
    """The estimator that the settings name; its libraries are loaded here and not before.

    Raises:
        ConfigError: the settings do not fit together.
        InputError: it cannot be had: a package is not installed, or the recording cannot be read.
    """
    if settings.estimator == "recording":
        from device.pose.recording import RecordingEstimator

        if settings.recording is None:
            raise ConfigError("[pose] recording: missing; the estimator `recording` needs a file to replay")
        return RecordingEstimator(settings.recording)
    if settings.estimator == "blazepose":
        from device.pose.blazepose import BlazePoseEstimator

        return BlazePoseEstimator(settings)
    if settings.estimator in {"yolo", "movenet"}:
        from device.pose.user_model import make_user_estimator

        return make_user_estimator(settings)
    if settings.estimator == "holistic":
        from device.pose.holistic import HolisticEstimator

        return HolisticEstimator(min_visibility=settings.min_visibility)
    from device.pose.mediapipe import MediaPipeEstimator

    return MediaPipeEstimator(min_visibility=settings.min_visibility)
