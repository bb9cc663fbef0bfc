"""Whether the daemon's memory stays flat: the real process with blazepose on a rendered film, watched for minutes.

    python -m tests.benchmarks.memory --minutes 30      # on a quiet machine; says MB, and MB an hour

Nothing here passes or fails. The slope is that of each minute's least: a picture that is just being handed on, which
happens more often while others want the processor, comes and goes. The first minutes, in which caches and pools fill,
are left out. The daemon has the environment that systemd/posefleet-device.service gives it, MALLOC_* above all: without
those a single picture more under way leaves a step that a line through half an hour takes for growth.
"""

import dataclasses
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import Progress

from converter.pose_models import write_pose_models
from core.signing import SigningKey
from device.bench.worker import resident_mb
from posefleet.broker import LocalBroker
from tests import learning
from tests.command import add_estimator, make_parser, positive_float, run
from tests.device.world import Daemon, World
from training.synthesis import Footage, random_footage, write_clip

Numbers = npt.NDArray[np.float64]

_SERVICE = Path(__file__).parents[2] / "systemd" / "posefleet-device.service"
_EVERY_S = 5.0
_SETTLING_SHARE = 0.2  # of the time, but no more than
_SETTLING_MINUTES = 5.0


def main() -> None:
    """Watch and print."""
    parser = make_parser(__doc__)
    add_estimator(parser)
    parser.add_argument("--minutes", type=positive_float, default=10.0, help="to watch; docs/benchmarks.md has 30")
    parser.add_argument("--fps", type=positive_float, default=15.0, help="of the film")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        console = Console()
        console.print("rendering a film")
        film = write_clip(_footage(options.fps), directory / "films").video
        with LocalBroker(0, directory / "broker") as broker:
            key = SigningKey.generate()
            world = World(directory, learning.release(1, weights=learning.train_tiny(), key=key), broker.port)
            pose: dict[str, object] = {"estimator": options.estimator, "recording": None}
            if options.estimator == "blazepose":
                write_pose_models(directory / "pose-models")
                pose["models"] = str(directory / "pose-models")
            world.write(camera={"url": str(film)}, pose=pose)
            with world.run(**_environment()) as daemon:
                samples = _watch(daemon, options.minutes, console)
                loaded = _libraries(daemon)
                code = daemon.stop()
        _print(console, np.array(samples), loaded)
        console.print(f"exit code {code}; the log ends with:", *daemon.log.read_text().splitlines()[-2:], sep="\n")


def _environment() -> dict[str, str]:
    """What the service sets."""
    lines = [line for line in _SERVICE.read_text().splitlines() if line.startswith("Environment=")]
    pairs = [pair for line in lines for pair in line.removeprefix("Environment=").split()]
    return dict(pair.split("=", 1) for pair in pairs)


def _footage(fps: float) -> Footage:
    return dataclasses.replace(random_footage("anna", actions=("wave", "squat")), fps=fps, width=640, height=480)


def _watch(daemon: Daemon, minutes: float, console: Console) -> list[tuple[float, float, float]]:
    """Rows of minutes, MB and threads."""
    rows = []
    began = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("watching", total=minutes)
        while (passed := (time.monotonic() - began) / 60) < minutes:
            if daemon.process.poll() is not None:
                console.print(daemon.log.read_text()[-2000:])
                raise SystemExit(f"the daemon ended after {passed:.1f} minutes")
            threads = len(list(Path(f"/proc/{daemon.process.pid}/task").iterdir()))
            rows.append((passed, resident_mb(daemon.process.pid), float(threads)))
            progress.update(task, completed=passed)
            time.sleep(_EVERY_S)
    return rows


def _libraries(daemon: Daemon) -> list[str]:
    """Which of the large packages have a library or a model in memory."""
    maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
    return [
        name
        for name in ("mediapipe", "tensorflow", "matplotlib", "tflite_runtime", "ai_edge_litert")
        if f"/{name}/" in maps
    ]


def _least_of_each_minute(minutes: Numbers, megabytes: Numbers) -> Numbers:
    """Rows of minutes and MB."""
    number = minutes.astype(int)
    return np.array([(minute + 0.5, megabytes[number == minute].min()) for minute in np.unique(number)])


def _print(console: Console, samples: Numbers, loaded: list[str]) -> None:
    minutes, megabytes, threads = samples.T
    settled = minutes >= min(_SETTLING_MINUTES, _SETTLING_SHARE * minutes[-1])
    least = _least_of_each_minute(minutes[settled], megabytes[settled])
    slope = 60 * np.polyfit(least[:, 0], least[:, 1], 1)[0] if len(least) > 1 else np.nan
    for moment in (0.5, 1, 2, 5, 10, 15, 20, 30):
        if moment <= minutes[-1]:
            console.print(f"after {moment:>4} minutes {megabytes[np.argmax(minutes >= moment)]:.1f} MB resident")
    console.print(
        f"at the end {megabytes[-1]:.1f} MB, most {megabytes.max():.1f} MB, slope {slope:+.2f} MB an hour; "
        f"{threads[settled].min():.0f} to {threads[settled].max():.0f} threads; loaded: {', '.join(loaded)}"
    )


if __name__ == "__main__":
    run(main)
