"""Probabilities over time -> an action starts, goes on, ends. Pure: no clock, no input or output.

The rules:

- A probability is the mean of a track's last two windows, and speaks of the moment between their centres.
- An action begins when it reaches `enter`, and began when it passed one half on the way there (interpolated).
- It ends when it falls below `exit` or another action reaches `enter`; a dip shorter than the cool-down is bridged.
- It is reported once it has lasted the minimum; what ends sooner is never heard of.
- Every start has exactly one end with the same id, updates come only between them, and `background` is no event.

    drafts = machine.decide(track, centre, probabilities)
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.bundle import BACKGROUND, Thresholds
from core.messages import EndedBy
from device.settings import EventSettings

_PASSING = 0.5  # training labels a window by what most of it shows: half of it is the border


@dataclass(frozen=True)
class EventDraft:
    """An event in the daemon's own terms: a track, and seconds on the monotonic clock."""

    id: str
    kind: Literal["start", "update", "end"]
    action: str
    confidence: float
    track: int
    started_at: float
    ended_at: float | None = None
    ended_by: EndedBy | None = None


@dataclass
class _Running:
    """An action that goes on, reported or not yet."""

    id: str
    action: int
    started_at: float
    confidence: float
    reported_at: float | None = None  # when the start, or the newest update, was reported
    fading_since: float | None = None  # passed one half downwards here; not over before the cool-down is


@dataclass
class _Track:
    last: tuple[float, npt.NDArray[np.float32]] | None = None  # centre and probabilities of the newest window
    smooth: tuple[float, npt.NDArray[np.float32]] | None = None  # the newest smoothed pair
    running: _Running | None = None
    drafts: list[EventDraft] = field(default_factory=list)


def _new_id() -> str:
    return uuid.uuid4().hex


class EventMachine:
    """All tracks of one device."""

    def __init__(
        self,
        settings: EventSettings,
        thresholds: Thresholds,
        labels: tuple[str, ...],
        *,
        new_id: Callable[[], str] = _new_id,
    ) -> None:
        self._settings = settings
        self._thresholds = thresholds
        self._labels = labels
        self._background = labels.index(BACKGROUND)
        self._new_id = new_id
        self._tracks: dict[int, _Track] = {}

    def decide(self, number: int, centre: float, probabilities: npt.NDArray[np.float32]) -> list[EventDraft]:
        """Take what a window of a track shows; return what is to be reported now, in order."""
        track = self._tracks.setdefault(number, _Track())
        if track.last is None or centre <= track.last[0]:
            track.last = (centre, probabilities)
            return []
        moment = (track.last[0] + centre) / 2
        smooth = (track.last[1] + probabilities) / np.float32(2)
        track.last = (centre, probabilities)
        self._step(number, track, moment, smooth)
        track.smooth = (moment, smooth)
        return self._collect(track)

    def end_track(self, number: int, at: float, ended_by: EndedBy) -> list[EventDraft]:
        """A track is no longer there: end what it did."""
        track = self._tracks.pop(number, None)
        if track is None:
            return []
        if track.running is not None:
            self._end(number, track, at if track.running.fading_since is None else track.running.fading_since, ended_by)
        return self._collect(track)

    def end_all(self, at: float, ended_by: EndedBy) -> list[EventDraft]:
        """End everything: the camera is lost, or the daemon stops."""
        return [draft for number in list(self._tracks) for draft in self.end_track(number, at, ended_by)]

    def current(self) -> tuple[str, float, float | None]:
        """The action that is reported now with the highest confidence, and since when; background and None if none."""
        reported = [
            track.running
            for track in self._tracks.values()
            if track.running is not None and track.running.reported_at is not None
        ]
        if not reported:
            return BACKGROUND, 1.0, None
        best = max(reported, key=lambda running: running.confidence)
        return self._labels[best.action], best.confidence, best.started_at

    def _step(self, number: int, track: _Track, moment: float, smooth: npt.NDArray[np.float32]) -> None:
        if track.running is not None:
            self._go_on(number, track, moment, smooth)
        best = int(smooth.argmax())
        if best == self._background or smooth[best] < self._thresholds.enter:
            return
        if track.running is not None and track.running.action != best:
            began = self._passed(track, best, moment, smooth)
            self._end(number, track, min(track.running.fading_since or began, began), "finished")
        if track.running is None:
            began = self._passed(track, best, moment, smooth)
            track.running = _Running(self._new_id(), best, began, float(smooth[best]))

    def _go_on(self, number: int, track: _Track, moment: float, smooth: npt.NDArray[np.float32]) -> None:
        running = track.running
        assert running is not None
        probability = float(smooth[running.action])
        running.confidence = max(running.confidence, probability)
        if probability >= self._thresholds.enter:
            running.fading_since = None
        elif probability < self._thresholds.exit and running.fading_since is None:
            running.fading_since = max(self._passed(track, running.action, moment, smooth), running.started_at)
        if running.fading_since is not None:
            if moment - running.fading_since >= self._settings.cool_down_s:
                self._end(number, track, running.fading_since, "finished")
            return
        if running.reported_at is None and moment - running.started_at >= self._settings.minimum_s:
            self._report(number, track, running, "start", moment)
        elif running.reported_at is not None and moment - running.reported_at >= self._settings.update_s:
            self._report(number, track, running, "update", moment)

    def _passed(self, track: _Track, action: int, moment: float, smooth: npt.NDArray[np.float32]) -> float:
        """When an action's probability passed one half between the last two moments, or now if it did not."""
        if track.smooth is None:
            return moment
        before, after = float(track.smooth[1][action]), float(smooth[action])
        if (before < _PASSING) == (after < _PASSING):
            return moment
        return track.smooth[0] + (moment - track.smooth[0]) * (_PASSING - before) / (after - before)

    def _report(
        self, number: int, track: _Track, running: _Running, kind: Literal["start", "update"], at: float
    ) -> None:
        running.reported_at = at
        track.drafts.append(self._draft(number, running, kind))

    def _end(self, number: int, track: _Track, at: float, ended_by: EndedBy) -> None:
        running = track.running
        assert running is not None
        track.running = None
        ended_at = max(at, running.started_at)
        if running.reported_at is None:
            if ended_at - running.started_at < self._settings.minimum_s:
                return
            track.drafts.append(self._draft(number, running, "start"))
        track.drafts.append(self._draft(number, running, "end", ended_at, ended_by))

    def _draft(
        self,
        number: int,
        running: _Running,
        kind: Literal["start", "update", "end"],
        ended_at: float | None = None,
        ended_by: EndedBy | None = None,
    ) -> EventDraft:
        confidence = min(running.confidence, 1.0)
        action = self._labels[running.action]
        return EventDraft(running.id, kind, action, confidence, number, running.started_at, ended_at, ended_by)

    @staticmethod
    def _collect(track: _Track) -> list[EventDraft]:
        drafts, track.drafts = track.drafts, []
        return drafts
