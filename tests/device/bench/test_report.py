"""What was measured, for a person, for a program, and as a picture."""

import io
import json

import numpy as np
from rich.console import Console

from core.messages import StageLatency
from device.bench.measuring import Result, Subject
from device.bench.report import BenchReport, draw, print_report, to_json
from device.settings import PoseSettings
from tests.device.bench.test_measuring import measured

REPORT = BenchReport(
    "film.mp4",
    (640, 480),
    [
        measured("mediapipe", [20.0] * 19 + [100.0], estimator="mediapipe"),
        measured("blazepose", [10.0] * 20),
        measured("blazepose, 2 threads", [8.0] * 20, threads=2),
        Result(Subject("yolo", PoseSettings(estimator="yolo")), problem="[pose] model: missing"),
    ],
    {"total": StageLatency(p50_ms=11.0, p95_ms=12.0, p99_ms=13.5)},
)


def test_the_table_has_every_estimator_and_the_setting_to_write():
    """Measured ones with their figures, missing ones with the reason, stages, and the lines for the configuration."""
    console = Console(record=True, width=100, file=io.StringIO())
    print_report(console, REPORT)
    text = console.export_text()
    row = next(line for line in text.splitlines() if line.startswith("│ blazepose ")).replace("│", " ").split()
    assert row == ["blazepose", "100.0", "10.0", "10.0", "10.0", "100", "100%", "0.50"]
    assert "yolo: [pose] model: missing" in text
    assert "13.50" in text
    assert "[pose]\nthreads = 2\n" in text


def test_the_json_says_the_same():
    """Figures of what was measured, reasons for what was not, stages and the advice."""
    content = json.loads(to_json(REPORT))
    assert [one["name"] for one in content["estimators"]] == ["mediapipe", "blazepose", "blazepose, 2 threads"]
    assert content["estimators"][1]["time_ratio"] == 0.5
    assert content["estimators"][0]["p99_ms"] == np.round(np.percentile([20.0] * 19 + [100.0], 99), 3)
    assert content["not_measured"] == {"yolo": "[pose] model: missing"}
    assert content["stages"]["total"] == {"p50_ms": 11.0, "p95_ms": 12.0, "p99_ms": 13.5}
    assert content["threads"] == {"advice": 2, "time_ratios": {"1": 1.0, "2": 0.8}}
    assert content["pictures"] == {"source": "film.mp4", "columns": 640, "rows": 480}


def test_the_picture_has_bars_as_long_as_the_times():
    """Of two estimators, the one that takes twice as long has bars twice as long."""
    image = draw(REPORT)
    lengths = [int((image[row] == (160, 120, 40)).all(axis=1).sum()) for row in (76, 76 + 44)]
    assert abs(lengths[0] / lengths[1] - 2) < 0.1


def test_without_anything_measured_there_is_still_a_report():
    """With every estimator missing the table says so, and the picture is empty rather than an error."""
    nothing = BenchReport("film.mp4", (640, 480), [REPORT.results[-1]], {})
    console = Console(record=True, width=100, file=io.StringIO())
    print_report(console, nothing)
    assert "no estimator with a choice of threads" in console.export_text()
    assert json.loads(to_json(nothing))["threads"] is None
    assert draw(nothing).shape[2] == 3
