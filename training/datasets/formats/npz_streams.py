"""Continuous takes with a label for every frame: `X` (frames, joints, 2 to 4), `y` (frames,), `t` seconds, `video`.

`video` (frames,) says which take a frame is from, `video_names` what the takes are called, `classes` what the labels
mean, `subject` (takes,) who is in each; without it every take is somebody else. For evaluation as events, in time.

    posefleet data import fall30.npz --out data/falls
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.bundle import BACKGROUND
from core.errors import InputError
from core.skeleton import Array
from training.datasets.arrays import AnyArray, read_npz
from training.datasets.formats._base import Format, Options, Reading, Times, assemble, frame_times
from training.datasets.formats._landmarks import layout_of, to_heights
from training.datasets.formats._npz import class_names, has_fields, numbers
from training.datasets.recording import METRES, Recording

_LAYOUTS = {17: "coco17", 18: "op18", 25: "body25", 33: "mediapipe33", 15: "core15", 75: "holistic75", 21: "hand21"}
_PLANE, _SPACE = 2, 3  # coordinates of a point


def recognises(source: Path) -> bool:
    """Whether it is an archive of frames with labels and times."""
    return source.is_file() and has_fields(source, needed={"X": 3, "y": 1, "t": 1, "video": 1})


def read(source: Path, options: Options) -> Reading:
    """Every take is a unit and a recording."""
    fields = read_npz(source)
    points = numbers(fields, "X", dimensions=3, where=source)
    for name, whole in (("y", True), ("t", False), ("video", True)):
        numbers(fields, name, dimensions=1, where=source, length=len(points), whole=whole)
    takes = np.unique(fields["video"])
    if not len(takes):
        raise InputError(f"{source}: has no frames")
    for name in ("video_names", "subject"):
        if name in fields and not 0 <= takes.min() <= takes.max() < len(np.atleast_1d(fields[name])):
            raise InputError(f"{source}: video {takes.min()} to {takes.max()}, but {len(fields[name])} {name}")
    return Reading(len(takes), _recordings(source, fields, [int(take) for take in takes], options))


def _recordings(
    source: Path, fields: dict[str, AnyArray], takes: Sequence[int], options: Options
) -> Iterator[Sequence[Recording]]:
    layout = layout_of(fields["X"].shape[1], options.layout, where=str(source), candidates=_LAYOUTS)
    names = class_names(fields, options, where=source) or tuple(
        options.class_name(index) for index in range(int(fields["y"].max()) + 1)
    )
    classes = (BACKGROUND, *(name for name in names if name != BACKGROUND))
    number_of = np.array([classes.index(name) for name in names], np.int64)
    for take in takes:
        fields_of_take = _select(fields, take)
        name = Path(str(fields_of_take.get("video_names", f"{source.stem}_{take:03d}"))).stem
        joints, unit, has_depth = _joints(fields_of_take["X"], layout, f"{source}: {name}", options)
        yield [
            Recording(
                name=name,
                subject=options.subject or str(fields_of_take.get("subject", name)),
                times=_times(fields_of_take["t"], f"{source}: {name}", options.fps),
                joints=joints,
                labels=number_of[fields_of_take["y"]],
                classes=classes,
                layout=layout,
                unit=unit,
                has_depth=has_depth,
            )
        ]


def _select(fields: dict[str, AnyArray], take: int) -> dict[str, AnyArray]:
    inside = fields["video"] == take
    per_take = {name: np.atleast_1d(fields[name])[take] for name in ("video_names", "subject") if name in fields}
    return {name: fields[name][inside] for name in ("X", "y", "t")} | per_take


def _times(moments: AnyArray, where: str, fps: float) -> Times:
    """Times as they are, or at a rate that is known better than times which somebody rounded."""
    times = frame_times(len(moments), fps) if fps else moments.astype(np.float64)
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise InputError(f"{where}: its times t do not grow from frame to frame; number or sort its frames")
    return times


def _joints(points: npt.NDArray[Any], layout: str, where: str, options: Options) -> tuple[Array, str, bool]:
    """Values of a joint: x, y; x, y, score; or x, y, z, score."""
    values = points.shape[2]
    if values not in {_PLANE, _PLANE + 1, _SPACE + 1}:
        raise InputError(f"{where}: {values} values a joint; x y, x y score, or x y z score are needed")
    seen = (points[..., :_PLANE] != 0).any(axis=-1)
    score = seen * (points[..., -1] if values > _PLANE else 1.0)
    if values == _SPACE + 1:
        return assemble(points[..., :_SPACE], score, layout=layout, where=where), METRES, True
    position, unit = to_heights(points[..., :_PLANE].astype(np.float64), options.size)
    return assemble(position, score, layout=layout, where=where), unit, False


FORMAT = Format("npz-streams", "X (frames, joints, 2 to 4), y, t, video: a label for every frame", recognises, read)
