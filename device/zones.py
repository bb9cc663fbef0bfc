"""Zones of a picture: an action counts only while the person is in one, and its events carry the zone's name.

A person is where their feet, or hips, are. A window speaks of a moment about a second ago, so where people were is kept
for some seconds. Outside of all zones whatever a window shows is background.

    gate = ZoneGate(settings.zones, labels)
    gate.see(track, pose, captured_at, width / height)
    drafts = gate.name(machine.decide(gate.admit(decision, labels)))
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.bundle import BACKGROUND
from core.skeleton import CORE15, Array, Pose
from device.camera.settings import Part, Point, ZoneSettings
from device.classifier import Decision
from device.events import EventDraft

_KEPT_S = 10.0  # windows of any length that makes sense speak of a moment less long ago
_SURE = 0.3  # of a joint, to say where somebody is
_PARTS: dict[Part, list[int]] = {
    "feet": [CORE15.index["left_ankle"], CORE15.index["right_ankle"]],
    "hips": [CORE15.index["left_hip"], CORE15.index["right_hip"]],
}


def is_inside(polygon: Sequence[Point], x: float, y: float) -> bool:
    """Whether a point lies in a polygon, by the even-odd rule: a ray from it crosses an odd number of edges."""
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y1 > y) != (y2 > y) and x > x1 + (x2 - x1) * (y - y1) / (y2 - y1):
            inside = not inside
    return inside


def place_of(keypoints: Array, part: Part) -> tuple[float, float] | None:
    """Where somebody is, in frame heights: between their feet, or their hips where those are meant or no foot is seen.

    Args:
        keypoints: (15, 4) of CORE15.
        part: what says it.
    """
    for joints in (_PARTS[part], _PARTS["hips"]):
        seen = keypoints[joints][keypoints[joints, 3] >= _SURE]
        if len(seen):
            return float(seen[:, 0].mean()), float(seen[:, 1].mean())
    return None


class ZoneGate:
    """See the module. Without zones everything passes as it is."""

    def __init__(self, zones: Mapping[str, ZoneSettings]) -> None:
        self._zones = dict(zones)
        self._were: dict[int, deque[tuple[float, str | None]]] = {}
        self._acted: dict[int, str] = {}  # the zone in which a track was when it was last admitted
        self._of_event: dict[str, str | None] = {}

    def configure(self, zones: Mapping[str, ZoneSettings]) -> None:
        """Go by other zones from the next frame on; what was reported keeps the zone that it was reported with."""
        self._zones = dict(zones)
        self._were.clear()
        self._acted.clear()

    def see(self, track: int, pose: Pose, captured_at: float, aspect: float) -> None:
        """Note where somebody is; who cannot be placed is where they were.

        Args:
            track: who.
            pose: in frame heights.
            captured_at: seconds on the monotonic clock.
            aspect: of the picture, width by height.
        """
        if not self._zones:
            return
        were = self._were.setdefault(track, deque())
        keypoints = pose.core15.copy()
        keypoints[:, 0] /= aspect
        inside = self._zone_of(keypoints)
        if inside is not None:
            were.append((captured_at, inside or None))
        while were and captured_at - were[0][0] > _KEPT_S:
            were.popleft()

    def admit(self, decision: Decision, labels: Sequence[str]) -> Decision:
        """The decision, or background if the person was in no zone at the moment that it speaks of."""
        if not self._zones:
            return decision
        zone = next((zone for at, zone in reversed(self._were.get(decision.track, ())) if at <= decision.moment), None)
        if zone is not None:
            self._acted[decision.track] = zone
            return decision
        nothing = np.zeros_like(decision.probabilities)
        nothing[labels.index(BACKGROUND)] = 1.0
        return replace(decision, probabilities=nothing)

    def name(self, drafts: Iterable[EventDraft]) -> list[EventDraft]:
        """Events with the zone in which the person was when each was first reported."""
        return [self._named(draft) for draft in drafts] if self._zones or self._of_event else list(drafts)

    def forget(self, track: int) -> None:
        """Drop what is kept of a track whose events have ended."""
        self._were.pop(track, None)
        self._acted.pop(track, None)

    def _zone_of(self, keypoints: Array) -> str | None:
        """The first zone that somebody is in; empty if none; None if nobody can say."""
        inside = None
        for name, zone in self._zones.items():
            if (place := place_of(keypoints, zone.part)) is None:
                continue
            if is_inside(zone.polygon, *place):
                return name
            inside = ""
        return inside

    def _named(self, draft: EventDraft) -> EventDraft:
        if draft.kind == "start":
            self._of_event[draft.id] = self._acted.get(draft.track)
        zone = self._of_event.pop(draft.id, None) if draft.kind == "end" else self._of_event.get(draft.id)
        return replace(draft, zone=zone)
