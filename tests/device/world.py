"""A device in a folder: a small film as its camera, recorded keypoints for a pose estimator, a release, a config."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from core.bundle import Bundle, write_bundle
from tests import people

FPS = 15.0
SCRIPT = (("background", 2.0), ("wave", 4.0), ("background", 2.0), ("squat", 4.0), ("background", 1.0))
QUICK = (("wave", 3.5), ("background", 1.5))


def write_video(path: Path, seconds: float) -> None:
    """A film in which nothing is to be seen."""
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), FPS, (64, 48))
    assert writer.isOpened()
    for number in range(round(seconds * FPS)):
        writer.write(np.full((48, 64, 3), number % 200, np.uint8))
    writer.release()


class World:
    """Files of one device; `write` changes sections of its config, `run` starts the daemon as a process."""

    def __init__(self, directory: Path, bundle: Bundle, port: int) -> None:
        self.directory = directory
        self.state = directory / "state"
        self.config = directory / "device.toml"
        self.video, self.recording, self.release = (
            directory / "film.avi",
            directory / "people.npz",
            directory / "release",
        )
        self.play(SCRIPT)
        write_bundle(bundle, self.release)
        self.sections: dict[str, dict[str, object]] = {
            "device": {"site": "home", "name": "cam", "group": "g", "state_directory": str(self.state)},
            "camera": {"url": str(self.video), "loop": True},
            "pose": {"estimator": "recording", "recording": str(self.recording)},
            "model": {"directory": str(self.release), "public_key": bundle.signed.key, "channel": "c"},
            "mqtt": {"host": "127.0.0.1", "port": port},
            "status": {"interval_s": 1.0, "figures_s": 1.0},
        }
        self.write()

    def write(self, **changes: dict[str, object]) -> Path:
        """Write the config with changed sections; a value of None removes a key."""
        for section, values in changes.items():
            merged = self.sections.get(section, {}) | values
            self.sections[section] = {key: value for key, value in merged.items() if value is not None}
        lines = [
            line
            for section, values in self.sections.items()
            for line in [f"[{section}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
        ]
        self.config.write_text("\n".join(lines) + "\n")
        return self.config

    def play(self, script: tuple[tuple[str, float], ...]) -> None:
        """Let the camera show another script."""
        write_video(self.video, people.write_recording(self.recording, script, fps=FPS, seed=5))

    def run(self, *wrapper: str, arguments: tuple[str, ...] = (), **environment: str) -> "Daemon":
        """The daemon as a process of its own; a wrapper is a command that becomes the one it is given."""
        command = (*wrapper, sys.executable, "-m", "device.cli", "run", "--config", str(self.config), *arguments)
        return Daemon(command, self.directory / "log", environment)


class Daemon:
    """A running `device run`."""

    def __init__(self, command: tuple[str, ...], log: Path, environment: dict[str, str]) -> None:
        self.log, self._command = log, command
        self._environment = os.environ | {"OMP_NUM_THREADS": "1"} | environment

    def __enter__(self) -> Self:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self._command, env=self._environment, stdout=output, stderr=output)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def reload(self) -> None:
        """Ask it to read its configuration again."""
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(20)


class NotifySocket:
    """systemd's end of sd_notify: records what a service says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages: list[str] = []

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        # Read all the time, as systemd does: whoever notifies waits when nobody reads.
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", str(self.path))
        self._thread.join()
        self._socket.close()

    def _read(self) -> None:
        while message := self._socket.recv(4096):
            self.messages += message.decode().splitlines()


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return repr(value) if isinstance(value, int | float) else f'"{value}"'
