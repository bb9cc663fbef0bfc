"""A frame loop on a core that others want as well: a camera at its own rate, two processes that never rest."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from device.camera.capture import Frame
from device.latency.governor import FEWEST_FRAMES
from device.latency.meter import TOTAL
from device.loop import FrameLoop, Parts
from device.settings import DeviceSettings
from tests.beside import beside
from tests.broker import wait_until

PATIENCE_S = 60.0


class Pictures:
    """A camera that gives a picture every so often, there and back again; whoever comes late gets the newest."""

    state, problem, attempts = "ok", None, 0
    waiting, can_halve = True, False

    def __init__(self, pictures: Sequence[npt.NDArray[np.uint8]], every_s: float) -> None:
        self._pictures = [*pictures, *pictures[-2:0:-1]]
        self._every_s = every_s
        self._began, self._number, self._every = time.monotonic(), 0, 1

    def adapt(self, *, every: int, halved: bool) -> None:
        self._every = every

    def take(self) -> Frame:
        step = self._every_s * self._every
        self._number = max(self._number + 1, int((time.monotonic() - self._began) / step))
        if self._number * step + self._began - time.monotonic() > step:  # after a change of the step
            self._began, self._number = time.monotonic(), 0
        captured_at = self._began + self._number * step
        time.sleep(max(0.0, captured_at - time.monotonic()))
        return Frame(self._pictures[self._number % len(self._pictures)], captured_at, self._number)


@contextmanager
def load(core: int) -> Iterator[None]:
    """Two processes that never rest, on one core."""
    script = f"import os; os.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def looping(parts: Parts, settings: DeviceSettings, core: int) -> Iterator[None]:
    """The frame loop in a thread that stays on one core, however many the machine has."""

    def run(stop: threading.Event) -> None:
        os.sched_setaffinity(0, {core})
        FrameLoop(settings, parts).run(stop)

    with beside(run):
        yield


def newest_p95(parts: Parts, frames: int = 2 * FEWEST_FRAMES) -> float:
    """95th percentile of frames from now on, in ms."""
    seen = parts.meter.count(TOTAL)
    wait_until(lambda: parts.meter.count(TOTAL) >= seen + frames, "frames", PATIENCE_S)
    return parts.meter.p95(TOTAL, newest=frames)
