"""The arm64 package on an emulated processor: does a board report of a film what the amd64 package reports of it?

    systemd/deb/build amd64 && systemd/deb/build arm64
    python -m tests.systemd.arm64 dist/posefleet_*_amd64.deb dist/posefleet_*_arm64.deb \
        --model demo/release --video short.mp4

The film is played to the packaged daemon of each, and what arrives at a broker is compared. An emulated frame takes
five seconds, or thirty on a busy machine, so the board's clocks are slowed (`slow_clock`) until its daemon keeps up
with the film: five seconds of it take twenty minutes. It needs root, mmdebstrap, qemu-user-static and mosquitto.
Choose a film of few frames a second in which an action ends.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console

from core.bundle import signer_of
from core.errors import PosefleetError, UnavailableError
from core.messages import ActionEvent, Status, decode
from posefleet.broker import LocalBroker
from tests.broker import Subscriber
from tests.systemd.board import Board, unpack

NEAR_S = 0.3  # of the film, about the time between two windows: between processors the last digits of logits differ
AFTER_S = 20.0  # for the last messages
STOP_S = 300.0  # an emulated daemon says goodbye slowly
_PYTHON = "/opt/posefleet/bin/python3"


@dataclass(frozen=True)
class Reported:
    """What a subscriber got of one event; moments in seconds of the film."""

    kind: str
    action: str
    confidence: float
    started_s: float
    ended_s: float | None
    ended_by: str | None

    def resembles(self, other: "Reported") -> bool:
        """Whether both speak of the same thing at the same time."""
        return (
            (self.kind, self.action, self.ended_by) == (other.kind, other.action, other.ended_by)
            and abs(self.started_s - other.started_s) <= NEAR_S
            and abs((self.ended_s or 0.0) - (other.ended_s or 0.0)) <= NEAR_S
        )


def main() -> int:
    """Exit code 0 if both report the same, 1 if not, 2 if it cannot be tried."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("amd64", type=Path, help="the package for this machine")
    parser.add_argument("arm64", type=Path, help="the package for the board")
    parser.add_argument("--model", type=Path, required=True, help="a release that knows the actions of the film")
    parser.add_argument("--video", type=Path, required=True)
    parser.add_argument("--slower", type=float, default=250.0, help="how many times the board's clocks are slowed")
    parser.add_argument("--trees", type=Path, default=Path("/var/tmp/posefleet-boards"), help="made anew each time")
    arguments = parser.parse_args()
    console = Console()
    try:
        reports = []
        for package, architecture, slower in (
            (arguments.amd64, "amd64", 20.0),  # a busy machine judges every frame, too
            (arguments.arm64, "arm64", arguments.slower),
        ):
            board = unpack(package, architecture, arguments.trees / architecture)
            reports.append(report(board, arguments.model, arguments.video, slower, console))
    except PosefleetError as exc:
        console.print(f"error: {exc}")
        return 2
    here, there = reports
    same = len(here) == len(there) > 0 and all(one.resembles(other) for one, other in zip(here, there, strict=True))
    console.print("the same" if same else "NOT the same")
    return 0 if same else 1


def report(board: Board, model: Path, video: Path, slower: float, console: Console) -> list[Reported]:
    """What the board's daemon publishes of the film."""
    shutil.copytree(model, board.tree / "release")
    shutil.copy(video, board.tree / "film.mp4")
    shutil.copy(Path(__file__).with_name("slow_clock.py"), board.tree)
    console.print(f"[bold]{run(board, '-c', 'import platform; print(platform.machine())')}[/bold]")
    began = time.monotonic()
    with console.status(f"the film plays, {slower:g} times slower"):
        events, log = play(board, signer_of(model), slower)
    for line in log.splitlines():
        if "frames judged" in line or "latency of a frame" in line:
            console.print(line.partition(": ")[2])
    reported = in_film(events, log)
    for one in reported:
        console.print(one)
    console.print(f"{time.monotonic() - began:.0f} s")
    return reported


def play(board: Board, public_key: str, slower: float) -> tuple[list[ActionEvent], str]:
    """The film to the daemon: the events at the broker, and the daemon's log."""
    log = board.tree / "daemon.log"
    command = board.command(_PYTHON, "/slow_clock.py", f"{slower:g}", "device", "run", "--config", "/device.toml")
    with LocalBroker(0, board.tree / "tmp") as broker, Subscriber(broker.port) as subscriber:
        (board.tree / "device.toml").write_text(config(public_key, broker.port))
        with log.open("wb") as out, subprocess.Popen(command, stderr=out) as daemon:
            try:
                wait_for_end(subscriber, daemon, log)
            finally:
                stop(daemon)
        events = subscriber.on("posefleet/v1/home/board/event")
    return [decode(payload, ActionEvent) for payload in events], log.read_text()


def run(board: Board, *arguments: str) -> str:
    """What the package's Python says; what it complains about is part of the error."""
    done = subprocess.run(board.command(_PYTHON, *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout.strip()


def config(public_key: str, port: int) -> str:
    """The board's device.toml. Its pings come slowly, too, so the broker must not wait for them."""
    return (
        '[device]\nsite = "home"\nname = "board"\nstate_directory = "/state"\n[camera]\nurl = "/film.mp4"\n'
        f'[model]\ndirectory = "/release"\npublic_key = "{public_key}"\n[latency]\nbudget_ms = 5000\n'
        f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\nkeepalive_s = 3600\n'
    )


def wait_for_end(subscriber: Subscriber, daemon: subprocess.Popen[bytes], log: Path) -> None:
    """Until the daemon has judged the whole film and the last messages are here."""
    while not any(
        decode(payload, Status).camera == "ended" for payload in subscriber.on("posefleet/v1/home/board/status")
    ):
        if daemon.poll() is not None:
            raise UnavailableError(f"the daemon ended with {daemon.returncode}: {log.read_text()[-2000:]}")
        time.sleep(1)
    time.sleep(AFTER_S)


def stop(daemon: subprocess.Popen[bytes]) -> None:
    """As systemd does."""
    daemon.terminate()
    try:
        daemon.wait(STOP_S)
    except subprocess.TimeoutExpired:
        daemon.kill()


def in_film(events: list[ActionEvent], log: str) -> list[Reported]:
    """Starts and ends, with moments counted from the film's first picture; updates come at the pace of the clock."""
    plays = re.search(r"plays from (\S+),", log)
    if plays is None:
        raise UnavailableError(f"the film never played: {log[-2000:]}")
    first = datetime.fromisoformat(plays[1])
    return [
        Reported(
            kind=event.kind,
            action=event.action,
            confidence=event.confidence,
            started_s=round((event.started_at - first).total_seconds(), 2),
            ended_s=None if event.ended_at is None else round((event.ended_at - first).total_seconds(), 2),
            ended_by=event.ended_by,
        )
        for event in events
        if event.kind != "update"
    ]


if __name__ == "__main__":
    sys.exit(main())
