"""Videos -> recordings, with the estimator that the daemon runs; several processes, cached, resumable.

recordings = extract_all([Source(video=..., ...)], Path("recordings"), processes=2)
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.skeleton import MEDIAPIPE33, Array, Pose
from training.datasets.recording import Recording, load, save

if TYPE_CHECKING:
    from device.pose import PoseEstimator

_ABSENT = np.full((MEDIAPIPE33.size, 4), np.nan, np.float32)


@dataclass(frozen=True)
class Source:
    """A video and what is known about it: who, and what is done when."""

    video: Path
    name: str
    subject: str
    segments: tuple[tuple[str, float, float], ...]  # action, from, to in seconds; the rest is background
    classes: tuple[str, ...]


def extract(source: Source, estimator: "PoseEstimator") -> Recording:
    """Find the person in every frame of one video.

    Raises:
        InputError: the video cannot be read or has no frames.
    """
    times: list[float] = []
    joints: list[Array] = []
    for moment, image in _frames(source.video):
        poses = estimator.estimate(image, moment)
        times.append(moment)
        joints.append(_as_row(poses[0]) if poses else _ABSENT)
    if not times:
        raise InputError(f"{source.video}: no frame can be read; is it a video that OpenCV knows?")
    moments = np.array(times)
    labels = np.zeros(len(times), np.int64)
    for action, start, end in source.segments:
        labels[(moments >= start) & (moments < end)] = source.classes.index(action)
    return Recording(source.name, source.subject, moments, np.stack(joints), labels, source.classes)


def extract_all(
    sources: Sequence[Source], directory: Path, *, processes: int, on_done: Callable[[Recording], None] = lambda _: None
) -> list[Recording]:
    """Extract many videos into `<directory>/<name>.npz`; those that are there already are only read.

    The cache is by name: give a video with other content another name.
    """
    done = {source.name: directory / f"{source.name}.npz" for source in sources}
    waiting = [(source, done[source.name]) for source in sources if not done[source.name].exists()]
    waiting_names = {source.name for source, _ in waiting}
    for name, path in done.items():
        if name not in waiting_names:
            on_done(load(path))
    if waiting:
        with _pool(min(processes, len(waiting))) as pool:
            for path in pool.imap_unordered(_extract_to_file, waiting):
                on_done(load(path))
    return [load(path) for path in done.values()]


@contextlib.contextmanager
def _pool(processes: int) -> Iterator["multiprocessing.pool.Pool"]:
    """Worker processes that leave Ctrl-C to their parent and never outlive it."""
    context = multiprocessing.get_context("spawn")
    pool = context.Pool(processes, initializer=_start_worker)
    try:
        yield pool
        pool.close()
    finally:
        pool.terminate()
        pool.join()


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # MediaPipe's graph writes several lines for every video straight to this handle, and nothing else uses it: errors
    # travel to the parent as exceptions.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _extract_to_file(job: tuple[Source, Path]) -> Path:
    source, path = job
    from device.pose import make_estimator
    from device.settings import PoseSettings

    # A new one for every video: the graph tracks from frame to frame and must not carry a person over.
    estimator = make_estimator(PoseSettings())
    try:
        save(extract(source, estimator), path)
    finally:
        estimator.close()
    return path


def _frames(video: Path) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    import cv2

    capture = cv2.VideoCapture(str(video))
    try:
        fps = capture.get(cv2.CAP_PROP_FPS) or 30.0
        index = 0
        while True:
            ok, image = capture.read()
            if not ok:
                return
            yield index / fps, np.asarray(image, np.uint8)
            index += 1
    finally:
        capture.release()


def _as_row(pose: Pose) -> Array:
    return np.concatenate([pose.joints, pose.score[:, None]], axis=1)
