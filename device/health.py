"""How the device is: what systemd is told, and what its status says.

READY comes after the first judged frame, or when a camera has been away for so long that waiting helps nobody. WATCHDOG
comes only when the loop came round and since the last one a frame was judged or a camera that is away tried in vain:
a read that never returns, a stuck thread or a hung interpreter end in a restart, whatever else still runs.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from core.messages import CameraState, Status
from core.notify import Notifier
from device.figures import Figures
from device.settings import IdentitySettings

State = Literal["starting", "online", "stopping", "offline"]

READY_WITHOUT_CAMERA_S = 20.0  # well within the unit's TimeoutStartSec
_MOST_PROBLEMS, _LONGEST_PROBLEM = 16, 400  # as core.messages allows


class Health:
    """See the module.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, notifier: Notifier, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._notifier = notifier
        self._clock = clock
        interval = notifier.watchdog_interval_s
        # Twice as often as systemd recommends: one late frame must not cost a restart.
        self._interval_s = None if interval is None else interval / 2
        self._began_at = self._pinged_at = clock()
        self._pinged_for = (0, 0)
        self.state: State = "starting"

    def looped(self, frames: int, attempts: int = 0) -> None:
        """The loop came round.

        Args:
            frames: judged since the start.
            attempts: to open cameras that failed or ended since the start, none of them stuck; see `Camera.attempts`.
        """
        now = self._clock()
        if self.state == "starting" and (frames or (attempts and now - self._began_at >= READY_WITHOUT_CAMERA_S)):
            self.state = "online"
            self._notifier.ready()
        alive = (frames, attempts) != self._pinged_for
        if alive and self._interval_s is not None and now - self._pinged_at >= self._interval_s:
            self._notifier.watchdog()
            self._pinged_at, self._pinged_for = now, (frames, attempts)

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """The configuration is read again meanwhile."""
        self._notifier.reloading()
        yield
        if self.state == "online":
            self._notifier.ready()

    def stopping(self) -> None:
        """The daemon is about to end, in good order."""
        self.state = "stopping"
        self._notifier.stopping()


@dataclass(frozen=True)
class Vitals:
    """What a status is made of."""

    model: str
    model_version: int
    camera: CameraState
    people: int
    figures: Figures
    learning: str | None
    problems: Sequence[str]
    degraded: Sequence[str] = ()
    cameras: dict[str, CameraState] | None = None

    @property
    def noteworthy(self) -> tuple[object, ...]:
        """What makes a status worth saying at once when it changes."""
        cameras = tuple((self.cameras or {}).items())
        return (self.model_version, self.camera, cameras, self.learning, tuple(self.problems), tuple(self.degraded))


def make_status(identity: IdentitySettings, state: State, at: datetime, vitals: Vitals) -> Status:
    """The message; problems are cut to what it may hold."""
    return Status(
        site=identity.site,
        device=identity.name,
        state=state,
        at=at,
        software=software(),
        model=vitals.model,
        model_version=vitals.model_version,
        camera=vitals.camera,
        cameras=vitals.cameras,
        frames=vitals.figures.frames,
        fps=vitals.figures.fps,
        people=vitals.people,
        latency=dict(vitals.figures.latency),
        queue=vitals.figures.queue,
        learning=vitals.learning,
        problems=[problem[:_LONGEST_PROBLEM] for problem in vitals.problems[:_MOST_PROBLEMS]],
        degraded=list(vitals.degraded),
    )


@cache  # of a process it stays the same, and looking it up takes 2 ms
def software() -> str:
    """Name and version of this program."""
    try:
        return f"posefleet {version('posefleet')}"
    except PackageNotFoundError:  # run from a copied folder
        return "posefleet"
