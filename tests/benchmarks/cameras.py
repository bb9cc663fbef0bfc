"""Network cameras that are killed, restarted, frozen and repeat themselves, many times: when is it noticed and healed?

    python -m tests.benchmarks.cameras --kind mjpeg --times 20
    python -m tests.benchmarks.cameras --kind rtsp --times 20      # needs what tests/device/rtsp_server.py names

Noticed: from the fault to the state `lost`. Healed: from the moment when the server is back (listens, or goes on) to
the capture of a new picture. Threads, open files and memory are those of this process, which holds the camera only.
"""

import io
import logging
import os
import random
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from core.errors import ConfigError
from device.camera.capture import Camera
from device.camera.settings import CameraSettings
from tests.command import make_parser, positive_int, run, steps
from tests.device.servers import CameraServer, has_rtsp, mjpeg_server, rtsp_server

PATIENCE_S = 60.0
Fault = tuple[Callable[[CameraServer], None], Callable[[CameraServer], None]]
FAULTS: dict[str, Fault] = {
    "killed": (CameraServer.kill, CameraServer.start),
    "frozen": (CameraServer.freeze, CameraServer.thaw),
    "same picture": (CameraServer.stand_still, CameraServer.stand_still),
}


def main() -> None:
    """Measure and print.

    Raises:
        ConfigError: this machine has no RTSP server.
    """
    parser = make_parser(__doc__)
    parser.add_argument("--kind", choices=("mjpeg", "rtsp"), default="mjpeg", help="of the camera")
    parser.add_argument(
        "--times", type=positive_int, default=20, help="that each fault happens, some seven seconds each"
    )
    options = parser.parse_args()
    if options.kind == "rtsp" and not has_rtsp():
        raise ConfigError(
            "--kind rtsp: no RTSP server here; install the packages that tests/device/rtsp_server.py names"
        )
    faults = ["killed", "frozen", *(["same picture"] if options.kind == "mjpeg" else [])]
    console, log = Console(), io.StringIO()
    logging.basicConfig(stream=log, level=logging.DEBUG, force=True)
    table = Table("fault", "times", "noticed, s: median, longest", "healed, s: median, longest", title=options.kind)
    server = mjpeg_server() if options.kind == "mjpeg" else rtsp_server()
    with server, Camera(CameraSettings(url=server.url)) as camera:
        _wait_for_picture(camera, 0.0)
        for name in faults:
            _break(server, camera, FAULTS[name])  # what is loaded, or taken for a thread, once is so now
        before = _held()
        for name in faults:
            each = steps(range(options.times), name, console)
            noticed, healed = zip(*(_break(server, camera, FAULTS[name]) for _ in each), strict=True)
            table.add_row(name, str(options.times), _summary(noticed), _summary(healed))
            console.print(f"after {name}: {_held()}")
        _wait_until(lambda: threading.active_count() <= 3, lambda: f"the end of threads: {threading.enumerate()}")
        after = _held()
    console.print(table)
    console.print(f"threads, open files, MB resident: {before} before, {after} after")
    console.print(f"{len(log.getvalue().splitlines())} lines of log; a password in them: {'secret' in log.getvalue()}")


def _break(server: CameraServer, camera: Camera, fault: Fault) -> tuple[float, float]:
    """Seconds until it was noticed, and from the end of the fault until it was healed."""
    begin, end = fault
    began = time.monotonic()
    begin(server)
    _wait_until(lambda: camera.state == "lost", lambda: f"the loss to be noticed, {server.pid}, {vars(camera)}")
    noticed = time.monotonic() - began
    assert "secret" not in str(camera.problem)
    time.sleep(random.uniform(0.5, 6.0))  # anywhere in the pauses between attempts
    end(server)
    back = time.monotonic()
    return noticed, _wait_for_picture(camera, back) - back


def _wait_for_picture(camera: Camera, after: float) -> float:
    deadline = time.monotonic() + PATIENCE_S
    while (frame := camera.next(0.1)) is None or frame.captured_at <= after or camera.state != "ok":
        assert time.monotonic() < deadline, ("a picture", camera.state, camera.problem)
    return frame.captured_at


def _wait_until(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.01)


def _held() -> tuple[int, int, float]:
    """Threads, open files, and memory in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    size = round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
    return _entries("/proc/self/task"), _entries("/proc/self/fd"), size


def _entries(directory: str) -> int:
    return sum(1 for _ in Path(directory).iterdir())


def _summary(seconds: tuple[float, ...]) -> str:
    return f"{statistics.median(seconds):.2f}, {max(seconds):.2f}"


if __name__ == "__main__":
    run(main)
