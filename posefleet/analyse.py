"""A video file through the daemon's own way from frame to event, as fast as it goes.

    analysis = analyse(Path("video.mp4"), bundle, PoseSettings())
    analysis.timeline.people
    analysis.seen[120]                  # who was where in frame 120, for drawing

Nothing is left out and nothing is dropped: every frame is judged, with the video's own time as the clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.bundle import Bundle
from core.errors import InputError
from core.skeleton import Array, Pose
from device.camera.capture import Frame
from device.classifier import Decision, Recogniser
from device.events import EventDraft
from device.latency.meter import LatencyMeter
from device.pose import make_estimator
from device.settings import EventSettings, PoseSettings
from device.vision import Vision
from posefleet.timeline import Action, Person, Timeline
from training.videos.watching import frames

_FEWEST = 8  # frames: who was seen in less of them, and did nothing, passed by

Seen = list[tuple[int, Array]]  # person and (15, 4) keypoints


@dataclass(frozen=True)
class Analysis:
    """What was seen in a video, and when each frame was."""

    timeline: Timeline
    times: list[float]
    seen: list[Seen]


class _Witness(Recogniser):
    """The daemon's recogniser, with a note of whom it was shown."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.shown: Seen = []

    def push(self, track: int, captured_at: float, pose: Pose, boxes: Array | None = None) -> list[Decision]:
        self.shown.append((track, pose.core15))
        return super().push(track, captured_at, pose, boxes)

    def taken(self) -> Seen:
        """Whom it was shown since the last call."""
        shown, self.shown = self.shown, []
        return shown


@dataclass
class _Watch:
    """The clock of a video: the moment of its newest frame."""

    moment: float = 0.0
    times: list[float] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)


def analyse(
    video: Path,
    bundle: Bundle,
    settings: PoseSettings,
    *,
    events: EventSettings | None = None,
    on_frame: Callable[[int], None] = lambda _: None,
) -> Analysis:
    """Judge every frame of a video.

    Args:
        video: any file that OpenCV reads.
        bundle: the release that judges.
        settings: of the pose estimator.
        events: when an action counts; as the daemon's defaults when None.
        on_frame: told the number of every frame that is done.

    Raises:
        InputError: the video cannot be read, or the estimator cannot be had.
    """
    watch, witness = _Watch(), _Witness(bundle)
    estimator = make_estimator(settings)
    vision = Vision(estimator, witness, events or EventSettings(), LatencyMeter(), clock=lambda: watch.moment)
    drafts: list[EventDraft] = []
    try:
        for index, (moment, image) in enumerate(frames(video)):
            watch.moment = moment
            drafts += vision.process(Frame(image, moment, index))
            watch.times.append(moment)
            watch.seen.append(witness.taken())
            on_frame(index)
        drafts += vision.end_all(watch.moment, "stopped")
    finally:
        vision.close()
    if not watch.times:
        raise InputError(f"{video}: no frame can be read; is it a video that OpenCV knows?")
    return Analysis(_timeline(video, bundle, watch, drafts), watch.times, watch.seen)


def _timeline(video: Path, bundle: Bundle, watch: _Watch, drafts: list[EventDraft]) -> Timeline:
    moments: dict[int, list[float]] = {}
    for moment, here in zip(watch.times, watch.seen, strict=True):
        for track, _ in here:
            moments.setdefault(track, []).append(moment)
    actions: dict[int, list[Action]] = {}
    for draft in drafts:
        if draft.kind == "end" and draft.ended_at is not None:
            actions.setdefault(draft.track, []).append(
                Action(
                    action=draft.action,
                    started_at=round(draft.started_at, 3),
                    ended_at=round(draft.ended_at, 3),
                    confidence=round(draft.confidence, 3),
                )
            )
    people = tuple(
        Person(
            person=track,
            first_seen=round(there[0], 3),
            last_seen=round(there[-1], 3),
            actions=tuple(sorted(actions.get(track, []), key=lambda one: one.started_at)),
        )
        for track, there in sorted(moments.items())
        if len(there) >= _FEWEST or track in actions
    )
    step = watch.times[-1] / max(len(watch.times) - 1, 1)
    manifest = bundle.manifest
    return Timeline(
        video=video.name,
        model=manifest.model,
        duration_s=round(watch.times[-1] + step, 3),
        frames=len(watch.times),
        labels=manifest.labels,
        people=people,
    )
