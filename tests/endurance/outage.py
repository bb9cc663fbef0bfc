"""A broker that is away for minutes while events are made, and the processes that make them are killed.

    python -m tests.endurance.outage --minutes 10 --events 2000 --kills 20
    python -m tests.endurance.outage --minutes 1 --events 2000 --kills 4 --quota-kb 100

One process makes events at the asked rate through the daemon's outbox and link; beside it a real daemon watches a
film. Both are killed with SIGKILL at the same moments, most while the broker is away, the last while what waited is
being delivered. Exits with 1, and says why, unless every event arrived once by its number, in order, without a gap.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from core.bundle import Bundle
from core.messages import Status, decode
from core.signing import SigningKey
from posefleet.broker import LocalBroker
from tests import learning
from tests.broker import Line, Received, Subscriber, wait_until
from tests.command import make_parser, passing, positive_float, positive_int, run, whole_number
from tests.device.events import TOPICS
from tests.device.world import World
from tests.endurance.ledger import Ledger
from tests.endurance.maker import IDENTITY, Orders, events_of, lost, made, waiting

_START_S = 240.0  # for two processes on a machine that is busy with other things
_LATE_KILLS = 5  # one in so many kills comes while what waited is delivered
FILM = (("wave", 1.6), ("background", 1.2), ("clap", 1.6), ("background", 1.2))


@dataclass(frozen=True)
class Plan:
    """How long, how much, how often."""

    outage_s: float
    events: int
    kills: int
    quota_bytes: int = 10**8
    seed: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of one device's events."""

    name: str
    made: int
    lost: int
    duplicates: int
    faults: list[str]

    def __str__(self) -> str:
        """One line."""
        verdict = "; ".join(self.faults[:5]) or "all in order"
        return f"{self.name}: {self.made} made, {self.lost} lost, {self.duplicates} came twice: {verdict}"


class _Device:
    """A process that is killed and started again."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._command, self._log = command, log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


def endure(directory: Path, bundle: Bundle, broker: LocalBroker, plan: Plan) -> list[Outcome]:
    """Go through the plan; what became of the maker's and the daemon's events."""
    with ExitStack() as stack:
        line = stack.enter_context(Line(broker.port))
        before = stack.enter_context(Subscriber(broker.port))
        rate = plan.events / plan.outage_s
        (directory / "maker").mkdir()
        orders = Orders(directory / "maker", line.port, rate, plan.events, plan.quota_bytes)
        world = _world(directory, bundle, line.port)
        daemon_command = [sys.executable, "-m", "device.cli", "run", "--config", str(world.config)]
        devices = [
            stack.enter_context(_running(command, directory / log))
            for command, log in ((orders.command, "maker.log"), (daemon_command, "daemon.log"))
        ]
        states = (orders.directory, world.state)
        topics = (f"posefleet/v1/home/{IDENTITY.name}/event", TOPICS.event)
        wait_until(lambda: all(before.on(topic) for topic in topics), "the first events", _START_S)
        _go_without(broker, line, devices, plan)
        wait_until(lambda: made(orders.directory) >= plan.events, "all events", 120 + plan.outage_s)
        early = [before.on(topic) for topic in topics]  # now, for this subscriber comes back as well, some time
        broker.start()
        after = stack.enter_context(Subscriber(broker.port))
        line.mend()
        _kill(devices, plan.kills // _LATE_KILLS, pause_s=1.5, dice=random.Random(plan.seed + 1))
        seen = len(after.messages)
        wait_until(
            lambda: {IDENTITY.name, TOPICS.device} <= _online(after.messages[seen:]), "both being back", _START_S
        )
        wait_until(lambda: not any(map(waiting, states)), "delivery", 120 + plan.outage_s)
        assert [device.stop() for device in devices] == [0, 0]
        wait_until(lambda: not any(map(waiting, states)), "the last delivery")
        names = (IDENTITY.name, TOPICS.device)
        return [
            _outcome(name, state, received + after.on(topic))
            for name, state, topic, received in zip(names, states, topics, early, strict=True)
        ]


def _online(messages: list[Received]) -> set[str]:
    """Devices that have said that they are."""
    payloads = [one.payload for one in messages if one.topic.endswith("/status")]
    return {status.device for status in (decode(one, Status) for one in payloads) if status.state == "online"}


def _go_without(broker: LocalBroker, line: Line, devices: list[_Device], plan: Plan) -> None:
    broker.stop()
    line.cut()
    began = time.monotonic()
    kills = plan.kills - plan.kills // _LATE_KILLS
    _kill(devices, kills, pause_s=plan.outage_s / (kills + 1), dice=random.Random(plan.seed))
    time.sleep(max(0.0, began + plan.outage_s - time.monotonic()))


def _kill(devices: list[_Device], times: int, *, pause_s: float, dice: random.Random) -> None:
    for _ in range(times):
        time.sleep(pause_s * dice.uniform(0.6, 1.4))
        for device in devices:
            device.kill()
            device.start()


def _world(directory: Path, bundle: Bundle, port: int) -> World:
    (directory / "daemon").mkdir()
    world = World(directory / "daemon", bundle, port)
    world.play(FILM)
    world.write(events={"minimum_s": 0.3, "cool_down_s": 0.2, "update_s": 1})
    return world


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[_Device]:
    device = _Device(command, log)
    try:
        yield device
    finally:
        if device.process.poll() is None:
            device.kill()


def _outcome(name: str, state: Path, payloads: list[bytes]) -> Outcome:
    ledger = Ledger(tuple(events_of(payloads)))
    return Outcome(name, made(state), lost(state), ledger.duplicates, ledger.faults(made(state), lost(state)))


def main() -> int:
    """Run and report."""
    parser = make_parser(__doc__)
    parser.add_argument("--minutes", type=positive_float, default=10.0, help="that the broker is away")
    parser.add_argument("--events", type=positive_int, default=2000, help="that are made meanwhile")
    parser.add_argument("--kills", type=whole_number, default=20, help="of both processes, one in five afterwards")
    parser.add_argument("--quota-kb", type=positive_int, default=100_000, help="that may wait; less loses events")
    parser.add_argument("--seed", type=whole_number, default=0, help="of the moments of the kills")
    options = parser.parse_args()
    plan = Plan(60 * options.minutes, options.events, options.kills, 1000 * options.quota_kb, options.seed)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        bundle = learning.release(1, weights=learning.trained_once(directory), key=SigningKey.generate())
        with LocalBroker(0, directory / "broker") as broker, passing("the broker is away", plan.outage_s):
            outcomes = endure(directory, bundle, broker, plan)
    for outcome in outcomes:
        Console(soft_wrap=True).print(str(outcome))
    return int(any(outcome.faults for outcome in outcomes))


if __name__ == "__main__":
    run(main)
