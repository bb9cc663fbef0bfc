"""Holds the latency budget: measures, lets `device.latency.ladder` decide, and tells the estimator and the camera.

Only frames since the last step count, so that each step is judged by what it brought. One line in the log a change.

    governor = Governor(Ladder(full, rungs, rules), meter, budget_ms=50.0, apply=apply)
    governor.look(time.monotonic(), people=vision.people)       # after every frame; it takes its time
    governor.in_force                                           # for the status
"""

import logging
from collections.abc import Callable

from device.latency.ladder import Ladder, Rules, Workload, rungs_for
from device.latency.meter import TOTAL, LatencyMeter
from device.lookouts import Lookouts
from device.pose import Effort
from device.settings import DeviceSettings

log = logging.getLogger(__name__)

FEWEST_FRAMES = 30  # a 95th percentile of fewer is but the slowest frame
_NEWEST_FRAMES = 60  # of which four look for newcomers, by default: enough to be seen in the percentile
_LOOK_EVERY_S = 0.5
_WITH_CHOICE = frozenset({"blazepose"})  # estimators whose `adapt` makes a difference
SETTLE_S = 2.0  # after a step: what was under way is finished, the camera has started again


class Governor:
    """See the module.

    Args:
        apply: does what a workload says; called with the first one at once, then at every change.
        settle_s: after a step, frames of this time do not count.
    """

    def __init__(
        self,
        ladder: Ladder,
        meter: LatencyMeter,
        *,
        budget_ms: float,
        apply: Callable[[Workload], None],
        settle_s: float = SETTLE_S,
    ) -> None:
        self._ladder, self._meter, self._budget_ms, self._apply = ladder, meter, budget_ms, apply
        self._settle_s = settle_s
        self._looked_at = self._settled_at = -_LOOK_EVERY_S
        self._counted = self._mark = 0
        self._p95_ms: float | None = None
        apply(ladder.workload)

    @property
    def in_force(self) -> tuple[str, ...]:
        """The steps in force, for a person."""
        return self._ladder.in_force

    @property
    def exceeded(self) -> bool:
        """Whether the newest frames take longer than the budget; a status that said so would follow who moves."""
        return self._p95_ms is not None and self._p95_ms > self._budget_ms

    def configure(self, ladder: Ladder, *, budget_ms: float) -> None:
        """Hold another budget, beginning without any step."""
        self._ladder, self._budget_ms, self._p95_ms = ladder, budget_ms, None
        self._mark = self._meter.count(TOTAL)
        self._apply(ladder.workload)

    def look(self, now: float, *, people: int) -> None:
        """Judge the newest frames if it is time to, and act."""
        if now - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = now
        count = self._meter.count(TOTAL)
        if now < self._settled_at:
            self._mark = count
        fresh = count - self._mark
        if count == self._counted or fresh < FEWEST_FRAMES:
            return
        self._counted = count
        self._p95_ms = self._meter.p95(TOTAL, newest=min(fresh, _NEWEST_FRAMES))
        if self._ladder.judge(self._p95_ms, now, people=people):
            self._mark, self._settled_at = count, now + self._settle_s
            self._apply(self._ladder.workload)
            self._tell()

    def _tell(self) -> None:
        after = self._ladder.in_force
        direction = "a step down" if self.exceeded else "a step up"
        measured = f"95 % of frames take up to {self._p95_ms:.0f} ms of {self._budget_ms:g} ms"
        log.info("latency: %s; %s: %s", measured, direction, "; ".join(after) or "nothing is held back")


def make_ladder(settings: DeviceSettings, *, camera: bool) -> Ladder:
    """The ladder that the settings describe.

    Args:
        camera: whether the camera can give smaller pictures.
    """
    choice = settings.pose.estimator in _WITH_CHOICE
    pose, latency = settings.pose, settings.latency
    full = Workload(Effort(pose.max_people, pose.detect_every))
    rules = Rules(latency.budget_ms, patience_s=latency.patience_s)
    return Ladder(full, rungs_for(latency.ladder, full, choice=choice, camera=camera), rules)


def make_governor(settings: DeviceSettings, meter: LatencyMeter, lookouts: Lookouts) -> Governor:
    """What holds the settings' budget, for all cameras at once."""
    ladder = make_ladder(settings, camera=lookouts.can_halve)
    return Governor(ladder, meter, budget_ms=settings.latency.budget_ms, apply=lookouts.adapt)
