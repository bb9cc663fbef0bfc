"""What `posefleet device bench` says: as a table, as JSON and as a picture.

print_report(console, report)
report_file.write_bytes(to_json(report))
"""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from core.messages import StageLatency
from device.bench.measuring import REFERENCE, Result, advise_threads
from device.camera.sources import Image
from device.health import software

_COLOURS = {"p50": (160, 120, 40), "p95": (60, 150, 230)}  # blue, green, red
_WIDTH, _LEFT, _ROW, _TOP = 900, 260, 44, 70  # of the picture, in pixels


@dataclass(frozen=True)
class BenchReport:
    """Everything that was measured.

    Attributes:
        source: where the pictures came from.
        size: (columns, rows) of the pictures.
        stages: of the whole way through the device, with the release and the estimator of the settings; may be empty.
    """

    source: str
    size: tuple[int, int]
    results: Sequence[Result]
    stages: dict[str, StageLatency]


def print_report(console: Console, report: BenchReport) -> None:
    """Tables for a person, and what to do about them."""
    columns, rows = report.size
    console.print(f"pictures: {report.source}, {columns}x{rows}", highlight=False, markup=False, soft_wrap=True)
    console.print(_estimators(report))
    for result in report.results:
        if result.problem is not None:
            # Settings are named [section] key, which is no markup.
            console.print(f"{result.subject.name}: {result.problem}", highlight=False, markup=False, soft_wrap=True)
    if report.stages:
        console.print(_stages(report.stages))
    console.print(_advice(report), highlight=False, markup=False, soft_wrap=True)


def to_json(report: BenchReport) -> bytes:
    """The same for programs; times in ms, memory in MB."""
    measured = [one for one in report.results if one.problem is None]
    trial = advise_threads(measured)
    content = {
        "software": software(),
        "machine": {"type": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "pictures": {"source": report.source, "columns": report.size[0], "rows": report.size[1]},
        "estimators": [_as_dict(one, _reference(report)) for one in measured],
        "not_measured": {one.subject.name: one.problem for one in report.results if one.problem is not None},
        "stages": report.stages,
        "threads": None if trial is None else {"advice": trial[0], "time_ratios": trial[1]},
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def draw(report: BenchReport) -> Image:
    """A bar chart (H, W, 3) uint8 BGR: the median and the 95th percentile of every estimator."""
    import cv2

    measured = [one for one in report.results if one.problem is None]
    image = np.full((_TOP + _ROW * max(len(measured), 1) + 20, _WIDTH, 3), 255, np.uint8)

    def write(text: str, at: tuple[int, int], colour: tuple[int, int, int] = (40, 40, 40)) -> None:
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)

    write(f"ms a picture of {report.size[0]}x{report.size[1]} on {platform.machine()}", (10, 25))
    for number, (name, colour) in enumerate(_COLOURS.items()):
        write(name, (_LEFT + 80 * number, 50), colour)
    longest = max((one.percentile(95) for one in measured), default=1.0)
    for number, one in enumerate(measured):
        top = _TOP + number * _ROW
        write(one.subject.name, (10, top + 20))
        for place, (share, colour) in enumerate(zip((50, 95), _COLOURS.values(), strict=True)):
            value, y = one.percentile(share), top + place * 16
            right = _LEFT + round((_WIDTH - _LEFT - 80) * value / longest)
            cv2.rectangle(image, (_LEFT, y), (right, y + 13), colour, cv2.FILLED)
            write(f"{value:.1f}", (right + 6, y + 12))
    return image


def _estimators(report: BenchReport) -> Table:
    """One row each; somebody was seen in such a share of the pictures; x is the time relative to the reference."""
    table = Table(title=f"pose estimators; x: times the time of {REFERENCE}", title_justify="left")
    table.add_column("estimator", no_wrap=True)
    for column in ("fps", "p50 ms", "p95 ms", "CPU ms", "MB", "seen", "x"):
        table.add_column(column, justify="right", no_wrap=True)
    reference = _reference(report)
    for one in report.results:
        if one.problem is not None:
            table.add_row(one.subject.name, *["-"] * 7)
            continue
        ratio = "-" if reference is None else f"{one.ratio_to(reference):.2f}"
        times = [f"{value:.1f}" for value in (one.fps, one.percentile(50), one.percentile(95), one.cpu_ms)]
        table.add_row(one.subject.name, *times, f"{one.memory_mb:.0f}", f"{one.found:.0%}", ratio)
    return table


def _stages(stages: dict[str, StageLatency]) -> Table:
    table = Table(title="stages of a frame, with the settings' estimator and release", title_justify="left")
    table.add_column("stage")
    for column in ("p50 ms", "p95 ms", "p99 ms"):
        table.add_column(column, justify="right")
    for name, one in stages.items():
        table.add_row(name, f"{one.p50_ms:.2f}", f"{one.p95_ms:.2f}", f"{one.p99_ms:.2f}")
    return table


def _advice(report: BenchReport) -> str:
    trial = advise_threads(report.results)
    if trial is None:
        return "threads: no estimator with a choice of threads was measured with more than one"
    threads, ratios = trial
    times = ", ".join(f"{number}: {ratio:.2f}" for number, ratio in ratios.items())
    setting = f"[pose]\nthreads = {threads}"
    return f"threads: time of a picture by the number of threads, relative to one: {times}. Set\n\n{setting}"


def _reference(report: BenchReport) -> Result | None:
    return next((one for one in report.results if one.subject.name == REFERENCE and one.problem is None), None)


def _as_dict(one: Result, reference: Result | None) -> dict[str, Any]:
    return {
        "name": one.subject.name,
        "pictures": len(one.counted),
        "fps": round(one.fps, 2),
        **{f"p{share}_ms": round(one.percentile(share), 3) for share in (50, 95, 99)},
        "cpu_ms": round(one.cpu_ms, 3),
        "memory_mb": round(one.memory_mb, 1),
        "found": round(one.found, 4),
        "time_ratio": None if reference is None else round(one.ratio_to(reference), 4),
    }
