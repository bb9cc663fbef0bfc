"""What a status says of the board's own work: summed up once a minute, in two digits, and repeated in between.

How long a frame takes depends on who is in it. A number that is made anew for every status follows, if weakly, how
somebody moves. So:

- figures are made at most once in `interval_s`, of all that was since the last ones; every status in between repeats
  them;
- those of frames are counts and percentiles of that time as a whole, in two significant digits: nothing in them knows
  in which order it happened;
- what waits is counted at that moment.

The first ones come ten seconds after the first frame, so that whoever sets a board up soon sees that it works.

    keeper = Bookkeeper(meter, outbox.counts, interval_s=60.0)
    keeper.look(time.monotonic(), lookouts.frames)          # after every frame
    keeper.newest.fps                                       # for every status
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.messages import Queue, StageLatency
from device.latency.meter import LatencyMeter

FIRST_S = 10.0  # after the first frame


@dataclass(frozen=True)
class Figures:
    """What the board did.

    Attributes:
        queue: what waited on the disk.
        frames: judged since the start, up to rounding; a sum of rounded numbers. None before the first figures.
        fps: frames judged per second; likewise.
        latency: of each stage that there was, in ms.
    """

    queue: Queue
    frames: int | None = None
    fps: float | None = None
    latency: Mapping[str, StageLatency] = field(default_factory=dict)


class Bookkeeper:
    """See the module.

    Args:
        meter: measures frames; asked for what it has kept of the interval.
        queue: counts what waits.
        interval_s: between two makings; may be changed at any time.
    """

    def __init__(self, meter: LatencyMeter, queue: Callable[[], Queue], *, interval_s: float) -> None:
        self._meter, self._queue = meter, queue
        self.interval_s = interval_s
        self._made_at: float | None = None  # or, before the first figures, when the first frame was judged
        self._wait_s = FIRST_S
        self._frames, self._measured = 0, meter.counts()
        self.newest = Figures(queue=queue())

    def look(self, now: float, frames: int) -> None:
        """Make new figures if it is time to.

        Args:
            now: seconds that only go forward.
            frames: judged since the start.
        """
        if self._made_at is None:
            if frames:
                self._made_at, self._frames = now, frames
        elif now - self._made_at >= min(self._wait_s, self.interval_s):
            self._make(frames, now - self._made_at)
            self._made_at, self._wait_s = now, self.interval_s
            self._frames, self._measured = frames, self._meter.counts()

    def _make(self, frames: int, lasted_s: float) -> None:
        fresh = frames - self._frames
        self.newest = Figures(
            queue=self._queue(),
            frames=(self.newest.frames or 0) + round(coarse(fresh)),
            fps=coarse(fresh / lasted_s),
            latency={stage: _coarse_times(one) for stage, one in self._meter.summary(self._measured).items()},
        )


def coarse(value: float) -> float:
    """Two significant digits."""
    return float(f"{value:.2g}")


def _coarse_times(one: StageLatency) -> StageLatency:
    return StageLatency(p50_ms=coarse(one.p50_ms), p95_ms=coarse(one.p95_ms), p99_ms=coarse(one.p99_ms))
