"""Keypoints in a picture, one file or entry a frame: what OpenPose and AlphaPose have in common.

A take is a run of numbered frames; gaps in the numbers are gaps in time. The first folder below the source names the
action, unless `--label` does. Coordinates are pixels, shares of the picture, or between -1 and 1, found out from the
values of the whole take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.skeleton import LAYOUTS
from training.datasets.formats._base import MAX_FRAMES, Options, action_labels, assemble
from training.datasets.formats._landmarks import to_heights
from training.datasets.formats._people import Points, Track, keep_people, spread
from training.datasets.recording import Recording

_FPS = 30.0
_CENTRED = 1.05  # with a negative coordinate and none above this one, they lie between -1 and 1


@dataclass(frozen=True)
class Take:
    """A run of frames: their numbers, growing, and who is in them (tracks are by place in `numbers`)."""

    name: str
    action: str
    layout: str
    numbers: Sequence[int]


def action_of(source: Path, file: Path, options: Options) -> str:
    """What is done in a file below the source.

    Raises:
        InputError: neither a folder nor `--label` says.
    """
    folders = file.relative_to(source).parts[:-1] if source.is_dir() else ()
    if not options.label and not folders:
        raise InputError(f"{file}: nothing names its action; put each action in a folder of its own, or use --label")
    return options.label or folders[0]


def check_numbers(numbers: Sequence[int], where: str) -> None:
    """Frame numbers must grow.

    Raises:
        InputError: two are the same, or they span more than MAX_FRAMES.
    """
    repeated = next((one for one, other in pairwise(numbers) if one == other), None)
    if repeated is not None:
        raise InputError(f"{where}: frame {repeated} is there twice; remove one")
    if numbers and numbers[-1] - numbers[0] > MAX_FRAMES:
        raise InputError(f"{where}: frames {numbers[0]} to {numbers[-1]} are too far apart to be one take")


def recordings_of(take: Take, tracks: Sequence[Track], options: Options, where: str) -> list[Recording]:
    """One recording of each person kept."""
    frames, joints = len(take.numbers), LAYOUTS[take.layout].size
    kept = keep_people(tracks, options.people)
    if not kept:
        return []
    values = np.stack([spread(track, frames, joints) for track in kept])
    position, unit = _to_heights(values, options.size)
    labels, classes = action_labels(take.action, frames)
    times = (np.array(take.numbers, np.float64) - take.numbers[0]) / (options.fps or _FPS)
    return [
        Recording(
            name=f"{take.name}_{number}",
            subject=(options.subject or take.name) + (f"+{number}" if number else ""),
            times=times,
            joints=assemble(position[number], values[number, ..., 2], layout=take.layout, where=where),
            labels=labels,
            classes=classes,
            layout=take.layout,
            source=take.name,
            unit=unit,
            has_depth=False,
        )
        for number in range(len(kept))
    ]


def _to_heights(values: Points, size: tuple[int, int] | None) -> tuple[Points, str]:
    seen = values[values[..., 2] > 0][:, :2]
    if seen.size and seen.min() < -0.01 and np.abs(seen).max() <= _CENTRED:  # noqa: PLR2004 - a hair outside is none
        return to_heights((values[..., :2] + 1) / 2, size)
    place = np.where(values[..., 2:] > 0, values[..., :2], 0)
    return to_heights(place, size)
