"""Probabilities over time -> an action starts, goes on, ends. Pure: no clock, no input or output.

The rules, for each track:

- A probability is the mean of the newest windows, and speaks of the mean of their moments.
- A candidate is an action that reached `enter` and has not fallen below `exit` since. Once it has lasted the minimum it
  is reported, and ends what the track did before: one person does one action at a time.
- An action is over when it fell below `exit` and does not come back to `enter` within the cool-down. Shorter dips are
  bridged, also those in which something else flares up.
- It began and ended where its probability passed one half (interpolated), so a late report still tells the true time.
- Every start has exactly one end with the same id, updates come only between them, and `background` is no event.

    drafts = machine.decide(decision)
"""

import math
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.bundle import BACKGROUND, Thresholds
from core.messages import EndedBy
from device.classifier import Decision
from device.settings import EventSettings

_SMOOTHED = 3  # windows: one wrong answer among them makes no event, and 0.27 s are not too late
_HALF = 0.5  # training labels a window by how much of it shows the action: half of it is the border

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True)
class EventDraft:
    """An event in the daemon's own terms: a track, and seconds on the monotonic clock.

    Attributes:
        zone: where the person was, if zones are set; `device.zones` fills it in.
        camera: who saw it, where there are several; `device.lookout` fills it in.
    """

    id: str
    kind: Literal["start", "update", "end"]
    action: str
    confidence: float
    track: int
    started_at: float
    ended_at: float | None = None
    ended_by: EndedBy | None = None
    zone: str | None = None
    camera: str | None = None


@dataclass
class _Candidate:
    """An action that has not lasted the minimum yet: nobody has heard of it."""

    action: int
    started_at: float
    confidence: float


@dataclass
class _Event:
    """An action whose start is reported and whose end is not."""

    id: str
    action: int
    started_at: float
    confidence: float  # the highest smoothed probability so far
    reported_at: float  # the start, or the newest update
    fell_at: float | None = None  # not above `exit` since then; over when the cool-down is


class _Track:
    """One person: smoothed probabilities, when each of them passed one half, and what is made of it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.candidate: _Candidate | None = None
        self.event: _Event | None = None
        self.free_since = -math.inf  # when the event before this one ended
        self.moment = 0.0
        self.probabilities: Probabilities | None = None
        self._windows: deque[tuple[float, Probabilities]] = deque(maxlen=_SMOOTHED)
        self._passed_at: npt.NDArray[np.float64] = np.zeros(0)
        self._best = -1
        self._best_since = 0.0

    def take(self, decision: Decision, level: float) -> bool:
        """Smooth the probabilities, note which of them passed the level; False if the decision is not a newer one."""
        if self._windows and decision.moment <= self._windows[-1][0]:
            return False
        self._windows.append((decision.moment, decision.probabilities))
        moment = sum(one for one, _ in self._windows) / len(self._windows)
        smooth = np.mean([probabilities for _, probabilities in self._windows], axis=0, dtype=np.float32)
        if self.probabilities is None:
            # What a person does in the middle of their first window they have most likely done from its beginning.
            self._passed_at = np.full(smooth.shape, decision.window.since)
        else:
            before, after = self.probabilities.astype(np.float64), smooth.astype(np.float64)
            crossed = (before < level) != (after < level)
            share = (level - before[crossed]) / (after - before)[crossed]
            self._passed_at[crossed] = self.moment + (moment - self.moment) * share
        if (best := int(smooth.argmax())) != self._best:
            self._best, self._best_since = best, decision.window.since if self._best < 0 else self.moment
        self.moment, self.probabilities = moment, smooth
        return True

    def best(self) -> tuple[int, float]:
        """The most probable label, and since when it is that and above one half."""
        return self._best, max(self._best_since, self.passed_at(self._best))

    def probability(self, action: int) -> float:
        """The smoothed probability of an action, now."""
        assert self.probabilities is not None
        return min(float(self.probabilities[action]), 1.0)

    def passed_at(self, action: int) -> float:
        """When the probability of an action last passed one half, in either direction."""
        return float(self._passed_at[action])


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
        self._new_id = new_id
        self._tracks: dict[int, _Track] = {}
        self._use(thresholds, labels)

    def _use(self, thresholds: Thresholds, labels: tuple[str, ...]) -> None:
        self._thresholds = thresholds
        self._labels = labels
        self._background = labels.index(BACKGROUND)
        self._level = max(thresholds.exit, min(thresholds.enter, _HALF))  # passed on every way between the two

    def configure(self, settings: EventSettings) -> None:
        """Go by other settings from the next window on; events that run go on."""
        self._settings = settings

    def decide(self, decision: Decision) -> list[EventDraft]:
        """Take what a window of a track shows; return what is to be reported now, in order."""
        track = self._tracks.setdefault(decision.track, _Track(decision.track))
        if not track.take(decision, self._level):
            return []
        return [*self._follow_event(track), *self._follow_candidate(track)]

    def adopt(self, thresholds: Thresholds, labels: tuple[str, ...]) -> list[EventDraft]:
        """Go on with another release; events go on too, unless its labels are others."""
        drafts: list[EventDraft] = []
        if labels != self._labels:
            for track in list(self._tracks.values()):
                drafts += self.end_track(track.number, track.moment, "finished")
        self._use(thresholds, labels)
        return drafts

    def end_track(self, number: int, at: float, ended_by: EndedBy) -> list[EventDraft]:
        """A track is no longer there: end what it did."""
        track = self._tracks.pop(number, None)
        if track is None or track.event is None:
            return []
        if track.event.fell_at is not None:
            return [self._end(track, track.event.fell_at, "finished")]
        return [self._end(track, at, ended_by)]

    def end_all(self, at: float, ended_by: EndedBy) -> list[EventDraft]:
        """End everything: the camera is lost, or the daemon stops."""
        return [draft for number in list(self._tracks) for draft in self.end_track(number, at, ended_by)]

    def current(self) -> tuple[str, float, float | None]:
        """The newest of the reported actions: name, confidence and start; background, 1 and None if there is none."""
        events = [track.event for track in self._tracks.values() if track.event is not None]
        if not events:
            return BACKGROUND, 1.0, None
        newest = max(events, key=lambda event: event.started_at)
        return self._labels[newest.action], newest.confidence, newest.started_at

    def running(self) -> dict[int, tuple[str, float]]:
        """The reported action of every track that has one, and its confidence."""
        return {
            number: (self._labels[track.event.action], track.event.confidence)
            for number, track in self._tracks.items()
            if track.event is not None
        }

    def _follow_event(self, track: _Track) -> list[EventDraft]:
        event = track.event
        if event is None:
            return []
        probability = track.probability(event.action)
        event.confidence = max(event.confidence, probability)
        if probability >= self._thresholds.enter:
            event.fell_at = None
        elif probability < self._thresholds.exit and event.fell_at is None:
            event.fell_at = track.passed_at(event.action)
        if event.fell_at is not None:
            over = track.moment - event.fell_at >= self._settings.cool_down_s
            return [self._end(track, event.fell_at, "finished")] if over else []
        if track.moment - event.reported_at >= self._settings.update_s:
            event.reported_at = track.moment
            return [self._draft(track, event, "update")]
        return []

    def _follow_candidate(self, track: _Track) -> list[EventDraft]:
        candidate = track.candidate
        if candidate is not None and track.probability(candidate.action) < self._thresholds.exit:
            track.candidate = None
            fell_at = track.passed_at(candidate.action)
            if fell_at - candidate.started_at >= self._settings.minimum_s:
                return self._start(track, candidate, fell_at=fell_at)
        self._look_for_candidate(track)
        candidate = track.candidate
        if candidate is None:
            return []
        candidate.confidence = max(candidate.confidence, track.probability(candidate.action))
        if track.moment - candidate.started_at < self._settings.minimum_s:
            return []
        track.candidate = None
        return self._start(track, candidate)

    def _look_for_candidate(self, track: _Track) -> None:
        best, since = track.best()
        known = [one.action for one in (track.event, track.candidate) if one is not None]
        if best == self._background or best in known or track.probability(best) < self._thresholds.enter:
            return
        track.candidate = _Candidate(best, since, track.probability(best))

    def _start(self, track: _Track, candidate: _Candidate, *, fell_at: float | None = None) -> list[EventDraft]:
        drafts: list[EventDraft] = []
        if track.event is not None:
            fell = track.event.fell_at
            border = candidate.started_at
            drafts.append(self._end(track, border if fell is None else min(fell, border), "finished"))
        started_at = max(candidate.started_at, track.free_since)
        event = _Event(
            self._new_id(), candidate.action, started_at, candidate.confidence, track.moment, fell_at=fell_at
        )
        track.event = event
        return [*drafts, self._draft(track, event, "start")]

    def _end(self, track: _Track, at: float, ended_by: EndedBy) -> EventDraft:
        event = track.event
        assert event is not None
        track.event = None
        track.free_since = max(at, event.started_at)
        return self._draft(track, event, "end", ended_at=track.free_since, ended_by=ended_by)

    def _draft(
        self,
        track: _Track,
        event: _Event,
        kind: Literal["start", "update", "end"],
        *,
        ended_at: float | None = None,
        ended_by: EndedBy | None = None,
    ) -> EventDraft:
        action, number = self._labels[event.action], track.number
        return EventDraft(event.id, kind, action, event.confidence, number, event.started_at, ended_at, ended_by)
