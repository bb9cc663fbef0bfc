"""The newest judged frame of every camera, drawn when somebody waits for it; forgotten when nobody does.

- `see` only keeps a reference: it costs the frame loop a microsecond, and nothing while nobody watches.
- A picture is drawn once, by the first viewer who wants it, and given to all. Newest wins: a slow viewer skips.

    gallery = Gallery(onlookers, cameras=("hall", "door"))
    with gallery.watched():
        for jpeg in gallery.pictures("hall", stop): ...
"""

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import msgspec
import numpy as np

from device.onlookers import Onlookers, Sight
from device.preview.picture import draw, encode

_NEWEST = 120  # frames over which rate and latency are told
_FASTEST = 15.0  # pictures a second: enough for the eye, and what is not encoded costs nothing
_WAIT_S = 0.5


class Seen(msgspec.Struct, frozen=True):
    """Somebody, and what they most likely do: `probabilities` in the order of the labels, none in the first moments."""

    person: int
    action: str | None
    confidence: float
    probabilities: list[float]


class View(msgspec.Struct, frozen=True):
    """What a camera's newest frame shows, in numbers; `age_s` tells how new it is, None before the first."""

    camera: str
    model: str = ""
    labels: tuple[str, ...] = ()
    people: list[Seen] = []
    fps: float = 0.0
    latency_ms: float = 0.0
    latency_p95_ms: float = 0.0
    age_s: float | None = None


class _Camera:
    """The newest of one camera."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sight: Sight | None = None
        self.drawing = threading.Lock()
        self._probabilities: dict[int, list[float]] = {}
        self._newest = deque[tuple[float, float]](maxlen=_NEWEST)  # captured at, latency
        self._drawn: tuple[Sight, bytes] | None = None

    def see(self, sight: Sight) -> None:
        here = {track for track, _ in sight.people}
        self._probabilities = {track: one for track, one in self._probabilities.items() if track in here}
        for decision in sight.decisions:
            self._probabilities[decision.track] = [round(float(one), 3) for one in decision.probabilities]
        self._newest.append((sight.frame.captured_at, sight.latency_ms))
        self.sight = sight

    def jpeg(self, sight: Sight) -> bytes:
        with self.drawing:
            if self._drawn is None or self._drawn[0] is not sight:
                self._drawn = sight, encode(draw(sight))
            return self._drawn[1]

    def view(self, now: float) -> View:
        sight, newest = self.sight, list(self._newest)
        if sight is None:
            return View(self.name)
        seconds = newest[-1][0] - newest[0][0]
        return View(
            camera=self.name,
            model=sight.manifest.model,
            labels=sight.manifest.labels,
            people=[self._seen(sight, track) for track in sorted(here for here, _ in sight.people)],
            fps=round((len(newest) - 1) / seconds, 1) if seconds > 0 else 0.0,
            latency_ms=round(sight.latency_ms, 1),
            latency_p95_ms=round(float(np.percentile([one for _, one in newest], 95)), 1),
            age_s=round(now - sight.frame.captured_at, 1),
        )

    def _seen(self, sight: Sight, track: int) -> Seen:
        action, confidence = sight.doing.get(track, (None, 0.0))
        return Seen(track, action, round(confidence, 3), self._probabilities.get(track, []))


class Gallery:
    """See the module.

    Args:
        cameras: their names.
    """

    def __init__(self, onlookers: Onlookers, cameras: Sequence[str]) -> None:
        self._onlookers = onlookers
        self.cameras = tuple(cameras)
        self._fresh = threading.Condition()
        self._kept: dict[str, _Camera] = {}
        self._watchers = 0
        self._looking = ExitStack()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep what is seen for as long as this lasts."""
        with self._fresh:
            self._watchers += 1
            if self._watchers == 1:
                self._kept = {name: _Camera(name) for name in self.cameras}
                self._looking.enter_context(self._onlookers.joined_by(self))
        try:
            yield
        finally:
            with self._fresh:
                self._watchers -= 1
                if self._watchers == 0:
                    self._looking.close()
                    self._kept = {}

    def see(self, sight: Sight) -> None:
        """Keep one frame, and let go of the one before."""
        with self._fresh:
            if (camera := self._kept.get(sight.camera)) is not None:
                camera.see(sight)
                self._fresh.notify_all()

    def views(self) -> list[View]:
        """What every camera shows, in numbers."""
        now = time.monotonic()
        with self._fresh:
            return [self._kept[name].view(now) if name in self._kept else View(name) for name in self.cameras]

    def pictures(self, name: str, stop: threading.Event) -> Iterator[bytes]:
        """A camera's pictures as JPEG from now on, until `stop`; empty when there was no new one for a while."""
        camera, shown = self._kept[name], None
        while not stop.is_set():
            with self._fresh:
                if camera.sight is shown:
                    self._fresh.wait(_WAIT_S)
                sight = camera.sight
            if sight is shown or sight is None:
                yield b""
            else:
                shown = sight
                yield camera.jpeg(sight)
                stop.wait(1 / _FASTEST)
