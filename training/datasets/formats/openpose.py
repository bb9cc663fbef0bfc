"""OpenPose's `--write_json` folders: a file `<video>_<12 digits>_keypoints.json` a frame, with everybody in it.

BODY_25 and COCO are told apart by the number of values; older versions' field name is known too. People come in no
order, so they are told apart anew. A missing joint is 0, 0, 0.

    posefleet data import openpose_out --out data/gym --fps 25 --size 1280x720     # openpose_out/squat/anna_00...json
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import msgspec
import numpy as np

from core.errors import InputError
from core.skeleton import BODY25, LAYOUTS, OP18
from training.datasets.formats._base import Format, Options, Reading, files_of, read_json
from training.datasets.formats._people import Points, link
from training.datasets.formats._pictures import Take, action_of, check_numbers, recordings_of
from training.datasets.recording import Recording

_NAME = re.compile(r"(.*?)_?(\d{1,15})_keypoints")
_LAYOUTS: Mapping[int, str] = {3 * layout.size: layout.name for layout in (BODY25, OP18)}


class _Person(msgspec.Struct, frozen=True):
    pose_keypoints_2d: list[float] = []
    pose_keypoints: list[float] = []  # what it was called before version 1.0


class _Frame(msgspec.Struct, frozen=True):
    people: list[_Person]


def recognises(source: Path) -> bool:
    """Whether it is a folder with a file of such a name."""
    return source.is_dir() and next(source.rglob("*_keypoints.json"), None) is not None


def read(source: Path, options: Options) -> Reading:
    """Every video is a unit; each of its people is a recording."""
    files = files_of(source, "*_keypoints.json") if source.is_dir() else [source]
    if not files:
        raise InputError(f"{source}: no files named <video>_<frame number>_keypoints.json here or below")
    videos = [list(group) for _, group in groupby(sorted(files, key=_order), key=lambda file: _order(file)[:2])]
    return Reading(len(videos), (_read_video(source, video, options) for video in videos))


def _order(file: Path) -> tuple[Path, str, int]:
    """Folder, video and frame number of a file."""
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise InputError(f"{file}: is not named <video>_<frame number>_keypoints.json")
    return file.parent, match[1], int(match[2])


def _read_video(source: Path, files: Sequence[Path], options: Options) -> list[Recording]:
    folder, video, _ = _order(files[0])
    numbers = [_order(file)[2] for file in files]
    check_numbers(numbers, str(folder / video))
    layout, frames = "", []
    for file in files:
        people = list(_people(file))
        sizes = {person.shape[0] for person in people} | ({LAYOUTS[layout].size} if layout else set())
        if len(sizes) > 1:
            raise InputError(f"{file}: people of {sorted(sizes)} joints in one video; they must be of one model")
        layout = layout or (_LAYOUTS[3 * sizes.pop()] if sizes else "")
        frames.append(people)
    take = Take(video or folder.name, action_of(source, files[0], options), layout or BODY25.name, numbers)
    return recordings_of(take, link(frames, str(folder / video)), options, str(folder / video))


def _people(file: Path) -> Iterator[Points]:
    for number, person in enumerate(read_json(file, _Frame).people):
        values = person.pose_keypoints_2d or person.pose_keypoints
        if not values:
            continue  # a face or a hand on its own
        if len(values) not in _LAYOUTS:
            known = " or ".join(f"{size} ({name})" for size, name in _LAYOUTS.items())
            raise InputError(f"{file}: people[{number}] has {len(values)} values; {known} are known")
        points = np.reshape(values, (-1, 3))
        if points[:, 2].any():
            yield points


FORMAT = Format("openpose", "OpenPose --write_json folders, a JSON file a frame", recognises, read)
