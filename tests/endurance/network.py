"""Two hosts, a device and a broker, with a bad network between them: nothing is lost, and memory stays flat.

    python -m tests.endurance.network --minutes 6        # as root, with mosquitto, `ip` and /dev/net/tun

A fifth of the packets is lost in each direction, 64 kbit/s are all there is, and again and again nothing gets through
for a minute. Exits with 1, and says why, unless every event arrived once by its number, in order, and the process's
memory did not grow after the first part of the run. What this machine lacks is said, and exits with 2.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from core.errors import ConfigError
from device.bench.worker import resident_mb
from posefleet.broker import find_mosquitto, free_port
from tests.broker import wait_until
from tests.command import make_parser, passing, positive_float, run
from tests.endurance.ledger import Ledger
from tests.endurance.maker import IDENTITY, Orders, events_of, made, waiting
from tests.endurance.tunnel import NEAR, Impairment, Tunnel, missing

BAD = Impairment(loss=0.2, bits_per_second=64_000)
GROWTH_MB = 3.0  # what a process may grow by after a third of the run: an arena or a cache, nothing that goes on
_CONF = "listener {port} 0.0.0.0\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n"


@dataclass(frozen=True)
class Report:
    """What a run came to."""

    made: int
    arrived: int
    duplicates: int
    packets_lost: int
    packets_carried: int
    first_mb: float
    last_mb: float
    faults: list[str]


def endure(directory: Path, *, seconds: float, part_s: float, per_second: float) -> Report:
    """Make events for so many seconds, cut off for `part_s` in every other period of that length."""
    port = free_port()
    (directory / "mosquitto.conf").write_text(_CONF.format(port=port))
    (directory / "maker").mkdir()
    orders = Orders(directory / "maker", port, per_second, round(seconds * per_second), host=NEAR)
    with ExitStack() as stack:
        tunnel = stack.enter_context(Tunnel(BAD))
        mosquitto = [*tunnel.near, str(find_mosquitto()), "-c", str(directory / "mosquitto.conf")]
        _start(stack, mosquitto, directory / "broker.log")
        got = directory / "events.jsonl"
        reader = [*tunnel.near, sys.executable, "-m", "tests.endurance.reader", str(port), str(got)]
        _start(stack, reader, directory / "reader.log")
        wait_until(got.exists, "a subscriber", 30)
        maker = _start(stack, [*tunnel.far, *orders.command], directory / "maker.log")
        # Not before: on a busy machine what a process loads at its start would count as growth.
        wait_until(lambda: made(orders.directory) > 0, "the first event", 120)
        sizes = _watch(maker.pid, tunnel, seconds=seconds, part_s=part_s)
        wait_until(lambda: made(orders.directory) >= orders.total, "every event", 60)
        wait_until(lambda: not waiting(orders.directory), "delivery", 120 + seconds)
        newest = made(orders.directory)
        with contextlib.suppress(AssertionError):  # which ones are missing the ledger says better
            wait_until(lambda: len(got.read_bytes().splitlines()) >= newest, "the last event", 60)
        last_mb = resident_mb(maker.pid)
    ledger = Ledger(tuple(events_of(got.read_bytes().splitlines())))
    faults = ledger.faults(newest)
    first_mb = sizes[len(sizes) // 3] if sizes else last_mb
    if last_mb - first_mb > GROWTH_MB:
        faults.append(f"memory grew from {first_mb:.1f} to {last_mb:.1f} MB")
    arrived, twice = len(ledger.first_arrivals), ledger.duplicates
    return Report(newest, arrived, twice, tunnel.lost, tunnel.carried, first_mb, last_mb, faults)


def _watch(pid: int, tunnel: Tunnel, *, seconds: float, part_s: float) -> list[float]:
    """The process's memory once a second, while the network comes and goes."""
    sizes: list[float] = []
    deadline, parts_at = time.monotonic() + seconds, time.monotonic() + part_s
    while (now := time.monotonic()) < deadline:
        if now >= parts_at:
            tunnel.partition(part_s)
            parts_at = now + 2 * part_s
        sizes.append(resident_mb(pid))
        time.sleep(1)
    return sizes


def _start(stack: ExitStack, command: list[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)

    def end() -> None:
        process.kill()
        process.wait()

    stack.callback(end)
    return process


def main() -> int:
    """Run and report.

    Raises:
        ConfigError: two hosts cannot be made on this machine.
    """
    parser = make_parser(__doc__)
    parser.add_argument("--minutes", type=positive_float, default=6.0, help="in which events are made")
    parser.add_argument("--part-s", type=positive_float, default=60.0, help="of silence, and as long until the next")
    parser.add_argument("--per-second", type=positive_float, default=3.0, help="how many events are made")
    options = parser.parse_args()
    console, seconds = Console(soft_wrap=True), 60 * options.minutes
    if absent := missing() + ([] if find_mosquitto() else ["mosquitto"]):
        raise ConfigError(f"two hosts cannot be made here: {', '.join(absent)} absent")
    with tempfile.TemporaryDirectory() as name, passing("a bad network", seconds):
        report = endure(Path(name), seconds=seconds, part_s=options.part_s, per_second=options.per_second)
    console.print(f"{IDENTITY.name}: {report}")
    console.print("; ".join(report.faults[:5]) or "all in order")
    return int(bool(report.faults))


if __name__ == "__main__":
    run(main)
