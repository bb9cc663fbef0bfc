"""The services of the demo, each a process of its own with a log file; none outlives the demo."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnavailableError

PROGRAM = (sys.executable, "-m", "posefleet")
STOP_S = 15.0  # a daemon says goodbye to the broker and closes its database within this time


@dataclass
class Service:
    """A running `posefleet …` process."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def check(self) -> None:
        """Raise an UnavailableError with the end of the log if the process is no longer there."""
        if (code := self.process.poll()) is not None:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:] or ["(it said nothing)"]
            raise UnavailableError(f"{self.name} ended with code {code}: {last[0]} (all of it: {self.log})")


@contextlib.contextmanager
def service(name: str, arguments: list[str], log: Path) -> Iterator[Service]:
    """Run `posefleet ARGUMENTS` while the block runs; then ask it to stop, and insist if it does not.

    The process gets a session of its own, so that Ctrl-C reaches the demo alone and things end in order.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        )
    try:
        yield Service(name, process, log)
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
    # Whatever is left of its session: a training child, or the process itself.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block like Ctrl-C does, through every `finally`."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_until(done: Callable[[], bool], services: list[Service], *, timeout_s: float, what: str) -> None:
    """Wait until the callable `done` is true, as long as every service lives.

    Raises:
        UnavailableError: a service ended, or the time is over.
    """
    deadline = time.monotonic() + timeout_s
    while not done():
        for one in services:
            one.check()
        if time.monotonic() > deadline:
            raise UnavailableError(f"{what} did not happen within {timeout_s:.0f} s")
        time.sleep(0.1)
