"""Posefleet's own JSON for what other formats have no room for: joints, a label and boxes of objects in every frame.

    {"layout": "coco17", "fps": 30, "size": [640, 480], "subject": "anna", "objects": ["cup", "phone"],
     "frames": [{"label": "drink",
                 "joints": [[312.0, 96.5, 0.98], ...],
                 "boxes": [{"name": "cup", "box": [300, 110, 24, 30], "score": 0.9}]},
                {"label": "drink", "joints": null, "boxes": []}]}

`joints` are x, y, score (or x, y, z, score) of every joint of the layout, in pixels from the top left; null where
nobody was found. A `box` is left, top, width, height. A frame may have `time` in seconds; then all have. Of several
boxes of one name the surest counts. `label` may stand beside `frames` instead, for all of them.

    posefleet data import scenes/ --out data/scenes
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from core.bundle import BACKGROUND
from core.errors import InputError
from core.skeleton import LAYOUTS, Array
from training.datasets.formats._base import Format, Options, Reading, Times, assemble, files_of, head_of, read_json
from training.datasets.recording import Recording

_MOST_OBJECTS = 64
_VALUES = {3: slice(0, 2), 4: slice(0, 3)}  # of a joint: where its coordinates are, before the score

_Side = Annotated[float, Meta(gt=0, le=100_000)]
_Share = Annotated[float, Meta(ge=0, le=1)]


class _Box(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    box: tuple[float, float, float, float]
    score: _Share = 1.0


class _Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    joints: list[list[float]] | None
    label: str = ""
    boxes: list[_Box] = []
    time: float | None = None


class _Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    layout: str
    size: tuple[_Side, _Side]
    frames: Annotated[list[_Frame], Meta(min_length=1)]
    fps: Annotated[float, Meta(ge=0, le=1000)] = 30.0
    subject: str = ""
    label: str = ""
    objects: Annotated[list[str], Meta(max_length=_MOST_OBJECTS)] = []


def recognises(source: Path) -> bool:
    """Whether it is such a file or a folder with one."""
    file = source if source.is_file() else next(source.rglob("*.json"), None)
    if file is None or file.suffix != ".json":
        return False
    head = head_of(file)
    return all(f'"{field}"' in head for field in ("layout", "size", "frames"))


def read(source: Path, options: Options) -> Reading:
    """Every file is a unit and a recording."""
    files = files_of(source, "*.json") if source.is_dir() else [source]
    if not files:
        raise InputError(f"{source}: no scenes (*.json) here or below")
    return Reading(len(files), ([_read_scene(file, options)] for file in files))


def _read_scene(file: Path, options: Options) -> Recording:
    scene = read_json(file, _Scene)
    if scene.layout not in LAYOUTS:
        raise InputError(f"{file}: layout {scene.layout[:40]!r} is unknown; known are {', '.join(sorted(LAYOUTS))}")
    joints, has_depth = _joints(scene, file)
    actions = [frame.label or scene.label or options.label for frame in scene.frames]
    if "" in actions:
        raise InputError(f"{file}: frames[{actions.index('')}] has no label; give it one, or use --label")
    classes = (BACKGROUND, *sorted(set(actions) - {BACKGROUND}))
    return Recording(
        name=file.stem,
        subject=options.subject or scene.subject or file.stem,
        times=_times(scene, file, options.fps or scene.fps),
        joints=joints,
        labels=np.array([classes.index(action) for action in actions], np.int64),
        classes=classes,
        layout=scene.layout,
        has_depth=has_depth,
        objects=_objects(scene, file) if scene.objects else None,
        object_names=tuple(scene.objects),
    )


def _joints(scene: _Scene, file: Path) -> tuple[Array, bool]:
    size = LAYOUTS[scene.layout].size
    values = next((len(joint) for frame in scene.frames for joint in frame.joints or ()), 3)
    if values not in _VALUES:
        raise InputError(f"{file}: a joint has {values} values; x y score or x y z score are needed")
    points = np.zeros((len(scene.frames), size, values))
    for number, frame in enumerate(scene.frames):
        if frame.joints is None:
            continue
        if len(frame.joints) != size or any(len(joint) != values for joint in frame.joints):
            raise InputError(f"{file}: frames[{number}].joints are not {size} joints of {values} values each")
        points[number] = frame.joints
    place = points[..., _VALUES[values]] / scene.size[1]
    joints = assemble(place, points[..., -1], layout=scene.layout, where=str(file))
    return joints, values == max(_VALUES)


def _times(scene: _Scene, file: Path, fps: float) -> Times:
    given = [frame.time for frame in scene.frames if frame.time is not None]
    if not given:
        if not fps:
            raise InputError(f"{file}: fps is 0 and no frame has a time")
        return np.arange(len(scene.frames)) / fps
    if len(given) != len(scene.frames):
        raise InputError(f"{file}: {len(given)} of {len(scene.frames)} frames have a time; all or none must")
    times = np.array(given)
    if (stuck := np.flatnonzero(np.diff(times) <= 0)).size:
        raise InputError(f"{file}: frames[{int(stuck[0]) + 1}].time does not come after the one before")
    return times


def _objects(scene: _Scene, file: Path) -> Array:
    """(N, K, 5): centre, width and height in frame heights, and score of the surest box of each name."""
    result = np.zeros((len(scene.frames), len(scene.objects), 5), np.float32)
    for number, frame in enumerate(scene.frames):
        for box in sorted(frame.boxes, key=lambda box: box.score):
            if box.name not in scene.objects:
                raise InputError(f"{file}: frames[{number}].boxes: {box.name[:40]!r} is not among its objects")
            result[number, scene.objects.index(box.name)] = _slot(box, scene.size[1], f"{file}: frames[{number}].boxes")
    return result


def _slot(box: _Box, height: float, where: str) -> Sequence[float]:
    left, top, width, tall = (side / height for side in box.box)
    if width <= 0 or tall <= 0 or max(abs(left), abs(top), width, tall) > 100:  # noqa: PLR2004 - picture heights
        raise InputError(f"{where}: {box.name[:40]!r} has box {box.box}; left, top, width, height in pixels are needed")
    return (left + width / 2, top + tall / 2, width, tall, box.score)


FORMAT = Format("scenes-json", "Posefleet's JSON of joints, labels and object boxes", recognises, read)
