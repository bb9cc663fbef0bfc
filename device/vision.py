"""A frame in, events out: pose, tracking, recognition and decisions in a row, each stage timed. No input or output.

vision = Vision(estimator, Recogniser(bundle, meter=meter), settings.events, meter)
drafts = vision.process(frame)
vision.swap(new_bundle)                 # between two frames; nothing that goes on is interrupted
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from core.bundle import Bundle
from core.messages import EndedBy
from core.skeleton import Array, Pose
from device.camera.capture import Frame
from device.camera.settings import ZoneSettings
from device.camera.sources import Image
from device.classifier import Decision, Logits, Recogniser
from device.events import EventDraft, EventMachine
from device.latency.meter import TOTAL, LatencyMeter
from device.objects.detector import ObjectDetector
from device.onlookers import Onlookers, Sight
from device.pose import Effort, PoseEstimator, make_estimator
from device.settings import DeviceSettings, EventSettings
from device.tracking.tracker import Departure, Tracker
from device.zones import ZoneGate

log = logging.getLogger(__name__)


class Things(Protocol):
    """Finds what people do things with; see `device.objects.detector.ObjectDetector`."""

    classes: tuple[str, ...]

    def update(self, image: Image, captured_at: float) -> Array:
        """Look at the next picture."""
        ...

    def slots(self, near: Pose | None = None) -> Array:
        """(K, 5) boxes near a person, in the order of `classes`; zeros where there is none."""
        ...


class Vision:
    """See the module.

    Args:
        things: finds objects, for releases that look at them.
        gate: says where an action counts.
        camera: whose pictures these are, where there are several.
        numbers: for tracks, shared where there are several cameras.
    """

    def __init__(
        self,
        estimator: PoseEstimator,
        recogniser: Recogniser,
        events: EventSettings,
        meter: LatencyMeter,
        *,
        things: Things | None = None,
        gate: ZoneGate | None = None,
        camera: str | None = None,
        numbers: Iterator[int] | None = None,
        onlookers: Onlookers | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._estimator = estimator
        self._recogniser = recogniser
        self._meter = meter
        self._things = things
        self._gate = gate or ZoneGate({})
        self._camera = camera
        self._onlookers = onlookers or Onlookers()
        self._clock = clock
        self._tracker = Tracker(numbers)
        manifest = recogniser.manifest
        self._machine = EventMachine(events, manifest.thresholds, manifest.labels)
        self._newest = clock()  # when the newest judged frame was captured
        self.frames = 0
        self.peopled_frames = 0  # in which somebody was seen
        self.people = 0
        self._say_what_is_not_looked_for()

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
            people, departures = self._tracker.update(poses, frame.captured_at, frame.image)
        if people and self._things is not None and self._wanted:
            with self._meter.stage("objects"):
                self._things.update(frame.image, frame.captured_at)
        drafts = self._depart(departures)
        decisions: list[Decision] = []
        for track, pose in people:
            self._gate.see(track, pose, frame.captured_at, frame.image.shape[1] / frame.image.shape[0])
            judged = self._recogniser.push(track, frame.captured_at, pose, self._boxes(pose))
            decisions += judged
            with self._meter.stage("events"):
                for decision in judged:
                    admitted = self._gate.admit(decision, self._recogniser.manifest.labels)
                    drafts += self._named(self._machine.decide(admitted))
        self._newest = frame.captured_at
        self.frames += 1
        self.people = len(people)
        self.peopled_frames += bool(people)
        latency_ms = (self._clock() - frame.captured_at) * 1000
        self._meter.record(TOTAL, latency_ms)
        if self._onlookers.present:
            doing, manifest = self._machine.running(), self._recogniser.manifest
            self._onlookers.see(
                Sight(self._camera or "", frame, tuple(people), tuple(decisions), doing, manifest, latency_ms)
            )
        return drafts

    def configure(self, events: EventSettings, zones: Mapping[str, ZoneSettings]) -> None:
        """Go by other settings from the next frame on."""
        self._machine.configure(events)
        self._gate.configure(zones)

    def adapt(self, effort: Effort) -> None:
        """Let the estimator do no more than this from the next frame on."""
        self._estimator.adapt(effort)

    def current(self) -> tuple[str, float, float | None]:
        """What is being done now: action, confidence, since when (None for background)."""
        return self._machine.current()

    def swap(self, bundle: Bundle, classifier: Logits | None = None) -> list[EventDraft]:
        """Go on with another release; only if its labels are others do running events end.

        Args:
            classifier: the release's, where somebody else uses it, too.
        """
        self._recogniser = self._recogniser.successor(bundle, classifier=classifier)
        self._say_what_is_not_looked_for()
        return self._named(self._machine.adopt(bundle.manifest.thresholds, bundle.manifest.labels))

    def end_all(self, at: float, ended_by: EndedBy) -> list[EventDraft]:
        """End every running event: the camera is lost, or the daemon stops.

        What was not seen did not happen: no event lasts longer than the newest frame. Whoever is seen next is somebody
        new.
        """
        self.people = 0
        drafts = self._named(self._machine.end_all(min(at, self._newest), ended_by))
        for track in self._tracker.clear():
            self._forget(track)
        return drafts

    def close(self) -> None:
        """Give back what the estimator holds."""
        self._estimator.close()

    def _depart(self, departures: Iterable[Departure]) -> list[EventDraft]:
        drafts: list[EventDraft] = []
        for departure in departures:
            drafts += self._named(self._machine.end_track(departure.track, departure.last_seen, "person_left"))
            self._forget(departure.track)
        return drafts

    def _named(self, drafts: list[EventDraft]) -> list[EventDraft]:
        """With the zone and the camera."""
        named = self._gate.name(drafts)
        return named if self._camera is None else [replace(draft, camera=self._camera) for draft in named]

    def _forget(self, track: int) -> None:
        self._recogniser.forget(track)
        self._gate.forget(track)

    @property
    def _wanted(self) -> tuple[str, ...]:
        """The objects that the release looks at."""
        return self._recogniser.manifest.features.objects

    def _boxes(self, pose: Pose) -> Array | None:
        """(K, 5) what is near somebody, in the release's order; zeros for what nobody looks for."""
        if self._things is None or not self._wanted:
            return None
        near = dict(zip(self._things.classes, self._things.slots(pose), strict=True))
        return np.array([near.get(name, np.zeros(5)) for name in self._wanted], np.float32)

    def _say_what_is_not_looked_for(self) -> None:
        known = self._things.classes if self._things is not None else ()
        if missing := [name for name in self._wanted if name not in known]:
            model = self._recogniser.manifest.model
            log.warning("release %s also looks at %s; see [objects] classes and model", model, ", ".join(missing))


def make_vision(
    settings: DeviceSettings,
    bundle: Bundle,
    meter: LatencyMeter,
    *,
    camera: str | None = None,
    classifier: Logits | None = None,
    numbers: Iterator[int] | None = None,
    onlookers: Onlookers | None = None,
) -> Vision:
    """Everything that the settings name, with a release at work.

    Args:
        camera: one of those that the settings name.
        classifier: the release's, where somebody else uses it, too.

    Raises:
        PosefleetError: an estimator, a detector or the release cannot be had; the text says why.
    """
    things = None if settings.objects.model is None else ObjectDetector(settings.objects, threads=settings.pose.threads)
    return Vision(
        make_estimator(settings.pose),
        Recogniser(bundle, classifier=classifier, meter=meter),
        settings.events,
        meter,
        things=things,
        gate=ZoneGate(settings.all_cameras[camera].zones),
        camera=camera,
        numbers=numbers,
        onlookers=onlookers,
    )
