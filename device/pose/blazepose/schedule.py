"""When to run the detector, which costs as much as following one person: rarely, and at once when it matters.

schedule = Schedule()
if schedule.is_due(at, empty=not people, seeking=views.seeking, detect_every=30, is_still=lambda: False): ...
"""

import math
from collections.abc import Callable

_PAUSE_S = 0.2  # between detections in an empty room, after somebody was lost, or where something changes ...
_CHANGES = 12  # ... for so many searches: curtains and screens never rest
_CHANGE_SHARE = 1 / 6  # of the pictures between detections otherwise, at least: a busy board is spared changes, too
_SEEKING_PAUSE_S = 1.0  # between detections beside somebody, while not all has been looked at
_STILL_PAUSE_S = 1.5  # likewise, where nothing changes
_STILL_PICTURES = 4  # so many times rarer is a search otherwise, while nothing changes
_LOST = 12  # searches for somebody who was lost, still or not: who comes out behind somebody moves only there
_ASKED_S = 0.09  # between two questions whether nothing changes: asked always, they cost 2 % of following somebody


class Schedule:
    """Counts pictures and seconds; called once for every picture in which there is room for one more person.

    Attributes:
        for_change: the last search was due to a change alone: whoever it is stands apart from those who are followed.
    """

    def __init__(self) -> None:
        self._detected_at: float | None = None
        self._pictures = 0  # since then
        self._asked_at: float | None = None
        self._lost = 0  # searches that are left for somebody who was lost
        self._changes = _CHANGES  # searches that are left for what changes
        self.for_change = False

    def is_due(self, at: float, *, empty: bool, seeking: bool, detect_every: int, is_still: Callable[[], bool]) -> bool:
        """Whether to look for people in the picture of time `at`, seconds.

        Args:
            at: when the picture was taken.
            empty: nobody is followed.
            seeking: not all has been looked at since that changed.
            detect_every: pictures between detections otherwise.
            is_still: whether nothing new can have come; only asked when it matters.
        """
        self._pictures += 1
        self.for_change = False
        if not self._is_late(at, detect_every, _PAUSE_S):
            return False
        pause_s = _PAUSE_S if empty else _SEEKING_PAUSE_S if seeking else math.inf
        if not self._lost and not self._is_worthwhile(at, detect_every, pause_s, is_still):
            return False
        self._pictures, self._detected_at, self._lost = 0, at, max(0, self._lost - 1)
        return True

    def _is_worthwhile(self, at: float, pictures: int, pause_s: float, is_still: Callable[[], bool]) -> bool:
        if not _is_past(self._asked_at, at, _ASKED_S):
            return False
        self._asked_at = at
        if is_still():
            self._changes = _CHANGES
            return self._is_late(at, pictures * _STILL_PICTURES, max(pause_s, _STILL_PAUSE_S))
        if self._is_late(at, pictures, pause_s):
            return True
        self.for_change = self._changes > 0 and self._pictures >= pictures * _CHANGE_SHARE
        self._changes -= self.for_change
        return self.for_change

    def _is_late(self, at: float, pictures: int, pause_s: float) -> bool:
        return _is_past(self._detected_at, at, pause_s) or self._pictures >= pictures

    def hurry(self) -> None:
        """Somebody was lost: do not wait."""
        self._detected_at = self._asked_at = None
        self._lost = _LOST


def _is_past(since: float | None, at: float, pause_s: float) -> bool:
    """Whether a pause is over; also when the clock went back."""
    return since is None or not 0 <= at - since < pause_s
