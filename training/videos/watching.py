"""One video -> the people in it, with the estimator that the daemon runs.

    for person in watch(Path("wave.mp4"), estimator, people=1): person.times, person.joints

Where never more than one person is in the picture, that is one person however often they leave and come back. Where
there are several they are tracked, as the daemon does, and whoever is there in most frames comes first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.skeleton import LAYOUTS, MEDIAPIPE33, Array, Pose
from device.tracking.tracker import Tracker

if TYPE_CHECKING:
    from device.pose import PoseEstimator

_FEWEST = 8  # frames: who is seen in less of them passed by
_USUAL_FPS = 30.0  # where a video does not say
_MAX_FRAMES = 1_000_000  # nine hours at thirty frames a second
_MAX_PIXELS = 8192 * 8192  # of one frame

Times = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Person:
    """One person of a video, from the first frame to the last that they may be in.

    Attributes:
        times: (N,) seconds since the video's first frame.
        joints: (N, V, 4) float32 x, y, z in frame heights and score; a row of NaN where they were not found.
    """

    times: Times
    joints: Array
    layout: str


def watch(video: Path, estimator: "PoseEstimator", *, people: int) -> list[Person]:
    """The `people` who are most present; one person who is never found if nobody is there.

    Raises:
        InputError: the video cannot be read or has no frames.
    """
    tracker = Tracker()
    times: list[float] = []
    seen: list[list[tuple[int, Pose]]] = []
    for moment, image in frames(video):
        times.append(moment)
        seen.append(tracker.update(estimator.estimate(image, moment), moment, image)[0])
    if not times:
        raise InputError(f"{video}: no frame can be read; is it a video that OpenCV knows?")
    return _people(np.array(times), seen, people)


def frames(video: Path) -> Iterator[tuple[float, Picture]]:
    """Every frame that can be decoded, as (seconds since the first one, (H, W, 3) uint8 BGR).

    The video's own clock counts where it goes forward, so that a phone's uneven rate stays what it was.

    Raises:
        InputError: a frame cannot be decoded, is too large, or there are too many.
    """
    import cv2

    capture = cv2.VideoCapture(str(video))
    try:
        fps = capture.get(cv2.CAP_PROP_FPS)
        step = 1 / fps if 0 < fps <= 1000 else 1 / _USUAL_FPS  # noqa: PLR2004 - faster is a broken header
        moment, first = -step, 0.0
        for index in range(_MAX_FRAMES):
            ok, image = capture.read()
            if not ok:
                return
            if image.shape[0] * image.shape[1] > _MAX_PIXELS:
                raise InputError(f"{video}: frames of {image.shape[1]}x{image.shape[0]} are too large; scale them down")
            clock = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            first = clock if index == 0 else first
            forward = moment + step / 4 < clock - first < moment + 60
            moment = clock - first if forward and index else moment + step
            yield moment, np.asarray(image, np.uint8)
        raise InputError(f"{video}: has more than {_MAX_FRAMES} frames; cut it into parts")
    except cv2.error as exc:
        raise InputError(f"{video}: cannot be decoded ({exc.err}); convert it, or leave it out") from exc
    finally:
        capture.release()


def count_frames(video: Path) -> int | None:
    """How many frames a video says that it has; None if it does not say. For progress only: headers err."""
    import cv2

    capture = cv2.VideoCapture(str(video))
    try:
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        return count if 0 < count <= _MAX_FRAMES else None
    finally:
        capture.release()


def _people(times: Times, seen: list[list[tuple[int, Pose]]], most: int) -> list[Person]:
    if max(map(len, seen)) <= 1:
        return [_person(times, {frame: here[0][1] for frame, here in enumerate(seen) if here}, 0, len(times))]
    tracks: dict[int, dict[int, Pose]] = {}
    for frame, here in enumerate(seen):
        for number, pose in here:
            tracks.setdefault(number, {})[frame] = pose
    longest = sorted(tracks.values(), key=lambda found: -len(found))
    chosen = [found for found in longest[:most] if len(found) >= _FEWEST] or longest[:1]
    return [_person(times, found, min(found), max(found) + 1) for found in chosen]


def _person(times: Times, found: dict[int, Pose], begin: int, end: int) -> Person:
    layout = next((pose.layout for pose in found.values()), MEDIAPIPE33.name)
    joints = np.full((end - begin, LAYOUTS[layout].size, 4), np.nan, np.float32)
    for frame, pose in found.items():
        joints[frame - begin] = np.concatenate([pose.joints, pose.score[:, None]], axis=1)
    return Person(times[begin:end], joints, layout)
