"""A camera's pictures for hours that never repeat: rendered people in a random order, in a light that wanders.

show = Projector(make_films(directory, ["ada", "ben"]), seed=0).show
with mjpeg_camera(show, 1 / FPS) as camera: ...
"""

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from device.camera.sources import Image, Source, read_file
from tests import tiny
from training.synthesis import random_footage, write_clips

FPS = 12.0
_SIZE = (320, 240)
_ACTIONS = tuple(label for label in tiny.LABELS if label != "background")
_SHOWN_S = (3.0, 9.0)  # of a film at a time
_EMPTY = 0.15  # share of the times in which nobody is there
_DARKEST, _BRIGHTEST, _FLICKER = 0.6, 1.2, 0.02


def make_films(directory: Path, people: Sequence[str]) -> list[Path]:
    """A film of each of these people, doing all that the tiny model knows; rendered once."""
    footage = [
        replace(random_footage(person, 0, _ACTIONS), width=_SIZE[0], height=_SIZE[1], fps=FPS) for person in people
    ]
    return [clip.video for clip in write_clips(footage, directory, processes=1)]


class Projector:
    """Shows parts of films, in an order that the seed decides."""

    def __init__(self, films: Sequence[Path], *, seed: int) -> None:
        self._reels = [_read(film) for film in films]
        self._rng = np.random.default_rng(seed)
        self._programme = self._play()
        self._lock = threading.Lock()
        self._light = 1.0

    def show(self, number: int) -> bytes:
        """The next JPEG file, whatever its number."""
        del number
        with self._lock:
            picture = next(self._programme)
            self._light = float(np.clip(self._light + self._rng.normal(0, _FLICKER), _DARKEST, _BRIGHTEST))
            lit = np.clip(picture * np.float32(self._light), 0, 255).astype(np.uint8)
        return cv2.imencode(".jpg", lit)[1].tobytes()

    def _play(self) -> Iterator[Image]:
        while True:
            frames = round(self._rng.uniform(*_SHOWN_S) * FPS)
            if self._rng.random() < _EMPTY:
                yield from (self._rng.integers(90, 110, (*_SIZE[::-1], 3), np.uint8) for _ in range(frames))
                continue
            reel = self._reels[self._rng.integers(len(self._reels))]
            start = int(self._rng.integers(len(reel)))
            for data in itertools.islice(itertools.cycle(reel), start, start + frames):
                yield np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _read(film: Path) -> list[npt.NDArray[np.uint8]]:
    """Its pictures, each as a JPEG file in memory."""
    pictures = (image for image, _ in read_file(Source("file", str(film))))
    return [cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1] for image in pictures]
