"""From the daemon's own terms to messages: events to the outbox, the current action to the link, with wall-clock times.

Inside, time is monotonic; a message gets the wall clock of the moment it is made, so that a clock that is set between
two messages falsifies neither durations nor order.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial

from core.messages import ActionEvent, CurrentAction
from device.events import EventDraft
from device.link.connection import Link
from device.outbox.store import Outbox
from device.settings import IdentitySettings


class Reporter:
    """See the module.

    Args:
        wall: the wall clock, seconds since 1970.
        clock: the monotonic clock that drafts speak of.
    """

    def __init__(
        self,
        identity: IdentitySettings,
        outbox: Outbox,
        link: Link,
        *,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._identity = identity
        self._outbox, self._link = outbox, link
        self._wall, self._clock = wall, clock
        self._said: tuple[str, float | None, str | None] | None = None

    def report(self, drafts: Iterable[EventDraft], model: str) -> None:
        """Store events to be delivered."""
        offset = self._wall() - self._clock()
        stored = False
        for draft in drafts:
            self._outbox.add_event(partial(self._event, draft, model, offset))
            stored = True
        if stored:
            self._link.wake()

    def say_current(self, action: str, confidence: float, since: float | None, camera: str | None = None) -> None:
        """Say what is being done, if that is new; `since` is None for background, `camera` where there is but one."""
        if self._said == (action, since, camera):
            return
        self._said = (action, since, camera)
        now = self._clock()
        at = _wall_time(now if since is None else since, self._wall() - now)
        identity = self._identity
        self._link.say(
            CurrentAction(
                site=identity.site,
                device=identity.name,
                camera=camera,
                action=action,
                confidence=_share(confidence),
                since=at,
            )
        )

    def _event(self, draft: EventDraft, model: str, offset: float, sequence: int) -> ActionEvent:
        return ActionEvent(
            id=draft.id,
            sequence=sequence,
            site=self._identity.site,
            device=self._identity.name,
            camera=draft.camera,
            zone=draft.zone,
            kind=draft.kind,
            action=draft.action,
            confidence=_share(draft.confidence),
            person=draft.track,
            started_at=_wall_time(draft.started_at, offset),
            ended_at=None if draft.ended_at is None else _wall_time(draft.ended_at, offset),
            ended_by=draft.ended_by,
            model=model,
        )


def _wall_time(moment: float, offset: float) -> datetime:
    return datetime.fromtimestamp(moment + offset, UTC)


def _share(value: float) -> float:
    """Within [0, 1], in a number of digits that says what it is worth."""
    return round(min(max(value, 0.0), 1.0), 4)
