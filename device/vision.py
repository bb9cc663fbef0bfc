"""A frame in, events out: pose, tracking, recognition and decisions in a row, each stage timed. No input or output.

vision = Vision(estimator, Recogniser(bundle, meter=meter), EventMachine(...), meter)
drafts = vision.process(frame)
vision.swap(new_bundle)                 # between two frames; nothing that goes on is interrupted
"""

import time

from core.bundle import Bundle
from core.messages import EndedBy
from device.camera import Frame
from device.classifier import Recogniser
from device.events import EventDraft, EventMachine
from device.latency import TOTAL, LatencyMeter
from device.pose import PoseEstimator
from device.settings import EventSettings
from device.tracking import Tracker


class Vision:
    """See the module."""

    def __init__(
        self, estimator: PoseEstimator, recogniser: Recogniser, events: EventSettings, meter: LatencyMeter
    ) -> None:
        self._estimator = estimator
        self._recogniser = recogniser
        self._settings = events
        self._meter = meter
        self._tracker = Tracker()
        self._machine = self._new_machine()
        self.frames = 0
        self.people = 0

    @property
    def recogniser(self) -> Recogniser:
        """The release at work."""
        return self._recogniser

    def process(self, frame: Frame) -> list[EventDraft]:
        """Judge one frame."""
        self._meter.record("capture", (time.monotonic() - frame.captured_at) * 1000)
        with self._meter.stage("pose"):
            poses = self._estimator.estimate(frame.image, frame.captured_at)
        with self._meter.stage("tracking"):
            people, departures = self._tracker.update(poses, frame.captured_at)
        drafts: list[EventDraft] = []
        for departure in departures:
            self._recogniser.forget(departure.track)
            drafts += self._machine.end_track(departure.track, departure.last_seen, "person_left")
        for track, pose in people:
            decisions = self._recogniser.push(track, frame.captured_at, pose)
            with self._meter.stage("events"):
                for decision in decisions:
                    drafts += self._machine.decide(track, decision.centre, decision.probabilities)
        self.frames += 1
        self.people = len(people)
        self._meter.record(TOTAL, (time.monotonic() - frame.captured_at) * 1000)
        return drafts

    def current(self) -> tuple[str, float, float | None]:
        """What is being done now: action, confidence, since when (None for background)."""
        return self._machine.current()

    def swap(self, bundle: Bundle) -> list[EventDraft]:
        """Go on with another release; only if its labels or thresholds differ do running events end."""
        before = self._recogniser.manifest
        self._recogniser = self._recogniser.successor(bundle)
        after = bundle.manifest
        if (before.labels, before.thresholds) == (after.labels, after.thresholds):
            return []
        drafts = self.end_all(time.monotonic(), "finished")
        self._machine = self._new_machine()
        return drafts

    def end_all(self, at: float, ended_by: EndedBy) -> list[EventDraft]:
        """End every running event: the camera is lost, or the daemon stops."""
        self.people = 0
        return self._machine.end_all(at, ended_by)

    def close(self) -> None:
        """Give back what the estimator holds."""
        self._estimator.close()

    def _new_machine(self) -> EventMachine:
        manifest = self._recogniser.manifest
        return EventMachine(self._settings, manifest.thresholds, manifest.labels)
