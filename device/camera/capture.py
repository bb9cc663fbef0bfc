"""Pictures from a camera: the newest one, with the moment it was taken; loss is noticed and healed.

- A capture thread reads as fast as the source gives; there is a slot of one and the newest frame wins, so a slow reader
  never works on old pictures and capture never waits for inference.
- A source that ends, fails, freezes or repeats one picture is opened again with a *new* handle after a jittered,
  growing pause: an OpenCV handle that failed once never recovers. A thread stuck in a frozen read is left behind and
  ends when the read does; `attempts` grows only while none is stuck, so that a driver that never returns can be told
  from a camera that is away.
- While it rests, by its schedule, nothing is open and nothing is kept.
- A file plays at its own frame rate, as a camera would.
- On a board that is short of time `adapt` asks for fewer pictures, which saves decoding them, or for smaller ones.

    with Camera(settings) as camera:
        while (frame := camera.next(timeout_s=1.0)) is not None: ...
"""

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Self

from core.errors import InputError, UnavailableError
from core.messages import CameraState
from device.camera.feeds import Demand, Pictures, live_pictures, played_pictures
from device.camera.framing import Framing
from device.camera.schedule import Period
from device.camera.settings import CameraSettings
from device.camera.sources import STREAM_TIMEOUT_S, Image, Source, check_file
from device.camera.stillness import Stillness

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 1.5  # opening a stream may take two seconds more: a camera that is back is seen within five
_OPENING_S = STREAM_TIMEOUT_S + 1.0  # a handle that gave nothing yet is waited for a little longer than it tries itself
_MOST_STUCK = 3  # handles that never return: no more are opened beside them
_WATCH_S = 0.1
_LEAVE_S = 1.0  # for OpenCV to return: an interpreter that ends in the middle of its code aborts
_REST_S = 0.5  # between two looks at the clock while resting


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


def probe(settings: CameraSettings, *, name: str | None = None, timeout_s: float = 10.0) -> Frame:
    """Take one picture, or say why there is none; the schedule is not looked at.

    Raises:
        InputError: the file is not there, cannot be read as a video or has no frames; the camera gives nothing.
    """
    source = Source.parse(settings.url, name)
    check_file(source)
    deadline = time.monotonic() + timeout_s
    with Camera(settings.model_copy(update={"rest": ()}), name=name) as camera:
        while (frame := camera.next(timeout_s=_WATCH_S)) is None:
            if camera.problem is not None or time.monotonic() > deadline:
                raise InputError(camera.problem or f"{source.title}: no picture within {timeout_s:.0f} s")
        return frame


class Camera:
    """See the module. Start and stop it with `with`.

    Args:
        name: for messages, where there are several cameras.
        fresh: is notified of every picture; several cameras may share it with who waits for any of them.
        now: the wall clock, for the schedule.
    """

    def __init__(
        self,
        settings: CameraSettings,
        *,
        name: str | None = None,
        fresh: threading.Condition | None = None,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._settings = settings
        self._source = Source.parse(settings.url, name)
        self.reschedule(settings.rest)
        self._now = now
        self._framing = Framing(settings)
        self._stillness = Stillness()
        self._fresh = fresh or threading.Condition()
        self._frame: Frame | None = None
        self._taken = -1  # index of the last frame that was handed out
        self._heard_at = time.monotonic()  # of the newest picture, or since when one is waited for
        self._count = 0
        self._generation = 0
        self._state: CameraState = "starting"
        self._problem: str | None = None
        self._told: set[str] = set()  # problems that are in the log already, since the camera was last well
        self._demand = Demand(self._full_size)
        self._stuck: list[threading.Thread] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="camera", daemon=True)
        self.dropped = 0
        self.attempts = 0
        """Handles that were opened, or tried to, and gave themselves back; also looks at the clock while resting."""

    def __enter__(self) -> Self:
        self._heard_at = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._notify()
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

    @property
    def waiting(self) -> bool:
        """Whether there is a picture that nobody has taken."""
        frame = self._frame
        return frame is not None and frame.index != self._taken

    def reschedule(self, rest: Iterable[str]) -> None:
        """Rest at other hours from now on; see `CameraSettings.rest`."""
        self._rest = [Period.parse(text) for text in rest]

    def adapt(self, *, every: int, halved: bool) -> None:
        """From now on give one in `every` pictures, of half the width and height if so asked and possible."""
        width, height = self._full_size
        size = (width // 2, height // 2) if halved and self.can_halve else (width, height)
        self._demand = Demand(size, every)

    def next(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not handed out yet; None when none comes in time."""
        with self._fresh:
            self._fresh.wait_for(lambda: self.waiting or self._stop.is_set() or self._state == "ended", timeout_s)
        return self.take()

    def take(self) -> Frame | None:
        """As `next`, without waiting."""
        with self._fresh:
            frame = self._frame
            if frame is None or frame.index == self._taken:
                return None
            self.dropped += frame.index - self._taken - 1
            self._taken = frame.index
        # Here and not when it was captured: most pictures of a quick camera are seen by nobody.
        return replace(frame, image=self._framing.apply(frame.image))

    def _supervise(self) -> None:
        """Keep one grabbing thread going; leave it behind when it is stuck."""
        pause = FIRST_PAUSE_S
        while not self._stop.is_set():
            if self._resting():
                self._sleep()
                continue
            count_before, began = self._count, time.monotonic()
            grabber = threading.Thread(target=self._grab, args=(self._generation,), name="capture", daemon=True)
            grabber.start()
            self._watch(grabber, count_before)
            self._generation += 1  # if it still grabs it stops and closes: a loss would not be noticed any more
            if self._stop.is_set() or self._state == "ended":
                grabber.join(timeout=_LEAVE_S)
                break
            self._count_attempt(grabber)
            in_vain = self._count == count_before
            pause = min(2 * pause, LONGEST_PAUSE_S) if in_vain else FIRST_PAUSE_S
            spent = time.monotonic() - began if in_vain else 0.0  # an attempt that took its time was a pause itself
            self._stop.wait(max(pause * random.uniform(0.5, 1.0) - spent, _WATCH_S))  # noqa: S311 - jitter, no secret

    def _count_attempt(self, grabber: threading.Thread) -> None:
        self._stuck = [thread for thread in (*self._stuck, grabber) if thread.is_alive()]
        while len(self._stuck) >= _MOST_STUCK and not self._stop.wait(_WATCH_S):
            self._stuck = [thread for thread in self._stuck if thread.is_alive()]
        self.attempts += not self._stuck

    def _watch(self, grabber: threading.Thread, count_before: int) -> None:
        """Until the handle is done for, or the camera is to rest."""
        opened_at, lost_after_s = time.monotonic(), self._settings.lost_after_s
        while grabber.is_alive() and not self._stop.wait(_WATCH_S) and not self._resting():
            now = time.monotonic()
            if now - self._heard_at <= lost_after_s:
                continue
            if self._state != "lost":  # else it has been said better
                self._lose(f"{self._source.title}: no picture for {lost_after_s:g} s")
            if self._count > count_before or now - opened_at > max(_OPENING_S, lost_after_s):
                return

    def _resting(self) -> bool:
        moment = self._now().time() if self._rest else None
        return moment is not None and any(period.covers(moment) for period in self._rest)

    def _sleep(self) -> None:
        log.info("%s: rests", self._source.title)
        self._frame = None
        self._state, self._problem = "resting", None
        while self._resting() and not self._stop.wait(_REST_S):
            self._stuck = [thread for thread in self._stuck if thread.is_alive()]
            self.attempts += not self._stuck
        log.info("%s: its rest is over", self._source.title)
        self._heard_at = time.monotonic()
        self._state = "starting"

    def _grab(self, generation: int) -> None:
        try:
            with closing(self._pictures(generation)) as pictures:
                for image, captured_at in pictures:
                    if not self._is_wanted(generation):
                        return
                    self._put(image, captured_at)
        except (InputError, UnavailableError) as exc:
            self._lose(str(exc), generation)
        except Exception:  # noqa: BLE001 - OpenCV and its backends raise what they like; one bad attempt is not the last
            # Not the trace as it is: somebody else's error may name the address with its password.
            log.error("%s", self._source.without_secrets(traceback.format_exc()))  # noqa: TRY400
            self._lose(f"{self._source.title}: reading failed unexpectedly; the log says more", generation)
        else:
            if self._source.kind == "file" and self._is_wanted(generation):
                self._state, self._problem = "ended", f"{self._source.title}: the file has ended"
                self._notify()

    def _pictures(self, generation: int) -> Pictures:
        def demand() -> Demand | None:
            return self._demand if self._is_wanted(generation) else None

        if self._source.kind == "file":
            return played_pictures(self._source, demand, loop=self._settings.loop, stop=self._stop)
        return live_pictures(self._source, demand, self._settings, self._stillness)

    def _is_wanted(self, generation: int) -> bool:
        return generation == self._generation and not self._stop.is_set()

    def _put(self, image: Image, captured_at: float) -> None:
        if self._state != "ok":
            log.info("%s: pictures of %dx%d", self._source.title, image.shape[1], image.shape[0])
        self._state, self._problem = "ok", None
        self._told.clear()
        self._heard_at = time.monotonic()
        with self._fresh:
            self._frame = Frame(image, captured_at, self._count)
            self._count += 1
            self._fresh.notify_all()

    def _lose(self, problem: str, generation: int | None = None) -> None:
        """One line when the problem is new, not one for every attempt; what an earlier handle says is old."""
        if generation is not None and not self._is_wanted(generation):
            return
        if problem not in self._told:
            log.warning("%s; trying again", problem)
            self._told.add(problem)
        self._state, self._problem = "lost", problem

    def _notify(self) -> None:
        with self._fresh:
            self._fresh.notify_all()

    @property
    def _full_size(self) -> tuple[int, int]:
        return self._settings.width, self._settings.height
