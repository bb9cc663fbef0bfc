"""When to run the detector, which costs as much as following one person: rarely, and at once when it matters.

schedule = Schedule()
if schedule.is_due(at, empty=not people, seeking=views.seeking, detect_every=30, is_still=lambda: False): ...
"""

from collections.abc import Callable

_PAUSE_S = 0.2  # between detections while the room is empty, or after somebody was lost ...
_SEEKING_PAUSE_S = 1.0  # ... while not all has been looked at: 3 of 100 pictures, at 30 a second ...
_STILL_PAUSE_S = 1.5  # ... and in either case, where nothing moves
_STILL_PICTURES = 4  # so many times rarer is a search otherwise, while nothing moves
_HURRIED = 12  # searches for somebody who was lost, still or not: who comes out behind somebody moves only there
_ASKED_S = 0.09  # between two questions whether nothing moves: asked always, they cost 2 % of following somebody


class Schedule:
    """Counts pictures and seconds; called once for every picture in which there is room for one more person."""

    def __init__(self) -> None:
        self._detected_at: float | None = None
        self._pictures = 0  # since then
        self._hurried = 0  # searches that are left for somebody who was lost
        self._still_at: float | None = None  # nothing had moved

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
        pause_s = _PAUSE_S if empty or self._hurried else _SEEKING_PAUSE_S
        seeking = seeking or empty
        due = _is_past(self._still_at, at, _ASKED_S) and self._is_late(at, seeking, detect_every, pause_s)
        if due and not self._hurried and is_still():
            self._still_at = at
            due = self._is_late(at, seeking, detect_every * _STILL_PICTURES, _STILL_PAUSE_S)
        if due:
            self._pictures, self._detected_at, self._hurried = 0, at, max(0, self._hurried - 1)
        return due

    def _is_late(self, at: float, seeking: bool, pictures: int, pause_s: float) -> bool:  # noqa: FBT001 - is_due has the names
        return (seeking and _is_past(self._detected_at, at, pause_s)) or self._pictures >= pictures

    def hurry(self) -> None:
        """Somebody was lost: do not wait."""
        self._detected_at = self._still_at = None
        self._hurried = _HURRIED


def _is_past(since: float | None, at: float, pause_s: float) -> bool:
    """Whether a pause is over; also when the clock went back."""
    return since is None or not 0 <= at - since < pause_s
