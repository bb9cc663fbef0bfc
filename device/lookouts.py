"""All cameras of a board, each with its own eyes (estimator, tracker, windows, events), and one classifier for all.

The newest frame of each is judged in its turn, so a quick camera starves nobody, and one that is lost, frozen or at
rest changes nothing for the others.

    lookouts = make_lookouts(settings, bundle, meter)
    with lookouts:
        if (turn := lookouts.next(timeout_s=0.25)) is not None:
            lookout, frame = turn
            drafts = lookout.judge(frame)
"""

import itertools
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from core.bundle import Bundle, Manifest
from core.interpreter import Classifier
from core.messages import CameraState, EndedBy
from device.camera.capture import Camera, Frame
from device.events import EventDraft
from device.latency.ladder import Workload
from device.latency.meter import LatencyMeter
from device.onlookers import Onlookers
from device.settings import DeviceSettings
from device.vision import Vision, make_vision

log = logging.getLogger(__name__)

_GONE: dict[CameraState, EndedBy] = {"lost": "camera_lost", "ended": "camera_lost", "resting": "stopped"}
_GRAVEST: tuple[CameraState, ...] = ("lost", "starting", "ended", "resting", "ok")


class Lookout:
    """One camera and its eyes."""

    def __init__(self, camera: Camera, vision: Vision, name: str | None = None) -> None:
        self.camera, self.vision, self.name = camera, vision, name
        self._gone = False
        self._frame_problem: str | None = None

    @property
    def problems(self) -> Iterable[str]:
        """What is wrong, for a person."""
        if self.camera.state != "ok" and self.camera.problem:
            yield self.camera.problem
        if self._frame_problem:
            yield self._frame_problem

    def judge(self, frame: Frame) -> list[EventDraft]:
        """What a frame brings; one that cannot be judged brings nothing and is a problem."""
        try:
            drafts = self.vision.process(frame)
        except Exception as exc:
            # An estimator's fault with one picture must not end the service; if it lasts, the watchdog does.
            of_whom = f" of {self.name}" if self.name else ""
            if self._frame_problem is None:
                log.exception("a frame%s could not be judged", of_whom)
            self._frame_problem = f"frames{of_whom} cannot be judged: {exc}"
            return []
        self._frame_problem = None
        return drafts

    def leave(self) -> list[EventDraft]:
        """The ends of what was going on, if the camera has just gone."""
        why = _GONE.get(self.camera.state)
        was_gone, self._gone = self._gone, why is not None
        return [] if why is None or was_gone else self.vision.end_all(time.monotonic(), why)


class Lookouts:
    """See the module.

    Args:
        each: one or more; those of several cameras have names.
        fresh: what their cameras notify of a picture.
    """

    def __init__(self, each: Sequence[Lookout], fresh: threading.Condition | None = None) -> None:
        self.each = tuple(each)
        self._turns = list(self.each)
        self._fresh = fresh or threading.Condition()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for lookout in self.each:
            self._stack.callback(lookout.vision.close)
            self._stack.enter_context(lookout.camera)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def next(self, timeout_s: float) -> tuple[Lookout, Frame] | None:
        """The newest frame of whose turn it is; None when none comes in time."""
        with self._fresh:
            self._fresh.wait_for(lambda: any(lookout.camera.waiting for lookout in self.each), timeout_s)
        for lookout in self._turns:
            if (frame := lookout.camera.take()) is not None:
                self._turns.remove(lookout)
                self._turns.append(lookout)  # whose last turn is longest ago comes first
                return lookout, frame
        return None

    @property
    def manifest(self) -> Manifest:
        """Of the release at work."""
        return self.each[0].vision.recogniser.manifest

    @property
    def frames(self) -> int:
        """Judged since the start."""
        return sum(lookout.vision.frames for lookout in self.each)

    @property
    def attempts(self) -> int:
        """See `Camera.attempts`."""
        return sum(lookout.camera.attempts for lookout in self.each)

    @property
    def people(self) -> int:
        """Seen now."""
        return sum(lookout.vision.people for lookout in self.each)

    @property
    def can_halve(self) -> bool:
        """Whether any camera can give smaller pictures."""
        return any(lookout.camera.can_halve for lookout in self.each)

    @property
    def state(self) -> CameraState:
        """Of the only camera, or the gravest of all."""
        states = {lookout.camera.state for lookout in self.each}
        return next(state for state in _GRAVEST if state in states)

    @property
    def states(self) -> dict[str, CameraState] | None:
        """Of each camera that has a name."""
        return {one.name: one.camera.state for one in self.each if one.name is not None} or None

    @property
    def problems(self) -> Iterable[str]:
        """What is wrong with cameras and pictures, for a person."""
        return itertools.chain.from_iterable(lookout.problems for lookout in self.each)

    def current(self) -> tuple[str, float, float | None, str | None]:
        """What was begun last: action, confidence, since when (None for background), seen by which camera."""
        doing = [(*lookout.vision.current(), lookout.name) for lookout in self.each]
        action, confidence, since, name = max(doing, key=lambda one: float("-inf") if one[2] is None else one[2])
        return action, confidence, since, None if since is None else name

    def adapt(self, workload: Workload) -> None:
        """Do no more than this from the next frames on."""
        for lookout in self.each:
            lookout.vision.adapt(workload.effort)
            lookout.camera.adapt(every=workload.every, halved=workload.halved)

    def configure(self, settings: DeviceSettings) -> None:
        """Go by other settings of events, zones and hours of rest from the next frames on."""
        for lookout in self.each:
            camera = settings.all_cameras[lookout.name]
            lookout.vision.configure(settings.events, camera.zones)
            lookout.camera.reschedule(camera.rest)

    def swap(self, bundle: Bundle) -> list[EventDraft]:
        """Go on with another release; the ends of what it does not mean by the same name.

        Raises:
            PosefleetError: it does not run; the one before goes on.
        """
        classifier = Classifier(bundle.classifier)
        return [draft for lookout in self.each for draft in lookout.vision.swap(bundle, classifier)]

    def leave(self) -> list[EventDraft]:
        """The ends of what cameras saw that have just gone."""
        return [draft for lookout in self.each for draft in lookout.leave()]

    def end_all(self, ended_by: EndedBy) -> list[EventDraft]:
        """The ends of everything."""
        now = time.monotonic()
        return [draft for lookout in self.each for draft in lookout.vision.end_all(now, ended_by)]

    def log_summary(self) -> None:
        """What each has seen, a line each."""
        for lookout in self.each:
            vision, where = lookout.vision, f"camera {lookout.name}: " if lookout.name else ""
            text = "%s%d frames judged, somebody in %d of them, %d appearances"
            log.info(text, where, vision.frames, vision.peopled_frames, vision.tracks)


def make_lookouts(
    settings: DeviceSettings, bundle: Bundle, meter: LatencyMeter, onlookers: Onlookers | None = None
) -> Lookouts:
    """A lookout for every camera that the settings name; nothing is started.

    Raises:
        PosefleetError: an estimator, a detector or the release cannot be had; the text says why.
    """
    fresh, numbers, classifier = threading.Condition(), itertools.count(1), Classifier(bundle.classifier)
    each = []
    for name, camera in settings.all_cameras.items():
        vision = make_vision(
            settings, bundle, meter, camera=name, classifier=classifier, numbers=numbers, onlookers=onlookers
        )
        each.append(Lookout(Camera(camera, name=name, fresh=fresh), vision, name))
    return Lookouts(each, fresh)
