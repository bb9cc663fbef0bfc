"""Network cameras as processes that can be killed, started again, and stopped in the middle of everything."""

import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from posefleet.broker import free_port

_ROOT = Path(__file__).parents[2]
_RTSP = ["/usr/bin/python3", str(Path(__file__).with_name("rtsp_server.py"))]


class CameraServer:
    """A server that says `up` when it listens; `url` holds a password, as many do.

    Args:
        command: to which the port is added.
        url: with {port}.
    """

    def __init__(self, command: list[str], url: str) -> None:
        port = free_port()
        self._command = [*command, str(port)]
        self.url = url.format(port=port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Returns when it listens."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=_ROOT
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "up\n", "the server has started"

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        return self._process.pid

    def kill(self) -> None:
        """As a power cut."""
        self._process.kill()
        self._process.communicate()

    def freeze(self) -> None:
        """Connections stay open, nothing comes any more."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on as if nothing had been."""
        self._process.send_signal(signal.SIGCONT)

    def stand_still(self) -> None:
        """Give the same picture again and again, or new ones if it did so before; MJPEG only."""
        self._process.send_signal(signal.SIGUSR1)


def mjpeg_server() -> CameraServer:
    """JPEG pictures over HTTP."""
    return CameraServer(
        [sys.executable, "-m", "tests.device.mjpeg"], "http://anna:secret@127.0.0.1:{port}/video?token=secret"
    )


def rtsp_server() -> CameraServer:
    """H.264 over RTSP."""
    return CameraServer(_RTSP, "rtsp://anna:secret@127.0.0.1:{port}/cam?token=secret")


def has_rtsp() -> bool:
    """Whether the packages for an RTSP server are here."""
    try:
        tried = subprocess.run([*_RTSP, "--try"], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0
