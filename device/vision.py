"""A frame in, events out: pose, tracking, recognition and decisions in a row, each stage timed. No input or output.

vision = Vision(estimator, Recogniser(bundle, meter=meter), settings.events, meter)
drafts = vision.process(frame)
vision.swap(new_bundle)                 # between two frames; nothing that goes on is interrupted
"""

import time
from collections.abc import Callable

from core.bundle import Bundle
from core.messages import EndedBy
from device.camera import Frame
from device.classifier import Recogniser
from device.events import EventDraft, EventMachine
from device.latency import TOTAL, LatencyMeter
from device.pose import Effort, PoseEstimator
from device.settings import EventSettings
from device.tracking import Tracker


class Vision:
    """See the module."""

    def __init__(
        self,
        estimator: PoseEstimator,
        recogniser: Recogniser,
        events: EventSettings,
        meter: LatencyMeter,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._estimator = estimator
        self._recogniser = recogniser
        self._meter = meter
        self._clock = clock
        self._tracker = Tracker()
        manifest = recogniser.manifest
        self._machine = EventMachine(events, manifest.thresholds, manifest.labels)
        self._newest = clock()  # when the newest judged frame was captured
        self.frames = 0
        self.peopled_frames = 0  # in which somebody was seen
        self.people = 0

    @property
    def recogniser(self) -> Recogniser:
        """The release at work."""
        return self._recogniser

    @property
    def tracks(self) -> int:
        """How many appearances of people there were so far."""
        return self._tracker.begun

    def process(self, frame: Frame) -> list[EventDraft]:
        """Judge one frame."""
        self._meter.record("capture", (self._clock() - frame.captured_at) * 1000)
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
                    drafts += self._machine.decide(decision)
        self._newest = frame.captured_at
        self.frames += 1
        self.people = len(people)
        self.peopled_frames += bool(people)
        self._meter.record(TOTAL, (self._clock() - frame.captured_at) * 1000)
        return drafts

    def adapt(self, effort: Effort) -> None:
        """Let the estimator do no more than this from the next frame on."""
        self._estimator.adapt(effort)

    def current(self) -> tuple[str, float, float | None]:
        """What is being done now: action, confidence, since when (None for background)."""
        return self._machine.current()

    def swap(self, bundle: Bundle) -> list[EventDraft]:
        """Go on with another release; only if its labels are others do running events end."""
        self._recogniser = self._recogniser.successor(bundle)
        return self._machine.adopt(bundle.manifest.thresholds, bundle.manifest.labels)

    def end_all(self, at: float, ended_by: EndedBy) -> list[EventDraft]:
        """End every running event: the camera is lost, or the daemon stops.

        What was not seen did not happen: no event lasts longer than the newest frame. Whoever is seen next is somebody
        new.
        """
        self.people = 0
        for track in self._tracker.clear():
            self._recogniser.forget(track)
        return self._machine.end_all(min(at, self._newest), ended_by)

    def close(self) -> None:
        """Give back what the estimator holds."""
        self._estimator.close()
