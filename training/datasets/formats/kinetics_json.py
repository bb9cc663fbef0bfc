"""Kinetics-skeleton: one JSON file a clip, eighteen OpenPose joints of everybody in it.

Coordinates are shares of a 340 x 256 picture. A frame lists its people in no order, so they are told apart anew.
Clips in a folder whose name ends in `train`, `val` or `test` are that published part. Nobody says who is in a clip:
everybody is somebody else.

    posefleet data import kinetics-skeleton/kinetics_val --out data/kinetics
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from core.errors import InputError
from core.skeleton import OP18
from training.datasets.formats._base import (
    Format,
    Options,
    Reading,
    action_labels,
    assemble,
    files_of,
    frame_times,
    head_of,
    read_json,
)
from training.datasets.formats._people import Points, keep_people, link, spread
from training.datasets.recording import Recording

_FPS = 30.0
_ASPECT = 340 / 256
_MOST_FRAMES = 100_000  # a clip has 300
_PARTS = ("train", "val", "test")


class _Skeleton(msgspec.Struct, frozen=True):
    pose: list[float]
    score: list[float]


class _Frame(msgspec.Struct, frozen=True):
    frame_index: int
    skeleton: list[_Skeleton]


class _Clip(msgspec.Struct, frozen=True):
    data: list[_Frame]
    label: str = ""
    label_index: int = -1


def recognises(source: Path) -> bool:
    """Whether it is such a clip or a folder with one."""
    file = next(_clips(source), None)
    head = "" if file is None else head_of(file)
    return '"data"' in head and ('"frame_index"' in head or '"label_index"' in head)


def _clips(source: Path) -> Iterator[Path]:
    files = iter([source]) if source.is_file() and source.suffix == ".json" else source.rglob("*.json")
    return (file for file in files if not file.stem.endswith("_label"))  # a list of what is in the clips themselves


def read(source: Path, options: Options) -> Reading:
    """Every clip is a unit; each of its people is a recording."""
    found = files_of(source, "*.json") if source.is_dir() else [source]
    files = [file for file in found if not file.stem.endswith("_label")]
    if not files:
        raise InputError(f"{source}: no clips (*.json) here or below")
    return Reading(len(files), (_read_clip(file, options) for file in files))


def _read_clip(file: Path, options: Options) -> list[Recording]:
    clip = read_json(file, _Clip)
    action = options.label or clip.label
    if not action and clip.label_index < 0:
        raise InputError(f"{file}: has no label; name its action with --label")
    frames = _frames(clip, file)
    labels, classes = action_labels(action or options.class_name(clip.label_index), len(frames))
    part = next((part for part in _PARTS if file.parent.name.endswith(part)), "")
    recordings = []
    for number, track in enumerate(keep_people(link(frames, str(file)), options.people)):
        values = spread(track, len(frames), OP18.size)
        place = values[..., :2] * np.array([_ASPECT, 1.0])
        recordings.append(
            Recording(
                name=f"{file.stem}_{number}",
                subject=f"{file.stem}_{number}",
                times=frame_times(len(frames), options.fps or _FPS),
                joints=assemble(place, values[..., 2], layout=OP18.name, where=str(file)),
                labels=labels,
                classes=classes,
                layout=OP18.name,
                source=file.stem,
                splits=(part,) if part else (),
                has_depth=False,
            )
        )
    return recordings


def _frames(clip: _Clip, file: Path) -> list[list[Points]]:
    """People of every frame number from the first to the last, each (18, 3): x, y, score."""
    if not clip.data:
        return []
    numbers = [frame.frame_index for frame in clip.data]
    first, last = min(numbers), max(numbers)
    if first < 0 or last - first >= _MOST_FRAMES or len(set(numbers)) != len(numbers):
        raise InputError(f"{file}: frame_index goes from {first} to {last} or repeats; each frame has its own, from 0")
    frames: list[list[Points]] = [[] for _ in range(last - first + 1)]
    for place, frame in enumerate(clip.data):
        for person, one in enumerate(frame.skeleton):
            if len(one.pose) != 2 * OP18.size or len(one.score) != OP18.size:
                has = f"{len(one.pose)} coordinates and {len(one.score)} scores"
                needs = f"{2 * OP18.size} and {OP18.size} are needed"
                raise InputError(f"{file}: data[{place}].skeleton[{person}] has {has}; {needs}")
            points = np.column_stack([np.reshape(one.pose, (-1, 2)), one.score])
            if points[:, 2].any():
                frames[frame.frame_index - first].append(points)
    return frames


FORMAT = Format("kinetics-json", "Kinetics-skeleton, a JSON file a clip", recognises, read)
