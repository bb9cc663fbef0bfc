"""Movements that are in a data set twice: copies, mirror images, and windows that overlap.

Copies share their frames to the last digit, which a hash of every frame finds. Mirror images are compared at a few
moments, relative to the middle of the body, so that where the mirror stood does not matter.

    for twin in twins(recordings): print(twin.first, twin.second, twin.kind)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.skeleton import LAYOUTS, Array
from training.datasets.checks.finding import Finding, some
from training.datasets.checks.frames import found_frames, frozen_steps
from training.datasets.recording import Recording

Hashes = npt.NDArray[np.uint64]
Kind = Literal["copy", "overlap", "mirror"]

_MOMENTS = 8  # of a recording, evenly spread, at which mirror images are compared
_ALIKE = 0.005  # of the body's size: far below what two takes differ by, above what rounding does
_MOST_MIRRORED = 6000  # recordings; comparing all pairs of more takes minutes
_CHANGING = 3  # different frames; less is no movement to compare
_BLOCK = 512  # recordings compared at once: 25 MB


@dataclass(frozen=True)
class Twin:
    """Two recordings, by their indices, that show the same movement; `shared` frames of them for overlaps."""

    first: int
    second: int
    kind: Kind
    shared: int = 0


def twins(recordings: Sequence[Recording]) -> list[Twin]:
    """All pairs that show the same movement; of what overlaps with many, only neighbours."""
    hashes = [_hashes(one) for one in recordings]
    return [*_sharing(hashes), *_mirrored([one if len(hashes[i]) else None for i, one in enumerate(recordings)])]


def duplicates(recordings: Sequence[Recording], found: Sequence[Twin] | None = None) -> list[Finding]:
    """Copies and mirror images, which count twice, and overlapping windows stored as recordings of their own.

    `found` are the twins of these recordings, where they are known already.
    """
    found = twins(recordings) if found is None else found
    findings = []
    for kind, check, reason, remedy in _TEXTS:
        pairs = [twin for twin in found if twin.kind == kind and not _same_take(recordings, twin)]
        if pairs:
            where = some(f"{recordings[twin.first].name} = {recordings[twin.second].name}" for twin in pairs)
            findings.append(Finding("warn", check, f"{len(pairs)} pairs {reason}", where, remedy))
    return findings


_TEXTS: tuple[tuple[Kind, str, str, str], ...] = (
    ("copy", "duplicates", "of recordings hold the same frames", "delete one of each"),
    (
        "mirror",
        "mirrored_duplicates",
        "of recordings are each other's mirror images",
        "delete one of each; training mirrors by itself",
    ),
    (
        "overlap",
        "overlapping_windows",
        "of recordings share frames: they are overlapping windows of one take, and a split puts frames on both sides",
        "import the takes whole, or give windows of one take the same source",
    ),
)


def _same_take(recordings: Sequence[Recording], twin: Twin) -> bool:
    """Windows of one take may overlap when they say so: splits keep takes together."""
    return twin.kind == "overlap" and recordings[twin.first].source == recordings[twin.second].source


def _sharing(hashes: Sequence[Hashes]) -> list[Twin]:
    """Pairs with frames in common, found by sorting the hashes of all frames."""
    owner = np.repeat(np.arange(len(hashes)), [len(one) for one in hashes])
    every = np.concatenate(hashes) if hashes else np.zeros(0, np.uint64)
    order = np.lexsort((owner, every))
    same = every[order[1:]] == every[order[:-1]]
    pairs = np.stack([owner[order[:-1]][same], owner[order[1:]][same]], axis=1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    return [
        Twin(int(a), int(b), "copy" if count == len(hashes[a]) == len(hashes[b]) else "overlap", int(count))
        for (a, b), count in zip(found, counts, strict=True)
        if count >= min(_CHANGING, len(hashes[a]), len(hashes[b]))
    ]


def _hashes(recording: Recording) -> Hashes:
    """One number for each different frame with somebody in it; none if hardly any frame differs."""
    changing = np.r_[True, ~frozen_steps(recording)] if len(recording.times) else np.zeros(0, np.bool_)
    frames = recording.joints[changing & found_frames(recording)][..., :3]
    if len(frames) < (1 if recording.stills else _CHANGING):
        return np.zeros(0, np.uint64)
    bits = np.ascontiguousarray(frames + np.float32(0)).reshape(len(frames), -1).view(np.uint32).astype(np.uint64)
    odd = np.random.default_rng(0).integers(2**63, size=bits.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    return np.asarray(np.unique((bits * odd).sum(axis=1, dtype=np.uint64)), np.uint64)


def _mirrored(recordings: Sequence[Recording | None]) -> list[Twin]:
    """Pairs of which one is the other in a mirror: equally long, of one layout, alike at every moment compared."""
    films: dict[tuple[str, int], list[int]] = {}
    moments: dict[int, Array] = {}
    for index, one in enumerate(recordings[:_MOST_MIRRORED]):
        if one is not None and not one.stills:
            moments[index] = _moments(one)
            films.setdefault((one.layout, len(one.times)), []).append(index)
    found = []
    for (layout, _), group in films.items():
        plain = np.stack([moments[i] for i in group])
        mirrored = _mirror(plain, layout)
        for first, second in _alike(plain.reshape(len(group), -1), mirrored.reshape(len(group), -1)):
            found.append(Twin(group[first], group[second], "mirror"))
    return found


def _moments(recording: Recording) -> Array:
    """(8, V, 2) x and y at a few moments, from the body's middle and in units of its size; 0 for unseen joints."""
    frames = recording.joints[found_frames(recording)]
    chosen = frames[np.linspace(0, len(frames) - 1, _MOMENTS).round().astype(np.int64)]
    seen = (chosen[..., 3:] > 0).astype(np.float32)
    weight = np.maximum(seen.sum(), 1)
    middle = (chosen[..., :2] * seen).sum(axis=(0, 1)) / weight
    body = (chosen[..., :2] - middle) * seen
    return np.asarray(body / max(float(np.sqrt((body**2).sum() / weight)), 1e-6), np.float32)


def _mirror(moments: Array, layout: str) -> Array:
    mirrored = moments[..., list(LAYOUTS[layout].mirror), :].copy()
    mirrored[..., 0] *= -1
    return mirrored


def _alike(plain: Array, mirrored: Array) -> list[tuple[int, int]]:
    """Pairs (a, b), a < b, whose root mean square difference is below the limit."""
    limit = _ALIKE**2 * plain.shape[1]
    squares = (plain**2).sum(axis=1)
    pairs = []
    for begin in range(0, len(plain), _BLOCK):
        block = plain[begin : begin + _BLOCK]
        distance = (block**2).sum(axis=1)[:, None] + squares[None] - 2 * block @ mirrored.T
        for a, b in np.argwhere(distance < limit):
            if begin + a < b:
                pairs.append((begin + int(a), int(b)))
    return pairs
