"""One pose estimator in a process of its own, so that its time and memory are its own; `measuring` asks it.

Lines of JSON go in and out; a picture's bytes follow the line that announces it. The first line is the estimator's
settings, and is answered by `Ready` or by the reason why it cannot be had.

    python -m device.bench.worker       # started by device.bench.measuring, not by hand
"""

import sys
import time
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np

from core.errors import PosefleetError
from device.pose import PoseEstimator, make_estimator
from device.settings import PoseSettings

_KIBIBYTES_OF_A_MEGABYTE = 1e6 / 1024


class Ready(msgspec.Struct, frozen=True):
    """Whether the estimator is there; if not, why."""

    problem: str | None = None


class Picture(msgspec.Struct, frozen=True):
    """What is to be looked at; rows * columns * 3 bytes follow."""

    rows: int
    columns: int
    captured_at: float


class Look(msgspec.Struct, frozen=True):
    """What one picture took: wall-clock and processor time in ms, people found, and the process's memory by then."""

    wall_ms: float
    cpu_ms: float
    people: int
    memory_mb: float


def main() -> None:
    """Answer until the input ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        estimator = make_estimator(PoseSettings.model_validate_json(requests.readline()))
    except PosefleetError as exc:
        _say(answers, Ready(str(exc)))
        return
    _say(answers, Ready())
    try:
        while line := requests.readline():
            picture = msgspec.json.decode(line, type=Picture)
            shape = (picture.rows, picture.columns, 3)
            image = np.frombuffer(requests.read(picture.rows * picture.columns * 3), np.uint8).reshape(shape)
            _say(answers, _look(estimator, image.copy(), picture.captured_at))
    finally:
        estimator.close()


def _look(estimator: PoseEstimator, image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], at: float) -> Look:
    wall, cpu = time.perf_counter(), time.process_time()
    people = estimator.estimate(image, at)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Look(1000 * wall, 1000 * cpu, len(people), resident_mb("self"))


def resident_mb(process: int | str) -> float:
    """Memory of a process that is in RAM (VmRSS), in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    kibibytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kibibytes) / _KIBIBYTES_OF_A_MEGABYTE


def _say(answers: BinaryIO, message: msgspec.Struct) -> None:
    answers.write(msgspec.json.encode(message) + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
