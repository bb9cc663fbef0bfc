"""What a device says of its own work may change once in a while only, and only in coarse steps.

Numbers that change once a minute are out of the reach of `traces`: ten minutes hold ten of them. But they cannot follow
a movement either, if they are what they are said to be, and that is looked at here.

    figures(subscriber.messages, interval_s=60.0)           # every status that breaks the promise, for a person
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise

from core.messages import Status, decode
from tests.broker import Received

FIGURES = ("frames", "fps", "latency", "queue")
_LATE_S = 2.0  # a status comes late once, and the next one in time
_DIGITS = 2


def figures(messages: Iterable[Received], *, interval_s: float) -> list[str]:
    """Every change of a device's figures that comes too soon after the one before, and every number that is too fine.

    The first that a status says are no change.
    """
    by_device: dict[str, list[Status]] = defaultdict(list)
    for message in sorted(messages, key=lambda one: one.at):
        with suppress(ValueError):
            status = decode(message.payload, Status)
            by_device[f"{status.site}/{status.device}"].append(status)
    return [
        f"{device}: {finding}"
        for device, statuses in by_device.items()
        for finding in [*_too_soon(statuses, interval_s - _LATE_S), *_too_fine(statuses)]
    ]


def _too_soon(statuses: list[Status], least_s: float) -> Iterator[str]:
    for name in FIGURES:
        said = [(one.at, value) for one in statuses if (value := getattr(one, name)) is not None]
        changes = [now for (_, before), now in pairwise(said) if now[1] != before]
        for (earlier, _), (at, value) in pairwise(changes):
            if (passed := (at - earlier).total_seconds()) < least_s:
                yield f"status.{name} changed to {value} {passed:.1f} s after it had changed"


def _too_fine(statuses: list[Status]) -> Iterator[str]:
    for status in statuses:
        times = [value for one in (status.latency or {}).values() for value in (one.p50_ms, one.p95_ms, one.p99_ms)]
        for value in [*times, status.fps or 0.0]:
            if value != float(f"{value:.{_DIGITS}g}"):
                yield f"a status has {value}, more than {_DIGITS} digits"
