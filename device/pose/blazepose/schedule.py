"""When to run the detector, which costs as much as following one person: rarely, and at once when it matters.

schedule = Schedule()
if schedule.is_due(at, seeking=not people, detect_every=30): ...
"""

_PAUSE_S = 0.2  # between detections while somebody is sought, or the room is empty


class Schedule:
    """Counts pictures and seconds; called once for every picture in which there is room for one more person."""

    def __init__(self) -> None:
        self._detected_at: float | None = None
        self._pictures = 0  # since then

    def is_due(self, at: float, *, seeking: bool, detect_every: int) -> bool:
        """Whether to look for people in the picture of time `at`, seconds.

        Args:
            at: when the picture was taken.
            seeking: nobody is followed, or not all has been looked at since that changed.
            detect_every: pictures between detections otherwise.
        """
        self._pictures += 1
        # Also when the clock went back.
        paused = self._detected_at is None or not 0 <= at - self._detected_at < _PAUSE_S
        due = (seeking and paused) or self._pictures >= detect_every
        if due:
            self._pictures, self._detected_at = 0, at
        return due

    def hurry(self) -> None:
        """Somebody was lost: do not wait."""
        self._detected_at = None
