"""Who is learnt from, who chooses, who judges: splits that keep people and takes apart, and say so when they do not.

- A split is made over units: recordings, or windows of them. It is pure: the same units and seed give the same split.
- `Split.optimistic` says why a figure from the split flatters; it is found by looking at both sides, whatever the split
  calls itself, and `str(split)` carries it into everything that prints a split's name.
- Validation comes out of the training side only, as whole people. The test side never chooses anything.

    everyone = units(recordings)
    split = with_validation(by_subject(everyone, seed=1), everyone, seed=1)
    train = split.pick(recordings, "train")
    str(random_split(everyone))         # 'at random (optimistic: the same people and takes are on both sides)'
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np

from core.errors import InputError
from training.datasets.recording import Recording

Part = Literal["train", "validation", "test"]
Group = Literal["subject", "recording"]
Item = TypeVar("Item")

_FEWEST = 2  # groups, to have one on either side


@dataclass(frozen=True)
class Unit:
    """What goes to one side as a whole.

    Attributes:
        source: the take that it was cut from.
        started_at: seconds since the take's clock began.
        parts: the published parts that it belongs to.
    """

    source: str
    subject: str
    label: str
    started_at: float
    ended_at: float
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Split:
    """Indices of units, each on one side at most.

    Attributes:
        optimistic: why figures from this split flatter; empty when both sides have neither people nor takes in common.
        drawn: the split was drawn at random over units; what leaks is then expected, and labelled.
    """

    name: str
    train: tuple[int, ...]
    test: tuple[int, ...]
    validation: tuple[int, ...] = ()
    optimistic: str = ""
    drawn: bool = False

    def __str__(self) -> str:
        return f"{self.name} (optimistic: {self.optimistic})" if self.optimistic else self.name

    def pick(self, items: Sequence[Item], part: Part) -> list[Item]:
        """The items of one side; `items` are in the order of the units."""
        indices: tuple[int, ...] = getattr(self, part)
        return [items[index] for index in indices]


def units(recordings: Sequence[Recording]) -> list[Unit]:
    """Every recording as one unit, labelled by what it shows most."""
    return [
        Unit(
            source=one.source,
            subject=one.subject,
            label=main_label(one),
            started_at=float(one.times[0]) if len(one.times) else 0.0,
            ended_at=float(one.times[-1]) if len(one.times) else 0.0,
            parts=one.splits,
        )
        for one in recordings
    ]


def main_label(recording: Recording) -> str:
    """The class of most frames; of the background only if there is nothing else."""
    counts = np.bincount(recording.labels, minlength=len(recording.classes)).astype(np.float64)
    counts[0] *= 1e-6  # the first class is the background: it loses against anything
    return recording.classes[int(counts.argmax())]


def windows_of(whole: Sequence[Unit], *, length_s: float, stride_s: float) -> list[Unit]:
    """The units that sliding windows are: each knows its take, its person and its stretch of time."""
    cut = []
    for unit in whole:
        starts = np.arange(unit.started_at, unit.ended_at - length_s + stride_s / 1e3, stride_s)
        cut += [replace(unit, started_at=float(start), ended_at=float(start) + length_s) for start in starts]
    return cut


def by_subject(everyone: Sequence[Unit], *, test: Collection[str] = (), share: float = 0.25, seed: int = 0) -> Split:
    """Named people, or a drawn share of them, are tested; nobody is on both sides.

    Raises:
        InputError: a named person is not there, or one side would be empty.
    """
    return _by(everyone, "subject", test, share, seed)


def by_recording(everyone: Sequence[Unit], *, test: Collection[str] = (), share: float = 0.25, seed: int = 0) -> Split:
    """Whole takes are kept apart; people may be on both sides, and then the split says so.

    Raises:
        InputError: a named take is not there, or one side would be empty.
    """
    return _by(everyone, "recording", test, share, seed)


def as_published(everyone: Sequence[Unit], name: str = "") -> Split:
    """The split that came with the data, such as `xsub`, of the parts `xsub_train` and `xsub_val`.

    A part `…test` is tested; a part `…val` is tested when there is no such part, and else validates.

    Raises:
        InputError: no such split was published.
    """
    known = {part for unit in everyone for part in unit.parts}
    trains = {part.replace("train", "").strip("_"): part for part in known if "train" in part}
    train = trains.get(name, "")
    held_out = [train.replace("train", other) for other in ("test", "val", "validation")]
    held_out = [part for part in held_out if train and part in known]
    if not held_out:
        offered = ", ".join(sorted(name or "the unnamed one" for name in trains)) or "none"
        raise InputError(f"no split {name!r} was published with this data; there is: {offered}")
    test, *choosing = ([i for i, unit in enumerate(everyone) if part in unit.parts] for part in held_out)
    inside = [i for i, unit in enumerate(everyone) if train in unit.parts]
    split = judge(Split(f"as published{name and ': '}{name}", tuple(inside), tuple(test)), everyone)
    return replace(split, validation=tuple(choosing[0])) if choosing else split


def leave_one_subject_out(everyone: Sequence[Unit]) -> list[Split]:
    """As many splits as there are people; each is tested once.

    Raises:
        InputError: there is only one person.
    """
    return [
        replace(by_subject(everyone, test=[subject]), name=f"without {subject}")
        for subject in sorted({unit.subject for unit in everyone})
    ]


def k_folds(everyone: Sequence[Unit], k: int, *, by: Group = "subject", seed: int = 0) -> list[Split]:
    """`k` splits; every person (or take) is tested in exactly one of them.

    Raises:
        InputError: there are fewer people (or takes) than folds.
    """
    groups = _groups(everyone, by)
    if not _FEWEST <= k <= len(groups):
        raise InputError(f"{k} folds cannot be made of {len(groups)} {by}s; take from {_FEWEST} to {len(groups)}")
    shuffled = [groups[i] for i in np.random.default_rng(seed).permutation(len(groups))]
    return [
        replace(_by(everyone, by, shuffled[fold::k], 0, 0), name=f"fold {fold + 1} of {k} by {by}") for fold in range(k)
    ]


def random_split(everyone: Sequence[Unit], *, share: float = 0.25, seed: int = 0) -> Split:
    """Units are drawn one by one. Always optimistic: it is here to be shown beside an honest split.

    Raises:
        InputError: one side would be empty.
    """
    count = _count(len(everyone), share, "unit")
    order = np.random.default_rng(seed).permutation(len(everyone)).tolist()
    split = Split("at random", tuple(sorted(order[count:])), tuple(sorted(order[:count])), drawn=True)
    return judge(split, everyone)


def with_validation(split: Split, everyone: Sequence[Unit], *, share: float = 0.25, seed: int = 0) -> Split:
    """Move whole people from training to validation; whole takes when only one person trains.

    Raises:
        InputError: the training side is a single take.
    """
    inside = [everyone[i] for i in split.train]
    by: Group = "subject" if len(_groups(inside, "subject")) >= _FEWEST else "recording"
    nested = _by(inside, by, (), share, seed)
    train, chosen = (tuple(split.train[i] for i in part) for part in (nested.train, nested.test))
    return replace(split, train=train, validation=chosen)


def judge(split: Split, everyone: Sequence[Unit]) -> Split:
    """The same split, with `optimistic` as its two sides deserve."""

    def shared(of: Callable[[Unit], str]) -> bool:
        return bool({of(everyone[i]) for i in split.train} & {of(everyone[i]) for i in split.test})

    both = [word for word, of in (("people", _subject), ("takes", _source)) if shared(of)]
    if both:
        return replace(split, optimistic=f"the same {' and '.join(both)} are on both sides")
    return replace(split, optimistic="drawn without regard to people" if split.drawn else "")


def _by(everyone: Sequence[Unit], by: Group, test: Collection[str], share: float, seed: int) -> Split:
    groups = _groups(everyone, by)
    if missing := set(test) - set(groups):
        raise InputError(f"{by} {', '.join(sorted(missing))} is not in the data, which has {_some(groups)}")
    count = _count(len(groups), share, by) if not test else 0
    drawn = np.random.default_rng(seed).permutation(len(groups))[:count]
    chosen = set(test) or {groups[i] for i in drawn}
    of = _subject if by == "subject" else _source
    tested = tuple(i for i, unit in enumerate(everyone) if of(unit) in chosen)
    rest = tuple(i for i, unit in enumerate(everyone) if of(unit) not in chosen)
    if not tested or not rest:
        raise InputError(f"one side of a split by {by} would be empty; there is only {_some(groups)}")
    return judge(Split(f"by {by}", rest, tested), everyone)


def _count(groups: int, share: float, what: str) -> int:
    """How many of the groups make a share of them, leaving at least one on either side."""
    if groups < _FEWEST:
        raise InputError(f"a split needs at least two {what}s, one for either side; there is {groups}")
    if not 0 < share < 1:
        raise ValueError(f"a share of {share} leaves one side empty")
    return min(max(1, math.floor(groups * share + 0.5)), groups - 1)


def _groups(everyone: Sequence[Unit], by: Group) -> list[str]:
    of = _subject if by == "subject" else _source
    return sorted({of(unit) for unit in everyone})


def _subject(unit: Unit) -> str:
    return unit.subject


def _source(unit: Unit) -> str:
    return unit.source


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")  # noqa: PLR2004 - a line's worth
