"""Pose estimators measured on this board, beside each other: the same pictures, in turns, each in its own process.

What the machine does meanwhile hits all of them alike, so that the ratios hold even where the times do not.

    results = run_bench(shots, subjects(PoseSettings(), cores=4))
    results[0].percentile(95), advise_threads(results)
"""

import itertools
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, get_args

import msgspec
import numpy as np

from core.errors import InputError, PosefleetError
from device.bench import worker
from device.bench.worker import Look, Picture, Ready
from device.camera.sources import Image
from device.settings import PoseSettings

REFERENCE = "mediapipe"
FEWEST = 30
_ROUND = 25  # pictures that one estimator sees in a row: its data is in the processor's caches, as in the daemon
_WARM_UP = 5  # looks that do not count: the first ones load
_THREADED = ("blazepose",)  # estimators that have a choice of threads
_MOST_THREADS = 4
_WORTH_IT = 0.85  # of the time with fewer threads; below that other processes are better off with the core

Shot = tuple[Image, float]  # a picture and when it was captured, seconds


@dataclass(frozen=True)
class Subject:
    """What is measured, and under which name."""

    name: str
    pose: PoseSettings


@dataclass
class Result:
    """What came of it.

    Attributes:
        problem: why it could not be measured, or None.
    """

    subject: Subject
    looks: list[Look] = field(default_factory=list)
    problem: str | None = None

    @property
    def counted(self) -> list[Look]:
        """Looks without those that only warmed up."""
        return self.looks[_WARM_UP:]

    def percentile(self, share: float) -> float:
        """Of the wall-clock time of a picture, in ms; share in percent."""
        return float(np.percentile([look.wall_ms for look in self.counted], share))

    @property
    def fps(self) -> float:
        """Pictures a second, if it did nothing else."""
        return 1000 / statistics.fmean(look.wall_ms for look in self.counted)

    @property
    def cpu_ms(self) -> float:
        """Median processor time of a picture, of all threads together."""
        return statistics.median(look.cpu_ms for look in self.counted)

    @property
    def memory_mb(self) -> float:
        """Most memory that its process had after a picture."""
        return max(look.memory_mb for look in self.looks)

    @property
    def found(self) -> float:
        """Share of the pictures in which it saw somebody."""
        return statistics.fmean(look.people > 0 for look in self.counted)

    def ratio_to(self, other: "Result") -> float:
        """Median over the pictures of its time by the other's for the same picture."""
        pairs = zip(self.counted, other.counted, strict=False)  # one of them may have failed in the middle
        return statistics.median(ours.wall_ms / max(theirs.wall_ms, 1e-6) for ours, theirs in pairs)


def subjects(pose: PoseSettings, *, cores: int) -> list[Subject]:
    """Every estimator that looks at pictures, and those with a choice also with more threads."""
    names = [name for name in get_args(PoseSettings.model_fields["estimator"].annotation) if name != "recording"]
    # First what is in the settings, then the others in the order of the settings' documentation.
    names.sort(key=lambda name: name != pose.estimator)
    single = [Subject(name, pose.model_copy(update={"estimator": name, "threads": 1})) for name in names]
    more = [
        Subject(f"{one.name}, {threads} threads", one.pose.model_copy(update={"threads": threads}))
        for one in single
        if one.name in _THREADED
        for threads in (2, 4)
        if threads <= min(cores, _MOST_THREADS)
    ]
    return single + more


class _Worker:
    """A child process that waits for pictures; see `device.bench.worker`."""

    def __init__(self, subject: Subject) -> None:
        # The path is ours: the child must run the same code.
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", worker.__name__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._send(subject.pose.model_dump_json().encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def problem(self) -> str | None:
        """Wait until it is ready; why it is not, or None."""
        return msgspec.json.decode(self._answer(), type=Ready).problem

    def look(self, image: Image, captured_at: float) -> Look:
        """What one picture takes."""
        rows, columns = image.shape[:2]
        self._send(msgspec.json.encode(Picture(rows, columns, captured_at)), image.tobytes())
        return msgspec.json.decode(self._answer(), type=Look)

    def _send(self, line: bytes, data: bytes = b"") -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + b"\n" + data)
            self._process.stdin.flush()
        except OSError as exc:
            raise self._death() from exc

    def _answer(self) -> bytes:
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return line
        raise self._death()

    def _death(self) -> PosefleetError:
        return PosefleetError(f"its process ended by itself (exit code {self._process.wait()})")


def run_bench(
    shots: Iterable[Shot], these: Sequence[Subject], *, progress: Callable[[int], object] = lambda _looks: None
) -> list[Result]:
    """Show the same pictures to all, in turns.

    Args:
        shots: pictures in the order of time.
        these: what to measure.
        progress: told after each turn how many looks are done.

    Returns:
        One result for each subject, in order; those that cannot be had, or that fail, say why.

    Raises:
        InputError: there are too few pictures to say anything.
    """
    results = [Result(subject) for subject in these]
    seen = 0
    with ExitStack() as stack:
        pairs = [(result, stack.enter_context(_Worker(result.subject))) for result in results]
        for result, worker in pairs:
            with _noting(result):
                result.problem = worker.problem()
        for batch in _batches(shots):
            seen += len(batch)
            pairs.reverse()  # nobody always comes after the same neighbour
            for result, worker in pairs:
                if result.problem is None:
                    with _noting(result):
                        result.looks += [worker.look(*shot) for shot in batch]
                progress(len(batch))
    if seen < FEWEST:
        raise InputError(f"only {seen} pictures came; at least {FEWEST} are needed to say how long one takes")
    return results


def advise_threads(results: Sequence[Result]) -> tuple[int, dict[int, float]] | None:
    """The number of threads to set, and the time of a picture with each number as a share of that with one.

    More threads than one must pay in the median and in the 95th percentile: two threads that wait for each other on a
    busy board lose more than they win. None if no estimator that was measured has the choice.
    """
    trials = [one for one in results if one.subject.name.startswith(_THREADED) and one.problem is None]
    trials = [one for one in trials if one.subject.pose.estimator == trials[0].subject.pose.estimator]
    if len(trials) < 2:  # noqa: PLR2004 - one is no comparison
        return None
    best = trials[0]
    for one in trials[1:]:
        slowest = max(one.ratio_to(best), one.percentile(95) / best.percentile(95))
        best = one if slowest <= _WORTH_IT else best
    return best.subject.pose.threads, {one.subject.pose.threads: one.ratio_to(trials[0]) for one in trials}


@contextmanager
def _noting(result: Result) -> Iterator[None]:
    """One estimator that fails does not end the run of the others."""
    try:
        yield
    except PosefleetError as exc:
        result.problem = str(exc)


def _batches(shots: Iterable[Shot]) -> Iterator[list[Shot]]:
    iterator = iter(shots)
    while batch := list(itertools.islice(iterator, _ROUND)):
        yield batch
