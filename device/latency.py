"""Where the time of a frame goes: milliseconds by stage, and of the whole from capture to decision."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from core.messages import StageLatency

TOTAL = "total"
_KEPT = 600  # measurements of a stage: a minute at ten frames a second


class LatencyMeter:
    """Keeps the newest measurements of every stage; recording one costs a microsecond."""

    def __init__(self) -> None:
        self._stages: dict[str, deque[float]] = {}

    def record(self, stage: str, milliseconds: float) -> None:
        """Add one measurement."""
        self._stages.setdefault(stage, deque(maxlen=_KEPT)).append(milliseconds)

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
        for stage, values in list(self._stages.items()):
            p50, p95 = np.percentile(np.array(values), [50, 95])
            result[stage] = StageLatency(p50_ms=round(max(float(p50), 0), 2), p95_ms=round(max(float(p95), 0), 2))
        return result

    def over_budget(self, budget_ms: float) -> bool:
        """Whether the 95th percentile from capture to decision is above the budget."""
        values = self._stages.get(TOTAL)
        return bool(values) and float(np.percentile(np.array(values), 95)) > budget_ms
