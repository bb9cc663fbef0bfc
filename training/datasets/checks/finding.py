"""What a data check has to say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["refuse", "warn", "note"]

_SHOWN = 4  # names in a sentence; more would hide it


@dataclass(frozen=True)
class Finding:
    """One fact about a data set that whoever trains on it should know.

    Attributes:
        severity: `refuse`: a model of this is worthless; `warn`: a figure from it may deceive; `note`: good to know.
        check: the name of the check; `--accept` takes it.
        reason: what was found, with figures.
        where: recordings, classes or joints that it was found in.
        remedy: what to do about it.
    """

    severity: Severity
    check: str
    reason: str
    where: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.check}: {self.reason} ({self.where}); {self.remedy}"


def some(names: Iterable[str]) -> str:
    """A few of many names."""
    listed: Sequence[str] = sorted(set(names))
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def share(value: float) -> str:
    """A share in per cent, not rounded up to all or down to nothing."""
    return f"{value:.0%}" if value in {0, 1} or 0.01 <= value <= 0.99 else f"{value:.1%}"  # noqa: PLR2004 - a whole per cent
