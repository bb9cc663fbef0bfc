"""The end of the demo: what was learned, how fast it ran, what left the devices, where the files are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from core.messages import ActionEvent, Status
from posefleet.demo.tap import Traffic
from training.evaluation.evaluate import Report
from training.evaluation.event_metrics import EventReport, Span, match, within
from training.synthesis import Clip

TOLERANCE_S = 1.0  # an event counts when it begins and ends this close to what was done
_ON_DEVICE = ("ActionEvent", "CurrentAction", "Status", "announcement", "weight delta chunk")


@dataclass(frozen=True)
class Showing:
    """A device's whole film, from any moment on: what was done, and what was reported, in seconds from that moment."""

    device: str
    done: tuple[Span, ...]
    reported: tuple[Span, ...]

    @property
    def result(self) -> EventReport:
        """Reported against done."""
        return match(self.done, self.reported, within(TOLERANCE_S, ends=True))


@dataclass(frozen=True)
class Loop:
    """A film that a device sees again and again, and when it saw its beginning for the first time."""

    clip: Clip
    began: datetime

    @property
    def seconds(self) -> float:
        """Length of a pass: whole frames, a little off the script."""
        return self.clip.footage.frames / self.clip.footage.fps

    def pause_after(self, moment: datetime) -> datetime:
        """The next middle of a background: a film cut there is cut through no action."""
        actions = self.clip.footage.script.actions()
        ends = [0.0, *(one.end_s for one in actions)]
        starts = [*(one.start_s for one in actions), self.seconds]
        pauses = [(end + start) / 2 for end, start in zip(ends, starts, strict=True)]
        return min(self._next(pause, moment) for pause in pauses)

    def showing(self, device: str, since: datetime, events: Sequence[ActionEvent]) -> Showing:
        """What was done and reported in one pass from a moment on; events count by when they started."""
        done = []
        for one in self.clip.footage.script.actions():
            start = (self._next(one.start_s, since) - since).total_seconds()
            done.append(Span(one.action, start, start + one.end_s - one.start_s))
        reported = [
            Span(event.action, start, (event.ended_at - since).total_seconds())
            for event in events
            if event.device == device and event.kind == "end" and event.ended_at is not None
            if 0 <= (start := (event.started_at - since).total_seconds()) < self.seconds
        ]
        return Showing(device, tuple(sorted(done, key=lambda span: span.start)), tuple(reported))

    def _next(self, offset: float, moment: datetime) -> datetime:
        """The first time after a moment that the film is `offset` seconds from its beginning."""
        first = self.began + timedelta(seconds=offset)
        passes = max(0, math.ceil((moment - first).total_seconds() / self.seconds))
        return first + timedelta(seconds=passes * self.seconds)


def print_accuracy(console: Console, before: Report, after: Report) -> None:
    """Per action, on people that neither training nor any device ever saw."""
    table = Table(
        title=f"accuracy of the quantized model on {after.windows} windows of {after.subjects} unseen people",
        title_justify="left",
    )
    table.add_column("action")
    for title in (before.model, after.model, "change"):
        table.add_column(title, justify="right")
    for old, new in zip(before.per_class, after.per_class, strict=True):
        table.add_row(old.name, f"{old.recall:.1%}", f"{new.recall:.1%}", _change(old.recall, new.recall))
    table.add_section()
    table.add_row("all", f"{before.accuracy:.1%}", f"{after.accuracy:.1%}", _change(before.accuracy, after.accuracy))
    console.print(table)


def _change(old: float, new: float) -> str:
    return f"{100 * (new - old):+.1f}"


def print_events(console: Console, passes: Mapping[str, Sequence[Showing]]) -> None:
    """Events against the films' scripts, for each model that ran."""
    table = Table(title=f"events against what was done (within {TOLERANCE_S:.0f} s)", title_justify="left")
    for column in ("model", "actions done", "found", "missed", "false", "precision", "recall"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for model, showings in passes.items():
        results = [one.result for one in showings]
        found = sum(len(result.found) for result in results)
        missed = sum(len(result.missed) for result in results)
        false = sum(len(result.false) for result in results)
        table.add_row(
            model,
            *(str(number) for number in (found + missed, found, missed, false)),
            f"{found / max(found + false, 1):.0%}",
            f"{found / max(found + missed, 1):.0%}",
        )
    console.print(table)


def print_latency(console: Console, statuses: Mapping[str, Status | None]) -> None:
    """Milliseconds from capture to decision, by stage, p50 / p95."""
    stages: list[str] = []
    for status in statuses.values():
        stages += [stage for stage in (status.latency if status and status.latency else {}) if stage not in stages]
    table = Table(title="latency of a frame, ms, p50 / p95 (three daemons share this machine)", title_justify="left")
    table.add_column("stage")
    for device in statuses:
        table.add_column(device, justify="right")
    for stage in stages:
        cells = []
        for status in statuses.values():
            one = (status.latency or {}).get(stage) if status else None
            cells.append(f"{one.p50_ms:g} / {one.p95_ms:g}" if one else "")
        table.add_row(stage, *cells)
    console.print(table)


def print_traffic(console: Console, traffic: Traffic) -> None:
    """Every byte that was read off the broker, by message type."""
    table = Table(title="everything that was published, read off the broker", title_justify="left")
    for column in ("type", "from", "messages", "bytes"):
        table.add_column(column, justify="left" if column in {"type", "from"} else "right")
    for kind in sorted(traffic.messages, key=lambda name: (name not in _ON_DEVICE, name)):
        origin = "device" if kind in _ON_DEVICE else "fleet"
        table.add_row(kind, origin, f"{traffic.messages[kind]:,}", f"{traffic.bytes[kind]:,}")
    console.print(table)
    if traffic.strangers:
        console.print(f"[red]{len(traffic.strangers)} messages are not on the closed list:[/] {traffic.strangers[:3]}")
    else:
        console.print("Nothing but these types was published: no picture and no keypoint left a device.")


def print_files(console: Console, files: Mapping[str, Path]) -> None:
    """Where to look."""
    for what, path in files.items():
        console.print(f"  {what:<24} {path}", highlight=False)
