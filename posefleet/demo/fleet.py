"""The running fleet of the demo: broker, aggregator, three daemons; one showing, the rounds, another showing."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from core.messages import RoundClosed, Status
from core.mqtt_settings import MqttSettings
from core.signing import SigningKey
from posefleet.broker import LocalBroker
from posefleet.demo import household
from posefleet.demo.live import LiveView
from posefleet.demo.plan import Places, Plan
from posefleet.demo.processes import Service, service, wait_until
from posefleet.demo.summary import Loop, Showing
from posefleet.demo.tap import Tap, Traffic
from training.synthesis import Clip

START_S = 120.0  # three daemons load MediaPipe on two cores
UPDATE_S = 90.0  # from a release to the last device's status that names it
SETTLE_S = 4.0  # an action at the end of a film is reported a window later


@dataclass(frozen=True)
class Outcome:
    """What was seen while the fleet ran."""

    showings: dict[str, list[Showing]]
    statuses: dict[str, Status | None]
    traffic: Traffic


def run_fleet(
    plan: Plan,
    places: Places,
    clips: dict[str, Clip],
    console: Console,
    *,
    port: int,
    broker: str,
    keep_running_s: float,
) -> Outcome:
    """Start everything, watch, hold the rounds, watch again, stop everything."""
    with ExitStack() as stack:
        local = stack.enter_context(LocalBroker(port, places.broker, kind=broker))
        console.print(f"broker: {local.kind} on 127.0.0.1:{local.port} (mosquitto_sub -p {local.port} -t '#' -v)")
        view = stack.enter_context(LiveView(console, [*plan.devices]))
        tap = Tap(MqttSettings(host="127.0.0.1", port=local.port), view.take)
        stack.enter_context(tap.connection)
        fleet = _Fleet(plan, places, clips, view=view, port=local.port, stack=stack)
        fleet.start()
        first = fleet.watch_films("before the rounds", from_beginning=True)
        for number in range(plan.rounds):
            fleet.hold_round(number + 1)
        second = fleet.watch_films("after the rounds")
        if keep_running_s:
            view.say(f"the fleet goes on for {keep_running_s / 60:g} minutes; Ctrl-C ends it")
            time.sleep(keep_running_s)
        statuses = {device: view.status(device) for device in plan.devices}
    return Outcome(first | second, statuses, tap.traffic)


class _Fleet:
    """The services and what the demo asks of them."""

    def __init__(
        self, plan: Plan, places: Places, clips: dict[str, Clip], *, view: LiveView, port: int, stack: ExitStack
    ) -> None:
        self._plan, self._places, self._clips = plan, places, clips
        self._view, self._port, self._stack = view, port, stack
        self._services: list[Service] = []
        self._config = household.write_fleet_config(places, plan, port=port)

    def start(self) -> None:
        """Enrol the devices and start every service."""
        from fleet.enrolment import enrol_devices

        keys = {
            device: SigningKey.load_or_create(self._places.device(device) / "device.key").public
            for device in self._plan.devices
        }
        enrol_devices(self._config, {(self._plan.site, device): key for device, key in keys.items()})
        self._launch("fleet", ["fleet", "serve", "--config", str(self._config)])
        for device in self._plan.devices:
            config = household.write_device_config(
                self._places,
                self._plan,
                device,
                port=self._port,
                video=self._clips[device].video,
                public_key=household.fleet_key(self._places).public,
            )
            self._launch(device, ["device", "run", "--config", str(config)])
        self._wait(lambda: all(self._runs(device) for device in self._plan.devices), START_S, "every device online")

    def watch_films(self, when: str, *, from_beginning: bool = False) -> dict[str, list[Showing]]:
        """Let each device see its film once; group what it reported by the model that ran."""
        now = datetime.now(UTC)
        loops = {
            device: Loop(self._clips[device], film_began(self._places.logs / f"{device}.log"))
            for device in self._plan.devices
        }
        since = {device: loop.began if from_beginning else loop.pause_after(now) for device, loop in loops.items()}
        last = max(since[device] + timedelta(seconds=loop.seconds + SETTLE_S) for device, loop in loops.items())
        self._view.say(f"{when}: every device watches its film once, until {last.astimezone():%H:%M:%S}")
        self._wait(lambda: datetime.now(UTC) > last, (last - now).total_seconds() + 10, "the showing")
        showings: dict[str, list[Showing]] = {}
        for device, loop in loops.items():
            status = self._view.status(device)
            model = (status.model if status else None) or "?"
            showings.setdefault(model, []).append(loop.showing(device, since[device], list(self._view.events)))
        return showings

    def hold_round(self, number: int) -> None:
        """Ask the aggregator for a round and wait until it is over and every device runs its release."""
        from fleet.enrolment import request_round

        closed_before = self._closed()
        request_round(self._config)
        self._wait(
            lambda: len(self._closed()) > len(closed_before), household.DEADLINE_S + 30, f"the end of round {number}"
        )
        if self._closed()[-1].outcome == "released":
            version = number_of_release(self._places.fleet)
            self._wait(
                lambda: all(self._runs(device, version) for device in self._plan.devices),
                UPDATE_S,
                f"release {version} on every device",
            )

    def _closed(self) -> list[RoundClosed]:
        return [one for one in self._view.rounds if isinstance(one, RoundClosed)]

    def _runs(self, device: str, version: int = 1) -> bool:
        status = self._view.status(device)
        return (
            status is not None
            and status.state == "online"
            and (status.model_version or 0) >= version
            and status.camera == "ok"
        )

    def _launch(self, name: str, arguments: list[str]) -> None:
        log = self._places.logs / f"{name}.log"
        self._services.append(self._stack.enter_context(service(name, arguments, log)))

    def _wait(self, done: Callable[[], bool], timeout_s: float, what: str) -> None:
        wait_until(done, self._services, timeout_s=timeout_s, what=what)


def number_of_release(state: Path) -> int:
    """The version that the aggregator's `current` release has."""
    return int((state / "releases" / "current").readlink().name)


def film_began(log: Path) -> datetime:
    """When a daemon began to play its video file, from its log.

    Raises:
        ValueError: the log does not say.
    """
    marker = "plays from "
    for line in log.read_text(errors="replace").splitlines():
        if marker in line:
            return datetime.fromisoformat(line.split(marker, 1)[1].split()[0].rstrip(","))
    raise ValueError(f"{log} does not say when the film began")
