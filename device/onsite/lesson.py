"""Somebody shows an action: what the camera sees of them, as windows to learn from.

    lesson = Lesson(camera=None)
    with onlookers.joined_by(lesson):
        manifest = lesson.wait_for_manifest(5.0)
        lesson.begin(time.monotonic() + 5, seconds=10)
        ...
    windows, crowded = lesson.windows()

A window counts when it lies wholly within the lesson and nobody else was in the picture meanwhile: whose action it
would be is not known. No picture is kept, and no keypoint of another moment.
"""

import math
import threading

from core.bundle import Manifest
from core.window import Window
from device.onlookers import Sight


class Lesson:
    """See the module. `see` runs on one thread, everything else on another.

    Args:
        camera: look only at what this one sees; None: at everything.
    """

    def __init__(self, camera: str | None = None) -> None:
        self._camera = camera
        self._seen = threading.Condition()
        self._manifest: Manifest | None = None
        self._begins, self._ends = math.inf, -math.inf
        self._newest = -math.inf
        self._crowded: list[float] = []
        self._windows: list[Window] = []
        self.people = 0

    def see(self, sight: Sight) -> None:
        """Take from a judged frame what belongs to the lesson."""
        if self._camera is not None and sight.camera != self._camera:
            return
        with self._seen:
            self._manifest, self._newest, self.people = sight.manifest, sight.frame.captured_at, len(sight.people)
            if len(sight.people) > 1:
                self._crowded.append(sight.frame.captured_at)
            within = [
                decision.window
                for decision in sight.decisions
                if self._begins <= decision.window.started_at and decision.window.ended_at <= self._ends
            ]
            self._windows += within
            self._seen.notify_all()

    def wait_for_manifest(self, timeout_s: float) -> Manifest | None:
        """The release that judges, as soon as it has judged a frame; None when none comes in time."""
        with self._seen:
            self._seen.wait_for(lambda: self._manifest is not None, timeout_s)
            return self._manifest

    def begin(self, at: float, *, seconds: float) -> None:
        """Record from a moment on the monotonic clock on, for so long."""
        with self._seen:
            self._begins, self._ends = at, at + seconds

    @property
    def count(self) -> int:
        """Windows so far."""
        return len(self._windows)

    def is_over(self, now: float, *, patience_s: float = 1.0) -> bool:
        """Whether the last frame of the lesson is judged, or will not come."""
        return self._newest >= self._ends or now > self._ends + patience_s

    def windows(self) -> tuple[list[Window], int]:
        """The windows to keep, and how many others showed more than one person."""
        with self._seen:
            alone = [
                window
                for window in self._windows
                if not any(window.started_at <= moment <= window.ended_at for moment in self._crowded)
            ]
            return alone, len(self._windows) - len(alone)
