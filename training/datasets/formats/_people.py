"""Who is who in sources that list a frame's people in no order, and which of them are kept.

A person is linked to the nearest one of the frames before, measured in body sizes; nearest pairs first.

    people = keep_people(link(frames, where="clip.json"), 2)        # frames: one list of (V, 3) x, y, score a frame
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from training.datasets.formats._base import is_sensible

Points = npt.NDArray[Any]
Track = dict[int, Points]  # frame -> a person's joints

_GATE = 0.5  # body sizes that a person may move between two frames
_MOST_PEOPLE = 200
_PATIENCE = 15  # frames without a person after which a new one is somebody else


def link(frames: Sequence[Sequence[Points]], where: str) -> list[Track]:
    """Follow people through frames of unordered (V, 3) x, y, score arrays.

    Raises:
        InputError: there are more people in a frame than a picture can show, or one is nowhere.
    """
    tracks: list[Track] = []
    near: list[Track] = []  # those seen a moment ago
    for number, people in enumerate(frames):
        if len(people) > _MOST_PEOPLE:
            raise InputError(f"{where}: frame {number} has {len(people)} people, more than {_MOST_PEOPLE}")
        if not all(is_sensible(person) for person in people):
            raise InputError(f"{where}: frame {number}: a coordinate is no sensible number")
        near = [track for track in near if number - next(reversed(track)) <= _PATIENCE]
        pairs = sorted(
            (_distance(track[next(reversed(track))], person), one, other)
            for one, track in enumerate(near)
            for other, person in enumerate(people)
        )
        used: set[int] = set()
        for distance, one, other in pairs:
            if distance <= _GATE and number not in near[one] and other not in used:
                near[one][number] = people[other]
                used.add(other)
        new: list[Track] = [{number: person} for other, person in enumerate(people) if other not in used]
        tracks += new
        near += new
    return tracks


def _distance(one: Points, other: Points) -> float:
    """Mean distance of the joints seen in both, in sizes of the first person; infinite when none is."""
    both = (one[:, 2] > 0) & (other[:, 2] > 0)
    if not both.any():
        return float("inf")
    seen = one[one[:, 2] > 0, :2]
    size = float(np.linalg.norm(seen.max(axis=0) - seen.min(axis=0)))
    moved = float(np.linalg.norm(one[both, :2] - other[both, :2], axis=1).mean())
    return moved / max(size, 1e-6)


def keep_people(tracks: Sequence[Track], people: int) -> list[Track]:
    """At most so many people, those with the largest sum of scores; pieces that never overlap in time are joined."""
    order = sorted(tracks, key=lambda track: -sum(float(person[..., -1].sum()) for person in track.values()))
    return join_pieces(order, people)


def join_pieces(tracks: Sequence[Track], people: int) -> list[Track]:
    """Tracks, the most important first, in so many places: each goes where nobody is at its time."""
    places: list[Track] = []
    for track in tracks:
        free = next((place for place in places if not place.keys() & track.keys()), None)
        if free is not None:
            free.update(track)
        elif len(places) < people:
            places.append(dict(track))
    return places


def spread(track: Track, frames: int, joints: int) -> Points:
    """A track as (N, V, C), zero where the person is not there."""
    values = next(iter(track.values())).shape[-1]
    result = np.zeros((frames, joints, values))
    for number, person in track.items():
        result[number] = person
    return result
