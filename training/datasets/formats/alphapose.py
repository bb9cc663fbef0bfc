"""AlphaPose's results: one JSON list a video, an entry for each person in each frame, seventeen COCO joints.

`image_id` ends in the frame's number. Where every entry has a track `idx`, it says who is who; otherwise people are
told apart anew. AlphaPose's scores reach beyond 1 and are cut there.

    posefleet data import results --out data/gym --fps 25 --size 1280x720           # results/squat/anna.json
"""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import msgspec
import numpy as np

from core.errors import InputError
from core.skeleton import COCO17
from training.datasets.formats._base import Format, Options, Reading, files_of, head_of, read_json
from training.datasets.formats._people import Points, Track, link
from training.datasets.formats._pictures import Take, action_of, check_numbers, recordings_of
from training.datasets.recording import Recording

_NUMBER = re.compile(r"(\d{1,15})(?:\.\w+)?")


class _Entry(msgspec.Struct, frozen=True):
    image_id: str | int
    keypoints: list[float]
    idx: int | list[int] | None = None


def recognises(source: Path) -> bool:
    """Whether it is such a list or a folder with one."""
    file = source if source.is_file() else next(source.rglob("*.json"), None)
    return file is not None and file.suffix == ".json" and '"image_id"' in head_of(file)


def read(source: Path, options: Options) -> Reading:
    """Every file is a unit; each of its people is a recording."""
    files = files_of(source, "*.json") if source.is_dir() else [source]
    if not files:
        raise InputError(f"{source}: no results (*.json) here or below")
    return Reading(len(files), (_read_file(source, file, options) for file in files))


def _read_file(source: Path, file: Path, options: Options) -> list[Recording]:
    entries = read_json(file, list[_Entry])
    for number, entry in enumerate(entries):
        if len(entry.keypoints) != 3 * COCO17.size:
            raise InputError(f"{file}: [{number}].keypoints has {len(entry.keypoints)} values; 17 joints have 51")
    action = action_of(source, file, options)
    by_number = sorted(((_frame_number(entry, file), entry) for entry in entries), key=lambda pair: pair[0])
    frames = [(number, [entry for _, entry in group]) for number, group in groupby(by_number, key=lambda pair: pair[0])]
    take = Take(file.stem, action, COCO17.name, [number for number, _ in frames])
    check_numbers(take.numbers, str(file))
    return recordings_of(take, _tracks([people for _, people in frames], file), options, str(file))


def _frame_number(entry: _Entry, file: Path) -> int:
    match = re.search(_NUMBER.pattern + "$", str(entry.image_id))
    if match is None:
        raise InputError(f"{file}: image_id {str(entry.image_id)[:60]!r} does not end in a frame number")
    return int(match[1])


def _tracks(frames: Sequence[Sequence[_Entry]], file: Path) -> list[Track]:
    if not all(isinstance(entry.idx, int) for people in frames for entry in people):
        return link([[_points(entry) for entry in people] for people in frames], str(file))
    tracks: dict[object, Track] = {}
    for number, people in enumerate(frames):
        for entry in people:
            track = tracks.setdefault(entry.idx, {})
            if number in track:
                raise InputError(f"{file}: person {entry.idx} is twice in image {entry.image_id}")
            track[number] = _points(entry)
    return list(tracks.values())


def _points(entry: _Entry) -> Points:
    points = np.reshape(entry.keypoints, (-1, 3))
    points[:, 2] = np.clip(points[:, 2], 0, 1)
    return points


FORMAT = Format("alphapose", "AlphaPose's result lists, a JSON file a video", recognises, read)
