"""The end of the demo: what was learned, how fast it ran, what left the devices, where the files are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from core.messages import ActionEvent, Status
from posefleet.demo.tap import Traffic
from training.evaluate import Report
from training.event_metrics import EventReport, Span, match
from training.synthesis import Clip

TOLERANCE_S = 1.0  # an event counts when it begins and ends this close to what was done
_ON_DEVICE = ("ActionEvent", "CurrentAction", "Status", "weight delta chunk")


@dataclass(frozen=True)
class Showing:
    """One pass of a device's film: what was done in it, and what was reported."""

    device: str
    began: datetime
    done: tuple[Span, ...]
    reported: tuple[Span, ...]

    @property
    def result(self) -> EventReport:
        """Reported against done."""
        return match(self.done, self.reported, tolerance_s=TOLERANCE_S)


def showing(device: str, clip: Clip, began: datetime, events: Sequence[ActionEvent]) -> Showing:
    """One pass that began at a wall-clock time; events are counted by when they started."""
    script = clip.footage.script
    reported = []
    for event in events:
        if event.device != device or event.kind != "end" or event.ended_at is None:
            continue
        start = (event.started_at - began).total_seconds()
        if 0 <= start < script.duration_s:
            reported.append(Span(event.action, start, (event.ended_at - began).total_seconds()))
    done = tuple(Span(one.action, one.start_s, one.end_s) for one in script.actions())
    return Showing(device, began, done, tuple(reported))


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
            cells.append(f"{one.p50_ms:.1f} / {one.p95_ms:.1f}" if one else "")
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
