"""A broker on this machine, for the demo and the tests: mosquitto when it is installed, else the embedded amqtt.

It listens on 127.0.0.1 only, keeps nothing on disk, lets everybody in, and ends with its block. A real fleet has a
broker of its own.

    with LocalBroker(0, Path("demo/broker")) as broker:
        settings = MqttSettings(host="127.0.0.1", port=broker.port)
"""

import asyncio
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, cast

from core.errors import ConfigError, UnavailableError

Kind = Literal["mosquitto", "amqtt"]
_START_S = 15.0  # amqtt imports for a second or two on a slow board
_STOP_S = 5.0
_POLL_S = 0.02
_MOSQUITTO_PLACES = "/usr/local/sbin:/usr/sbin:/sbin"  # Debian's is there, and not on everybody's PATH

_MOSQUITTO_CONF = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
# Devices that come back after a while find everything that was sent to them.
max_queued_messages 0
log_dest stderr
"""


def find_mosquitto() -> str | None:
    """Where the program is, or None."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:{_MOSQUITTO_PLACES}")


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LocalBroker:
    """A broker process. `start` and `stop` may be called again and again; the port stays.

    Args:
        port: where to listen; 0 takes a free port.
        directory: for the configuration and the log.
        kind: mosquitto, amqtt, or auto.

    Raises:
        ConfigError: that kind of broker is not installed.
    """

    def __init__(self, port: int, directory: Path, *, kind: str = "auto") -> None:
        self.kind = _choose(kind)
        self.port = port or free_port()
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        """What the broker says."""
        return self._directory / "broker.log"

    def start(self) -> None:
        """Start the broker and wait until it listens.

        Raises:
            UnavailableError: it does not, for example because the port is taken.
        """
        if _listens(self.port):
            raise UnavailableError(f"127.0.0.1:{self.port}: something listens here already; choose another port")
        self._directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C ends its clients first, and the broker when its block ends.
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait_until_it_listens(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the broker."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _command(self) -> list[str]:
        if self.kind == "amqtt":
            return [sys.executable, "-m", "posefleet.broker", str(self.port)]
        config = self._directory / "mosquitto.conf"
        config.write_text(_MOSQUITTO_CONF.format(port=self.port), encoding="utf-8")
        return [cast("str", find_mosquitto()), "-c", str(config)]

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_S
        while not _listens(self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                last = self.log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
                raise UnavailableError(
                    f"the broker {self.kind} did not start on 127.0.0.1:{self.port} ({last[0]}); see {self.log}"
                )
            time.sleep(_POLL_S)


def _choose(kind: str) -> Kind:
    if kind not in {"auto", "mosquitto", "amqtt"}:
        raise ConfigError(f"broker {kind!r}: choose mosquitto, amqtt or auto")
    if kind == "auto":
        return "mosquitto" if find_mosquitto() else "amqtt"
    if kind == "mosquitto" and not find_mosquitto():
        raise ConfigError("mosquitto is not installed; install it with your package manager, or choose amqtt")
    return cast("Kind", kind)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def _serve_amqtt(port: int) -> None:
    from amqtt.broker import Broker

    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await broker.start()
    await stopped.wait()
    await broker.shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_serve_amqtt(int(sys.argv[1])))
