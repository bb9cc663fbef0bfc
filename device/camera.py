"""Pictures from a camera: the newest one, with the moment it was taken; loss is noticed and healed.

- A capture thread reads as fast as the source gives; there is a slot of one and the newest frame wins, so a slow reader
  never works on old pictures and capture never waits for inference.
- A source that ends, fails or freezes is opened again with a *new* handle after a jittered, growing pause: an OpenCV
  handle that failed once never recovers. A thread stuck in a frozen read is left behind and ends when the read does;
  `attempts` grows only while none is stuck, so that a driver that never returns can be told from a camera that is away.
- A file plays at its own frame rate, as a camera would.
- On a board that is short of time `adapt` asks for fewer pictures, which saves decoding them, or for smaller ones.

    with Camera(settings) as camera:
        while (frame := camera.next(timeout_s=1.0)) is not None: ...
"""

import logging
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self

from core.errors import InputError, UnavailableError
from device.settings import CameraSettings
from device.sources import Image, Source, check_file, open_capture, read_file, resize_capture

log = logging.getLogger(__name__)

CameraState = Literal["starting", "ok", "lost", "ended"]

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0  # a camera that is back is seen within five seconds
_MOST_STUCK = 3  # handles that never return: no more are opened beside them
_WATCH_S = 0.1


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes:
        image: (H, W, 3) uint8, BGR.
        captured_at: seconds on the monotonic clock.
        index: counts the pictures that the source gave, from 0; a gap means that frames were dropped.
    """

    image: Image
    captured_at: float
    index: int


def probe(settings: CameraSettings, *, timeout_s: float = 10.0) -> Frame:
    """Take one picture, or say why there is none.

    Raises:
        InputError: the file is not there, cannot be read as a video or has no frames; the camera gives nothing.
    """
    source = Source.parse(settings.url)
    check_file(source)
    deadline = time.monotonic() + timeout_s
    with Camera(settings) as camera:
        while (frame := camera.next(timeout_s=_WATCH_S)) is None:
            if camera.problem is not None or time.monotonic() > deadline:
                raise InputError(camera.problem or f"camera {source.name}: no picture within {timeout_s:.0f} s")
        return frame


class Camera:
    """See the module. Start and stop it with `with`."""

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self._source = Source.parse(settings.url)
        self._fresh = threading.Condition()
        self._frame: Frame | None = None
        self._taken = -1  # index of the last frame that was handed out
        self._last_at = time.monotonic()
        self._count = 0
        self._generation = 0
        self._state: CameraState = "starting"
        self._problem: str | None = None
        self._every, self._halved = 1, False
        self._stuck: list[threading.Thread] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="camera", daemon=True)
        self.dropped = 0
        self.attempts = 0
        """Handles that were opened, or tried to, and gave themselves back."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        with self._fresh:
            self._fresh.notify_all()
        self._thread.join(timeout=2)

    @property
    def state(self) -> CameraState:
        """How the camera is."""
        return self._state

    @property
    def problem(self) -> str | None:
        """Why there are no pictures, for a person."""
        return self._problem

    @property
    def can_halve(self) -> bool:
        """Whether it can give smaller pictures: only at the source does that save anything worth it."""
        return self._source.kind == "device"

    def adapt(self, *, every: int, halved: bool) -> None:
        """From now on give one in `every` pictures, of half the width and height if so asked and possible."""
        self._every, self._halved = every, halved and self.can_halve

    def next(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not handed out yet; None when none comes in time."""
        deadline = time.monotonic() + timeout_s
        with self._fresh:
            while self._frame is None or self._frame.index == self._taken:
                left = deadline - time.monotonic()
                if left <= 0 or self._stop.is_set() or self._state == "ended":
                    return None
                self._fresh.wait(left)
            self.dropped += self._frame.index - self._taken - 1
            self._taken = self._frame.index
            return self._frame

    def _supervise(self) -> None:
        """Keep one grabbing thread going; leave it behind when it is stuck."""
        pause = FIRST_PAUSE_S
        while not self._stop.is_set():
            count_before = self._count
            self._last_at = time.monotonic()
            self._generation += 1
            grabber = threading.Thread(target=self._grab, args=(self._generation,), name="capture", daemon=True)
            grabber.start()
            self._watch(grabber)
            if self._stop.is_set() or self._state == "ended":
                break
            self._count_attempt(grabber)
            pause = FIRST_PAUSE_S if self._count > count_before else min(2 * pause, LONGEST_PAUSE_S)
            self._stop.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
        self._generation += 1  # whoever still grabs stops

    def _count_attempt(self, grabber: threading.Thread) -> None:
        self._stuck = [thread for thread in (*self._stuck, grabber) if thread.is_alive()]
        while len(self._stuck) >= _MOST_STUCK and not self._stop.wait(_WATCH_S):
            self._stuck = [thread for thread in self._stuck if thread.is_alive()]
        self.attempts += not self._stuck

    def _watch(self, grabber: threading.Thread) -> None:
        while not self._stop.wait(_WATCH_S):
            if time.monotonic() - self._last_at > self._settings.lost_after_s:
                self._lose(f"camera {self._source.name}: no picture for {self._settings.lost_after_s:.0f} s")
                return
            if not grabber.is_alive():
                return

    def _grab(self, generation: int) -> None:
        try:
            for image, captured_at in self._pictures(generation):
                if generation != self._generation or self._stop.is_set():
                    return
                self._put(image, captured_at)
        except (InputError, UnavailableError) as exc:
            if generation == self._generation:
                self._lose(str(exc))
            return
        except Exception:  # OpenCV and its backends raise what they like; one bad attempt is not the last
            log.exception("camera %s", self._source.name)
            if generation == self._generation:
                self._lose(f"camera {self._source.name}: reading failed unexpectedly; the log says more")
            return
        if generation == self._generation and self._source.kind == "file":
            self._state, self._problem = "ended", f"camera {self._source.name}: the file has ended"
            with self._fresh:
                self._fresh.notify_all()

    def _put(self, image: Image, captured_at: float) -> None:
        if self._state != "ok":
            log.info("camera %s: pictures of %dx%d", self._source.name, image.shape[1], image.shape[0])
        self._state, self._problem = "ok", None
        self._last_at = time.monotonic()
        with self._fresh:
            self._frame = Frame(image, captured_at, self._count)
            self._count += 1
            self._fresh.notify_all()

    def _lose(self, problem: str) -> None:
        """One line when the problem is new, not one for every attempt."""
        if problem != self._problem:
            log.warning("%s; trying again", problem)
        self._state, self._problem = "lost", problem

    def _pictures(self, generation: int) -> Iterator[tuple[Image, float]]:
        if self._source.kind == "file":
            yield from self._play()
            return
        capture = open_capture(self._source)
        size: tuple[int, int] | None = None
        number = -1
        try:
            while generation == self._generation:
                if self._source.kind == "device" and size != self._wanted_size:
                    size = self._wanted_size
                    resize_capture(capture, size)
                ok, captured_at = capture.grab(), time.monotonic()
                if ok:
                    self._last_at = captured_at
                    number += 1
                    if number % self._every:
                        continue  # not decoded, which is what pictures cost
                    ok, image = capture.retrieve()
                if not ok:
                    raise UnavailableError(f"camera {self._source.name}: the connection ended")
                yield image, captured_at
        finally:
            capture.release()

    @property
    def _wanted_size(self) -> tuple[int, int]:
        """Width and height that a V4L2 camera is asked for."""
        share = 2 if self._halved else 1
        return self._settings.width // share, self._settings.height // share

    def _play(self) -> Iterator[tuple[Image, float]]:
        """A file, at its own frame rate, again and again if asked."""
        check_file(self._source)
        start, shown = time.monotonic(), 0
        while True:
            first = shown
            for image, fps in read_file(self._source):
                if shown == 0:
                    began = datetime.now(UTC).isoformat(timespec="milliseconds")
                    log.info("camera %s: plays from %s, %.2f frames per second", self._source.name, began, fps)
                due = start + shown / fps
                shown += 1
                if shown % self._every == 0:
                    self._stop.wait(max(0.0, due - time.monotonic()))
                    yield image, due
            if shown == first:
                raise InputError(f"camera {self._source.name}: no picture can be read; is it a video?")
            if not self._settings.loop:
                return
