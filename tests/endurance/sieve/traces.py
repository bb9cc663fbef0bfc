"""Whether a number that was said follows, in time, something that was seen. Pure, and with a false-alarm rate.

    found, limits = traces(said, seen)
    str(found[0])               # "status.fps follows x of right_wrist, 1.5 s later (rank correlation 0.71 ...)"

Everything said is held against everything seen at every delay up to `LATEST_S`, by Spearman's rank correlation: as it
is, and its change from message to message. The null hypothesis is that what was seen could have been seen at another
time just as well. So the same is done with what was seen moved in a circle by every multiple of `LATEST_S`, and what
counts is the largest correlation of all, in units of each number's own spread under those moves (Westfall & Young
1993, step-down left out): if nothing follows anything, then in at most `LEVEL` of such runs anything at all is found,
however many numbers were looked at and however slowly they change.

What follows from the test being honest: it needs 1 / `LEVEL` times `LATEST_S` of capture at least, and sees relations
down to about the correlations that it returns as limits, no weaker ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Numbers = npt.NDArray[np.float64]

LEVEL = 0.05  # the most runs without a trace in which any is found
STEP_S = 0.25
LATEST_S = 6.0  # from seeing to saying; a window of 2 s, its decision and a status within
_FEWEST = 20  # moments in which a number is not what it is most of the time


@dataclass(frozen=True)
class Course:
    """One number over time: when it was said, seconds in ascending order, and what it was."""

    times: Numbers
    values: Numbers


@dataclass(frozen=True)
class Seen:
    """What could be followed: (N, S) numbers every `STEP_S` from `begins_at`; NaN where nothing was seen."""

    begins_at: float
    names: Sequence[str]
    values: Numbers


@dataclass(frozen=True)
class Trace:
    """A number that follows what was seen."""

    said: str
    seen: str
    delay_s: float
    correlation: float
    chance: float

    def __str__(self) -> str:
        """For a person."""
        return (
            f"{self.said} follows {self.seen}, {self.delay_s:g} s later "
            f"(rank correlation {self.correlation:.2f}, by chance in {self.chance:.3f} of runs)"
        )


@dataclass(frozen=True)
class _Moves:
    """Of one number: the largest correlation at each move, and where the largest at no move is."""

    largest: Numbers
    seen: int
    delay: int


def traces(said: Mapping[str, Course], seen: Seen) -> tuple[list[Trace], dict[str, float]]:
    """What follows something, and for each number the least correlation that would have been found.

    A number that is not what it mostly is in fewer than 20 moments cannot be judged and has no limit.

    Raises:
        ValueError: the capture is too short for the level.
    """
    width = round(LATEST_S / STEP_S)
    moves = len(seen.values) // width
    if moves * LEVEL < 1:
        raise ValueError(f"{len(seen.values) * STEP_S:.0f} s are too short: {LATEST_S / LEVEL:.0f} are needed")
    ranks = _ranked(seen.values[: moves * width])
    every = {
        name: _correlate(cells, ranks, width)
        for course_name, course in said.items()
        for name, cells in _variants(course_name, course, seen.begins_at, moves * width)
    }
    if not every:
        return [], {}
    spread = {name: (one.largest.mean(), one.largest.std() or 1.0) for name, one in every.items()}
    scores = {name: (one.largest - spread[name][0]) / spread[name][1] for name, one in every.items()}
    highest = np.max(list(scores.values()), axis=0)
    found = []
    for name, one in every.items():
        chance = float((highest >= scores[name][0]).mean())
        if chance <= LEVEL:
            found.append(Trace(name, seen.names[one.seen], one.delay * STEP_S, float(one.largest[0]), chance))
    needed = float(np.sort(highest[1:])[-max(int(LEVEL * moves), 1)])
    return found, {name: float(mean + needed * deviation) for name, (mean, deviation) in spread.items()}


def _variants(name: str, course: Course, begins_at: float, cells: int) -> Iterator[tuple[str, Numbers]]:
    """The number in cells of `STEP_S`, and its changes; those that can be judged."""
    for what, times, values in (
        (name, course.times, course.values),
        (f"the change of {name}", course.times[1:], np.diff(course.values)),
    ):
        filled = _in_cells(times - begins_at, values, cells)
        _, often = np.unique(filled[np.isfinite(filled)], return_counts=True)
        if often.sum() - often.max(initial=0) >= _FEWEST:
            yield what, filled


def _in_cells(times: Numbers, values: Numbers, cells: int) -> Numbers:
    place = np.floor(times / STEP_S).astype(int)
    inside = (place >= 0) & (place < cells) & np.isfinite(values)
    sums = np.bincount(place[inside], values[inside], cells)
    counts = np.bincount(place[inside], minlength=cells)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _ranked(values: Numbers) -> Numbers:
    """Ranks by column, with mean 0; 0 where there is none."""
    ranks = rankdata(values, axis=0, nan_policy="omit")
    centred: Numbers = np.nan_to_num(ranks - np.nanmean(ranks, axis=0))
    return centred


def _correlate(said: Numbers, seen: Numbers, width: int) -> _Moves:
    """All rank correlations at every delay, by Fourier transform, and the largest of every `width` delays."""
    there = np.isfinite(said)
    y = _ranked(said[:, None])[:, 0]

    def at_every_delay(weights: Numbers, of: Numbers) -> Numbers:
        spectrum = np.fft.rfft(weights)[:, None] * np.conj(np.fft.rfft(of, axis=0))
        return np.fft.irfft(spectrum, len(weights), axis=0)

    mask = there.astype(float)
    varied = at_every_delay(mask, seen**2) - at_every_delay(mask, seen) ** 2 / there.sum()
    scale = np.sqrt(np.maximum(varied, 1e-9 * len(y) ** 2) * np.square(y).sum())
    strength = np.abs(at_every_delay(y, seen) / scale)
    delay, which = np.unravel_index(strength[:width].argmax(), (width, seen.shape[1]))
    return _Moves(strength.max(axis=1).reshape(-1, width).max(axis=1), int(which), int(delay))
