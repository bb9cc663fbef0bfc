"""The pictures of one opened source until it ends, fails or is no longer wanted: of a camera, or of a film.

for image, captured_at in live_pictures(source, demand, settings, stillness): ...
"""

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.errors import InputError, UnavailableError
from device.camera.settings import CameraSettings
from device.camera.sources import (
    Image,
    Source,
    check_file,
    codes_every_picture,
    open_capture,
    read_file,
    resize_capture,
)
from device.camera.stillness import Life, Stillness

log = logging.getLogger(__name__)

_QUIET_S = 30.0  # longer than most streams go without a whole picture: even a quiet one has changed by then
_IN_STORE_S = 0.01  # a picture that comes so soon after the one before was in store
_BACKLOG_S = 0.5  # to go through the store; whoever takes longer is too slow to tell


@dataclass(frozen=True)
class Demand:
    """What is asked of a source.

    Attributes:
        size: width and height, of sources that give a choice.
        every: one in so many pictures.
    """

    size: tuple[int, int]
    every: int = 1


Ask = Callable[[], Demand | None]
"""What is wanted now; None: nothing any more."""
Pictures = Generator[tuple[Image, float], None, None]
"""Each with the moment on the monotonic clock when it came; closing it closes the source."""


def live_pictures(source: Source, ask: Ask, settings: CameraSettings, stillness: Stillness) -> Pictures:
    """Pictures with the moments they came, from a new handle.

    Raises:
        UnavailableError: it cannot be opened, has ended, or shows the same picture for too long.
    """
    with closing(_Handle(source, settings)) as handle:
        stillness.restart(handle.frozen_after_s)
        if source.kind == "stream":
            handle.skip_backlog()
        number = -1
        while (demand := ask()) is not None:
            handle.resize(demand.size)
            captured_at = handle.grab()
            number += 1
            if number % demand.every:
                continue  # not decoded, which is what pictures cost
            image = handle.retrieve()
            life = stillness.look(image, captured_at)
            if life is Life.FROZEN:
                raise UnavailableError(
                    f"{source.title}: the same picture for {stillness.after_s:g} s; is it frozen, or covered?"
                )
            if life is Life.ALIVE:
                yield image, captured_at


class _Handle:
    """OpenCV's or picamera2's, with errors instead of False."""

    def __init__(self, source: Source, settings: CameraSettings) -> None:
        self._source, self._settings = source, settings
        self._size: tuple[int, int] | None = None
        self._capture = self._open()

    def _open(self) -> Any:  # noqa: ANN401 - OpenCV has no useful types
        if self._source.kind == "picamera2":
            from device.camera.picamera import PicameraCapture

            return PicameraCapture(self._source, self._settings)
        return open_capture(self._source, read_timeout_s=self._settings.lost_after_s)

    @property
    def frozen_after_s(self) -> float:
        """For how long the same picture is nothing unusual; see `CameraSettings.frozen_after_s`."""
        if self._settings.frozen_after_s is not None:
            return self._settings.frozen_after_s
        whole = self._source.kind != "stream" or codes_every_picture(self._capture)
        return self._settings.lost_after_s if whole else max(_QUIET_S, self._settings.lost_after_s)

    def skip_backlog(self) -> None:
        """Pass over what came while the stream was opened: two seconds of it would go by in a moment, as if new."""
        began = before = time.monotonic()
        while (now := self.grab()) - before < _IN_STORE_S and now - began < _BACKLOG_S:
            before = now

    def resize(self, size: tuple[int, int]) -> None:
        if self._source.kind == "device" and size != self._size:
            self._size = size
            resize_capture(self._capture, size)

    def grab(self) -> float:
        """Wait for the next picture; when it came."""
        if not self._capture.grab():
            raise UnavailableError(f"{self._source.title}: the connection ended")
        return time.monotonic()

    def retrieve(self) -> Image:
        ok, image = self._capture.retrieve()
        if not ok:
            raise UnavailableError(f"{self._source.title}: a picture cannot be decoded")
        decoded: Image = image
        return decoded

    def close(self) -> None:
        self._capture.release()


def played_pictures(source: Source, ask: Ask, *, loop: bool, stop: threading.Event) -> Pictures:
    """The pictures of a file, at its own frame rate, again and again if so wished.

    Raises:
        InputError: there is no such file, or no picture in it.
        UnavailableError: it is no video.
    """
    check_file(source)
    start, shown = time.monotonic(), 0
    while True:
        first = shown
        for image, fps in read_file(source):
            if (demand := ask()) is None:
                return
            if shown == 0:
                began = datetime.now(UTC).isoformat(timespec="milliseconds")
                log.info("%s: plays from %s, %.2f frames per second", source.title, began, fps)
            due = start + shown / fps
            shown += 1
            if shown % demand.every == 0:
                stop.wait(max(0.0, due - time.monotonic()))
                yield image, due
        if shown == first:
            raise InputError(f"{source.title}: no picture can be read; is it a video?")
        if not loop:
            return
