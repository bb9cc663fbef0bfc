"""DD-Net's pickles of JHMDB: `{"pose": [(T, 15, 2), ...], "label": [name, ...]}`, in torso lengths, y down.

The last two words of a name such as `GT_train_1.pkl` are the published part, `train1`.

    posefleet data import GT_train_1.pkl --out data/jhmdb/train1
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InputError
from core.skeleton import JHMDB15
from training.datasets.formats._base import Format, Options, Reading, action_labels, assemble, frame_times, head_of
from training.datasets.formats._pickles import array_of, load_pickle
from training.datasets.recording import UNKNOWN, Recording

_FPS = 30.0
_FIRST_FIELD = 64  # bytes in which a pickle names it
_PART = re.compile(r"_(train|test)_(\d)$")


def recognises(source: Path) -> bool:
    """Whether it is a pickle whose first field is `pose`."""
    return source.is_file() and source.suffix in {".pkl", ".pickle"} and "pose" in head_of(source)[:_FIRST_FIELD]


def read(source: Path, options: Options) -> Reading:
    """Every clip is a unit and a recording."""
    content = load_pickle(source)
    if not isinstance(content, dict) or not {"pose", "label"} <= set(content):
        raise InputError(f"{source}: is not a dict of pose and label")
    poses, names = content["pose"], content["label"]
    if not isinstance(poses, list) or not isinstance(names, list) or len(poses) != len(names):
        raise InputError(f"{source}: pose and label are not two lists of the same length")
    return Reading(len(poses), _recordings(poses, names, source, options))


def _recordings(
    poses: Sequence[Any], names: Sequence[Any], source: Path, options: Options
) -> Iterator[Sequence[Recording]]:
    part = _PART.search(source.stem)
    for number, (pose, action) in enumerate(zip(poses, names, strict=True)):
        where, points = f"{source}: clip {number}", array_of(pose)
        if points is None or points.ndim != 3 or points.shape[1:] != (JHMDB15.size, 2):  # noqa: PLR2004 - T, V, C
            raise InputError(f"{where}: pose is {getattr(points, 'shape', 'no array')}; (frames, 15, 2) is needed")
        if not isinstance(action, str) or not len(points):
            raise InputError(f"{where}: its label is not a name, or it has no frames")
        seen = (points != 0).any(axis=-1)
        labels, classes = action_labels(action, len(points))
        name = f"{source.stem}_{number:04d}"
        yield [
            Recording(
                name=name,
                subject=options.subject or name,
                times=frame_times(len(points), options.fps or _FPS),
                joints=assemble(points, seen.astype(np.float64), layout=JHMDB15.name, where=where),
                labels=labels,
                classes=classes,
                layout=JHMDB15.name,
                splits=(f"{part[1]}{part[2]}",) if part else (),
                unit=UNKNOWN,
                has_depth=False,
            )
        ]


FORMAT = Format("ddnet", "DD-Net's JHMDB pickles, *.pkl", recognises, read)
