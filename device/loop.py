"""The loop over frames: judge one, report what it shows, and between two frames look after everything else.

Nothing here waits for a disk longer than an event needs, for a network or for a child: releases, learning and the
connection work in threads of their own. A frame that cannot be judged is not counted, so the watchdog sees it.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.bundle import Bundle
from core.errors import PosefleetError
from core.messages import Status
from device.camera.capture import Frame
from device.figures import Bookkeeper
from device.health import Health, State, Vitals, make_status
from device.homeassistant import announce
from device.latency.governor import Governor, make_ladder
from device.latency.meter import TOTAL, LatencyMeter
from device.learning.learner import Learner
from device.link.connection import Link
from device.lookouts import Lookout, Lookouts
from device.outbox.store import Outbox
from device.releases import ReleaseClient, ReleaseStore
from device.reload import Reload
from device.reporter import Reporter
from device.settings import DeviceSettings

log = logging.getLogger(__name__)

_NEXT_FRAME_S = 0.25  # how long to wait for a picture before looking after other things
_QUICKEST_STATUS_S = 1.0  # between two statuses, however much changes
_GOODBYE_S = 5.0  # for the last messages; systemd waits 20 s


@dataclass(frozen=True)
class Parts:
    """Everything that the loop brings together; built in `device.daemon`."""

    lookouts: Lookouts
    meter: LatencyMeter
    governor: Governor
    outbox: Outbox
    link: Link
    learner: Learner
    store: ReleaseStore
    releases: ReleaseClient
    ready: queue.SimpleQueue[Bundle]  # proven releases that wait to take over
    reporter: Reporter
    health: Health
    on_status: Callable[[Status], None] = lambda _status: None
    """Somebody else who wants to know."""


class FrameLoop:
    """See the module."""

    def __init__(self, settings: DeviceSettings, parts: Parts, reload: Reload | None = None) -> None:
        self._settings = settings
        self._parts = parts
        self._reload = reload
        self._books = Bookkeeper(parts.meter, parts.outbox.counts, interval_s=settings.status.figures_s)
        self._said_at = -_QUICKEST_STATUS_S
        self._said: tuple[object, ...] = ()
        self._said_state: State | None = None

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set; then end running events and say goodbye."""
        try:
            while not stop.is_set():
                if (turn := self._parts.lookouts.next(timeout_s=_NEXT_FRAME_S)) is not None:
                    self._judge(*turn)
                self._look_after_everything()
        finally:
            self._finish()

    def _judge(self, lookout: Lookout, frame: Frame) -> None:
        if drafts := lookout.judge(frame):
            with self._parts.meter.stage("outbox"):
                self._parts.reporter.report(drafts, self._parts.lookouts.manifest.model)

    def _look_after_everything(self) -> None:
        parts = self._parts
        while not parts.ready.empty():
            self._swap(parts.ready.get())
        if self._reload is not None and self._reload.asked:
            self._configure(self._reload)
        lookouts = parts.lookouts
        parts.reporter.report(lookouts.leave(), lookouts.manifest.model)
        parts.reporter.say_current(*lookouts.current())
        parts.outbox.retry()
        parts.health.looped(lookouts.frames, lookouts.attempts)
        now = time.monotonic()
        parts.governor.look(now, people=lookouts.people)
        self._books.look(now, lookouts.frames)
        self._say_status_if_due()

    def _swap(self, bundle: Bundle) -> None:
        parts = self._parts
        before = parts.lookouts.manifest.model
        try:
            drafts = parts.lookouts.swap(bundle)
        except PosefleetError as exc:  # proven a moment ago, so hardly ever: out of memory, for example
            parts.store.mark_bad(bundle.manifest.version, str(exc))
            log.warning("release %s does not run, %s goes on: %s", bundle.manifest.model, before, exc)
            return
        parts.reporter.report(drafts, before)
        parts.store.problems.clear()
        parts.learner.release_changed(bundle)
        announce(parts.link, self._settings, bundle.manifest)
        log.info("release %s takes over from %s", bundle.manifest.model, before)

    def _configure(self, reload: Reload) -> None:
        parts = self._parts
        with parts.health.reloading():
            if (settings := reload.take()) is None:
                return
            before, self._settings = self._settings, settings
            parts.lookouts.configure(settings)
            self._books.interval_s = settings.status.figures_s
            if settings.latency != before.latency:
                ladder = make_ladder(settings, camera=parts.lookouts.can_halve)
                parts.governor.configure(ladder, budget_ms=settings.latency.budget_ms)
            announce(parts.link, settings, parts.lookouts.manifest)

    def _say_status_if_due(self) -> None:
        now = time.monotonic()
        since = now - self._said_at
        state = self._parts.health.state
        if since < _QUICKEST_STATUS_S and state == self._said_state:
            return
        vitals = self._vitals()
        news = (state, *vitals.noteworthy)
        if news != self._said or since >= self._settings.status.interval_s:
            self._said_at, self._said, self._said_state = now, news, state
            self._say_status(vitals)

    def _say_status(self, vitals: Vitals) -> None:
        parts = self._parts
        status = make_status(self._settings.device, parts.health.state, datetime.now(UTC), vitals)
        parts.link.say(status)
        parts.on_status(status)

    def _vitals(self) -> Vitals:
        parts = self._parts
        manifest, lookouts = parts.lookouts.manifest, parts.lookouts
        return Vitals(
            model=manifest.model,
            model_version=manifest.version,
            camera=lookouts.state,
            cameras=lookouts.states,
            people=lookouts.people,
            figures=self._books.newest,
            learning=parts.learner.state,
            problems=list(self._problems()),
            degraded=parts.governor.in_force,
        )

    def _problems(self) -> Iterable[str]:
        """What is wrong now; a person reads it in the status."""
        parts = self._parts
        yield from parts.lookouts.problems
        for problem in (parts.outbox.problem, parts.releases.problem, parts.learner.problem):
            if problem:
                yield problem
        yield from parts.store.problems
        if loss := parts.outbox.loss:
            full = "events were lost because the outbox or the disk was full"
            yield f"{full}: {loss.count}, the last at {loss.at:%Y-%m-%d %H:%M} UTC; see the gaps in their sequence"
        budget_ms = self._settings.latency.budget_ms
        # By the figures, not by the newest frames as the governor: what comes and goes with those follows who moves.
        if (total := self._books.newest.latency.get(TOTAL)) and total.p95_ms > budget_ms:
            yield f"capture to decision takes longer than the budget of {budget_ms:g} ms; see latency.{TOTAL}"

    def _finish(self) -> None:
        parts = self._parts
        parts.health.stopping()
        parts.reporter.report(parts.lookouts.end_all("stopped"), parts.lookouts.manifest.model)
        parts.reporter.say_current(*parts.lookouts.current())
        self._say_status(self._vitals())
        self._log_summary()
        if not parts.link.say_goodbye(_GOODBYE_S):
            log.warning("the broker did not take the last messages; what waits is delivered after the next start")

    def _log_summary(self) -> None:
        """What this run came to, for whoever reads the log."""
        stages = self._parts.meter.summary()
        self._parts.lookouts.log_summary()
        times = ", ".join(
            f"{stage} {one.p50_ms:.1f} / {one.p95_ms:.1f} / {one.p99_ms:.1f}" for stage, one in stages.items()
        )
        log.info("latency of a frame, ms, p50 / p95 / p99: %s", times or "none")
