"""The latency budget with the real pose model: two busy processes come and go, and the daemon holds its budget.

    python -m tests.endurance.ladder                        # some five minutes
    python -m tests.endurance.ladder --patience 5           # less waiting before each step up

A daemon with BlazePose follows three rendered people on one core. The budget is a multiple of what 95 % of frames take
there undisturbed; then two processes that never rest want the same core, and later end. Prints what the status said,
and when. Exits with 1, and says why, unless it named steps, reported the budget held while the load lasted, and took
every step back afterwards.
"""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import cv2
from rich.console import Console

from converter.pose_models import write_pose_models
from core.messages import Status, decode
from core.signing import SigningKey
from device.latency.meter import TOTAL
from posefleet.broker import LocalBroker
from tests import learning
from tests.broker import Subscriber
from tests.command import make_parser, positive_float, run
from tests.device.busy import load
from tests.device.events import TOPICS
from tests.device.world import World
from training.synthesis.plays import group
from training.synthesis.stage import play

_FPS = 10.0
_SECONDS = 6.0  # of the film, which goes round
_HEADROOM = 1.7  # the budget, in what frames take undisturbed
_GENEROUS_MS = 5000.0
_TIMES = 10  # that the status must say so before it is believed
_LONGEST_S = 300.0  # to wait for one thing
_FIGURES_S = 6.0  # between figures: of 60 frames, as many as the governor looks at
_SETTLED = 100  # frames, before the budget is set


class Watch:
    """What the device's status says, printed whenever it changes.

    Raises:
        SystemExit: what is awaited does not come in time.
    """

    def __init__(self, subscriber: Subscriber, console: Console) -> None:
        self._subscriber, self._console = subscriber, console
        self._began, self._shown = time.monotonic(), tuple[str, ...]()

    def until(self, condition: Callable[[Status], bool], what: str, *, times: int = 1) -> Status:
        """Wait until the status, said every second, has fulfilled a condition so many times in a row."""
        seen, fulfilled = len(self._subscriber.on(TOPICS.status)), 0
        deadline = time.monotonic() + _LONGEST_S
        while time.monotonic() < deadline:
            for payload in self._subscriber.on(TOPICS.status)[seen:]:
                seen += 1
                status = decode(payload, Status)
                self._show(status)
                fulfilled = fulfilled + 1 if status.latency and condition(status) else 0
                if fulfilled == times:
                    self._console.print(f"{self._passed}  {what}: yes, p95 {p95(status):.0f} ms")
                    return status
            time.sleep(0.1)
        raise SystemExit(f"{what}: not within {_LONGEST_S:.0f} s")

    @property
    def _passed(self) -> str:
        return f"{time.monotonic() - self._began:6.1f} s"

    def _show(self, status: Status) -> None:
        said = (*(text.split(":")[0] for text in status.degraded), *(f"({text})" for text in status.problems))
        if said != self._shown:
            self._shown = said
            self._console.print(f"{self._passed}  p95 {p95(status):.0f} ms; {', '.join(said) or 'nothing held back'}")


def p95(status: Status) -> float:
    """Of the newest figures, from capture to decision, in ms; the ladder goes by the frames since its last step."""
    return status.latency[TOTAL].p95_ms if status.latency and TOTAL in status.latency else 0.0


def write_film(path: Path) -> None:
    """Three people beside each other, each doing something."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), _FPS, (640, 480))
    for _, picture, _ in play(group(3, seed=1, seconds=_SECONDS)):
        writer.write(cv2.resize(picture, (640, 480)))
    writer.release()


def endure(world: World, watch: Watch, console: Console, *, core: int) -> None:
    """Undisturbed, under load on the daemon's core, and after it.

    Raises:
        SystemExit: the ladder does not do what it must.
    """
    with world.run() as daemon:
        settled = watch.until(lambda status: (status.frames or 0) >= _SETTLED and status.people == 3, "three people")
        budget_ms = round(_HEADROOM * p95(settled), 1)
        console.print(f"the budget is {budget_ms} ms")
        world.write(latency={"budget_ms": budget_ms})
        daemon.reload()
        with load(core):
            watch.until(lambda status: bool(status.degraded), "a step down")
            watch.until(lambda status: bool(status.degraded) and not status.problems, "within the budget", times=_TIMES)
        watch.until(lambda status: not status.degraded, "all steps taken back")
        watch.until(lambda status: not (status.degraded or status.problems), "within the budget", times=_TIMES)
        if code := daemon.stop():
            raise SystemExit(f"the daemon ended with {code}")


def main() -> None:
    """Run and report."""
    parser = make_parser(__doc__)
    parser.add_argument("--patience", type=positive_float, default=20.0, help="seconds of room before a step up")
    options = parser.parse_args()
    console = Console(soft_wrap=True, highlight=False)
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})  # and so is all that is started from here
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        bundle = learning.release(1, weights=learning.train_tiny(), key=SigningKey.generate())
        broker = stack.enter_context(LocalBroker(0, directory / "broker"))
        world = World(directory, bundle, broker.port)
        write_film(directory / "people.avi")
        write_pose_models(directory / "pose-models")
        pose: dict[str, object] = {
            "estimator": "blazepose",
            "recording": None,
            "models": str(directory / "pose-models"),
        }
        latency: dict[str, object] = {"budget_ms": _GENEROUS_MS, "patience_s": options.patience}
        camera: dict[str, object] = {"url": str(directory / "people.avi")}
        world.write(camera=camera, pose=pose, latency=latency, status={"figures_s": _FIGURES_S})
        watch = Watch(stack.enter_context(Subscriber(broker.port)), console)
        endure(world, watch, console, core=core)


if __name__ == "__main__":
    run(main)
