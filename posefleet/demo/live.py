"""What is seen while the fleet runs: devices, events as they are published, rounds. Plain lines without a terminal."""

import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from core.messages import ActionEvent, Message, RoundClosed, RoundOpen, SignedManifest, Status
from core.topics import device_of

_LINES = 14  # events on the screen; all of them are in the log of the tap


class LiveView:
    """Takes messages from the tap's thread and shows them. Use as a context manager."""

    def __init__(self, console: Console, devices: list[str]) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._status: dict[str, Status | None] = dict.fromkeys(devices)
        self._lines: deque[Text] = deque(maxlen=_LINES)
        self._fleet = "no round yet"
        self._live = Live(self._render(), console=console, refresh_per_second=4, get_renderable=self._render)
        self.events: list[ActionEvent] = []
        self.statuses: list[Status] = []
        self.rounds: list[RoundOpen | RoundClosed] = []
        self.releases = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def take(self, topic: str, message: Message) -> None:
        """A message that the tap has read."""
        with self._lock:
            if isinstance(message, Status):
                self._take_status(topic, message)
            elif isinstance(message, ActionEvent):
                self.events.append(message)
                if message.kind != "update":
                    self._say(describe(message))
            elif isinstance(message, RoundOpen | RoundClosed):
                self.rounds.append(message)
                self._fleet = _describe_round(message)
                self._say(Text(self._fleet, style="magenta"))
            elif isinstance(message, SignedManifest):
                self.releases += 1
                self._say(Text("the fleet publishes a signed release", style="magenta"))

    def say(self, line: str) -> None:
        """A line of the demo's own."""
        with self._lock:
            self._say(Text(line, style="bold"))

    def status(self, device: str) -> Status | None:
        """The newest status of a device."""
        with self._lock:
            return self._status.get(device)

    def statuses_since(self, moment: datetime) -> list[Status]:
        """Every status that was sent after a moment."""
        with self._lock:
            return [status for status in self.statuses if status.at >= moment]

    def _take_status(self, topic: str, status: Status) -> None:
        owner = device_of(topic)
        if owner is None or owner.device not in self._status:
            return
        before = self._status[owner.device]
        self._status[owner.device] = status
        self.statuses.append(status)
        if before is not None and before.model_version != status.model_version and status.model:
            self._say(Text(f"{owner.device:>10} now runs {status.model}", style="green"))

    def _say(self, line: Text) -> None:
        self._lines.append(line)
        if not self._console.is_terminal:
            self._console.print(line)

    def _render(self) -> Group:
        table = Table(title=f"fleet at {time.strftime('%H:%M:%S')}: {self._fleet}", title_justify="left", expand=True)
        for column in ("device", "state", "model", "frames", "fps", "p50 / p95 ms", "learning"):
            table.add_column(column)
        for device, status in self._status.items():
            table.add_row(*_status_row(device, status))
        return Group(table, *self._lines)


def _status_row(device: str, status: Status | None) -> list[str]:
    if status is None:
        return [device, "starting", "", "", "", "", ""]
    total = (status.latency or {}).get("total")
    return [
        device,
        f"{status.state}, camera {status.camera or '?'}",
        status.model or "",
        "" if status.frames is None else str(status.frames),
        "" if status.fps is None else f"{status.fps:g}",
        f"{total.p50_ms:.0f} / {total.p95_ms:.0f}" if total else "",
        status.learning or "",
    ]


def describe(event: ActionEvent) -> Text:
    """One line for a person: device, action, confidence, when, how long."""
    when = event.started_at.astimezone().strftime("%H:%M:%S")
    if event.kind == "start" or event.ended_at is None:
        return Text(f"{event.device:>10} starts {event.action:<14} {event.confidence:4.0%}  at {when}", style="cyan")
    lasted = (event.ended_at - event.started_at).total_seconds()
    return Text(
        f"{event.device:>10} ends   {event.action:<14} {event.confidence:4.0%}  at {when}, lasted {lasted:.1f} s",
        style="blue",
    )


def _describe_round(message: RoundOpen | RoundClosed) -> str:
    if isinstance(message, RoundOpen):
        left = (message.deadline - datetime.now(UTC)).total_seconds()
        return f"round {message.round} is open on release {message.base}, {left:.0f} s to the deadline"
    return f"round {message.round} closed with {message.accepted} deltas: {message.outcome} {message.reason}".rstrip()
