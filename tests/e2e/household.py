"""A whole small fleet of real processes: broker, aggregator, daemons; only the pictures are replaced by recordings.

`posefleet …` runs as it does on a board; its estimator replays keypoints of `tests.people`, its model is the tiny one.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from core.messages import RoundClosed, RoundOpen, Status, decode
from core.signing import SigningKey
from device.learning.samples import SampleStore
from fleet.enrolment import enrol_devices, request_round
from posefleet.broker import LocalBroker
from tests import people, tiny
from tests.broker import Subscriber, wait_until
from tests.fleet.world import Beginning, write_evaluation

SITE = "home"
SCRIPT = (("background", 3.0), ("wave", 4.0), ("background", 3.0), ("clap", 4.0), ("background", 3.0))
STOP_S = 20.0


@dataclass
class Household:
    """Starts and stops the processes; everything is below one directory."""

    directory: Path
    beginning: Beginning
    broker: LocalBroker
    subscriber: Subscriber
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    """What runs as a device in place of `posefleet`, by its name."""

    @property
    def fleet_config(self) -> Path:
        """fleet.toml."""
        return self.directory / "fleet.toml"

    def start_fleet(self, *, goal: int, deadline_s: float) -> None:
        """Run the aggregator."""
        write_evaluation(self.directory / "evaluation.npz")
        self.fleet_config.write_text(
            f"""
[fleet]
state_directory = "{self.beginning.directory / "state"}"
[mqtt]
host = "127.0.0.1"
port = {self.broker.port}
[release]
initial = "{self.beginning.directory / "release"}"
[rounds]
automatic = false
goal = {goal}
quorum = 2
deadline_s = {deadline_s}
epochs = 3
learning_rate = 0.02
clip_norm = 10.0
[gate]
evaluation = "{self.directory / "evaluation.npz"}"
"""
        )
        self._run("fleet", "fleet", "serve", "--config", str(self.fleet_config))

    def add_device(
        self,
        name: str,
        *,
        seed: int,
        camera: str | None = None,
        estimator: str = "recording",
        budget_ms: int = 50,
        figures_s: float = 1.0,
    ) -> None:
        """Set a device up, teach it, enrol it, and run it; its camera is a film, unless there is another."""
        state = self.directory / name
        state.mkdir()
        write_film(state / "film.avi", seconds=sum(length for _, length in SCRIPT))
        people.write_recording(state / "recording.npz", SCRIPT, seed=seed)
        (state / "device.toml").write_text(
            f"""
[device]
site = "{SITE}"
name = "{name}"
state_directory = "{state}"
[mqtt]
host = "127.0.0.1"
port = {self.broker.port}
[camera]
url = "{camera or state / "film.avi"}"
loop = true
[pose]
estimator = "{estimator}"
recording = "{state / "recording.npz"}"
[model]
directory = "{self.beginning.directory / "release"}"
public_key = "{self.beginning.key.public}"
[latency]
budget_ms = {budget_ms}
[status]
interval_s = 0.5
figures_s = {figures_s}
"""
        )
        with SampleStore(state / "samples.sqlite", 1000) as store:
            windows, labels = people.windows(tiny.LABELS, 12, seed=seed)
            for keypoints, label in zip(windows, labels, strict=True):
                store.add(keypoints, tiny.LABELS[label], captured_at=0.0, source="test")
        key = SigningKey.load_or_create(state / "device.key").public
        enrol_devices(self.fleet_config, {(SITE, name): key})
        self.run_device(name)

    def run_device(self, name: str) -> None:
        """Run a device that is set up."""
        self._run(name, "device", "run", "--config", str(self.directory / name / "device.toml"))

    def kill(self, name: str) -> None:
        """SIGKILL: what a power cut looks like from outside."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def ask_for_round(self) -> RoundOpen:
        """Open a round, and wait until the devices could know of it."""
        before = len(self.rounds(RoundOpen))
        request_round(self.fleet_config)
        wait_until(lambda: len(self.rounds(RoundOpen)) > before, "a round")
        return self.rounds(RoundOpen)[-1]

    def rounds(self, kind: type) -> list:
        """Every RoundOpen or RoundClosed so far."""
        payloads = self.subscriber.on("posefleet/v1/rounds/default")
        return [
            message for payload in payloads if isinstance(message := decode(payload, RoundOpen | RoundClosed), kind)
        ]

    def statuses(self, name: str) -> list[Status]:
        """Every status of a device so far."""
        return [decode(payload, Status) for payload in self.subscriber.on(f"posefleet/v1/{SITE}/{name}/status")]

    def joints(self, name: str) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
        """(N, 33) coordinates that a device sees, by name."""
        with np.load(self.directory / name / "recording.npz") as recording:
            for number, axis in enumerate("xy"):
                yield f"{axis} of {name}", recording["joints"][..., number].astype(np.float64)

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def _run(self, name: str, *arguments: str) -> None:
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", self.modules.get(name, "posefleet"), *arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )


@contextlib.contextmanager
def household(
    directory: Path, beginning: Beginning, broker: LocalBroker, subscriber: Subscriber
) -> Iterator[Household]:
    """A household whose processes end with the block, in good order: their exit codes are checked."""
    house = Household(directory, beginning, broker, subscriber)
    try:
        yield house
        for process in house.processes.values():
            process.send_signal(signal.SIGTERM)
        codes = {name: process.wait(STOP_S) for name, process in house.processes.items()}
        assert set(codes.values()) == {0}, {name: house.log(name)[-1500:] for name, code in codes.items() if code}
    finally:
        for process in house.processes.values():
            process.kill()
            process.wait()


def write_film(path: Path, *, seconds: float, fps: float = 15.0) -> None:
    """A grey film: the daemon's camera, whose pictures nobody looks at."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    for _ in range(round(seconds * fps)):
        writer.write(np.full((48, 64, 3), 120, np.uint8))
    writer.release()
