"""Where the time of a frame goes: milliseconds by stage, and of the whole from capture to decision."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from core.messages import StageLatency

TOTAL = "total"
_KEPT = 600  # measurements of a stage: a minute at ten frames a second


class _Newest:
    """A ring of the newest measurements: they are summed up often, so it must not cost what a frame does."""

    def __init__(self) -> None:
        self._ring = np.zeros(_KEPT)
        self._count = 0

    def add(self, value: float) -> None:
        self._ring[self._count % _KEPT] = value
        self._count += 1

    def percentiles(self, *shares: float) -> list[float]:
        """Linear interpolation between order statistics, as `numpy.percentile`, at a tenth of the time."""
        ordered = np.sort(self._ring[: self._count])
        places = [(len(ordered) - 1) * share for share in shares]
        return [
            float(ordered[math.floor(place)]) * (1 - place % 1) + float(ordered[math.ceil(place)]) * (place % 1)
            for place in places
        ]


class LatencyMeter:
    """Keeps the newest measurements of every stage; recording one costs a microsecond. For one thread."""

    def __init__(self) -> None:
        self._stages: dict[str, _Newest] = {}

    def record(self, stage: str, milliseconds: float) -> None:
        """Add one measurement; what is below nothing (a picture stamped a moment ahead) counts as nothing."""
        self._stages.setdefault(stage, _Newest()).add(max(milliseconds, 0.0))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a block."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.record(name, (time.perf_counter() - began) * 1000)

    def summary(self) -> dict[str, StageLatency]:
        """Median and 95th percentile of every stage that was measured."""
        result = {}
        for stage, newest in list(self._stages.items()):
            p50, p95 = newest.percentiles(0.5, 0.95)
            result[stage] = StageLatency(p50_ms=round(p50, 2), p95_ms=round(p95, 2))
        return result

    def over_budget(self, budget_ms: float) -> bool:
        """Whether the 95th percentile from capture to decision is above the budget."""
        total = self._stages.get(TOTAL)
        return total is not None and total.percentiles(0.95)[0] > budget_ms
