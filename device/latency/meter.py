"""Where the time of a frame goes: milliseconds by stage, and of the whole from capture to decision.

with meter.stage("pose"):
    poses = estimator.estimate(image, captured_at)
meter.record(TOTAL, (now - captured_at) * 1000)
meter.summary()["pose"].p95_ms
meter.p95(TOTAL, newest=60)             # what `device.latency.governor` holds against the budget
"""

import math
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from core.messages import StageLatency

TOTAL = "total"
KEPT = 1800  # measurements of a stage: a minute at thirty frames a second


class _Newest:
    """A ring of the newest measurements: they are summed up often, so it must not cost what a frame does."""

    def __init__(self) -> None:
        self._ring = np.zeros(KEPT)
        self.count = 0

    def add(self, value: float) -> None:
        self._ring[self.count % KEPT] = value
        self.count += 1

    def percentiles(self, *shares: float, newest: int = KEPT) -> list[float]:
        """Linear interpolation between order statistics, as `numpy.percentile`, at a tenth of the time."""
        ordered = np.sort(self._of(min(newest, self.count, KEPT)))
        places = [(len(ordered) - 1) * share for share in shares]
        return [
            float(ordered[math.floor(place)]) * (1 - place % 1) + float(ordered[math.ceil(place)]) * (place % 1)
            for place in places
        ]

    def _of(self, number: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The newest so many, in any order."""
        end = (self.count - 1) % KEPT + 1
        begin = end - number
        if begin >= 0:
            return self._ring[begin:end]
        return np.concatenate([self._ring[begin:], self._ring[:end]])


class LatencyMeter:
    """Keeps the newest measurements of every stage; recording one costs a microsecond. For one thread."""

    def __init__(self) -> None:
        self._stages: defaultdict[str, _Newest] = defaultdict(_Newest)

    def record(self, stage: str, milliseconds: float) -> None:
        """Add one measurement; what is below nothing (a picture stamped a moment ahead) counts as nothing."""
        self._stages[stage].add(max(milliseconds, 0.0))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a block."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.record(name, (time.perf_counter() - began) * 1000)

    def summary(self, since: Mapping[str, int] | None = None) -> dict[str, StageLatency]:
        """Median, 95th and 99th percentile of every stage that was measured; of the newest 1800 at most.

        Args:
            since: an answer of `counts`; only what was measured after it is looked at.
        """
        result = {}
        for stage, newest in list(self._stages.items()):
            if fresh := newest.count - (since or {}).get(stage, 0):
                p50, p95, p99 = (round(value, 2) for value in newest.percentiles(0.5, 0.95, 0.99, newest=fresh))
                result[stage] = StageLatency(p50_ms=p50, p95_ms=p95, p99_ms=p99)
        return result

    def counts(self) -> dict[str, int]:
        """How many measurements of each stage there were so far."""
        return {stage: newest.count for stage, newest in list(self._stages.items())}

    def count(self, stage: str) -> int:
        """How many measurements of a stage there were so far."""
        known = self._stages.get(stage)
        return 0 if known is None else known.count

    def p95(self, stage: str, *, newest: int) -> float:
        """95th percentile, in ms, of the newest so many measurements (at most the 1800 that are kept).

        Raises:
            ValueError: there is none.
        """
        if newest < 1 or self.count(stage) == 0:
            raise ValueError(f"nothing was measured of the stage {stage!r}")
        return self._stages[stage].percentiles(0.95, newest=newest)[0]
