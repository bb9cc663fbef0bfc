"""Archives of clips: `X` (clips, frames, values), `y` (clips,) class numbers, and perhaps `classes` and `subject`.

What a tutorial's notebook saves after loading its folders. An archive is taken to be one person's unless it says.

    posefleet data import recordings/ --out data/signs
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import InputError
from training.datasets.arrays import AnyArray, read_npz
from training.datasets.formats._base import Format, Options, Reading, action_labels, files_of, frame_times
from training.datasets.formats._landmarks import decode_vectors
from training.datasets.formats._npz import class_names, has_fields, numbers
from training.datasets.recording import Recording

_FPS = 30.0


def recognises(source: Path) -> bool:
    """Whether the source, or its first archive, has clips `X` of three dimensions and `y`, and no times."""
    return has_fields(source, needed={"X": 3, "y": 1}, absent={"t", "lengths"})


def read(source: Path, options: Options) -> Reading:
    """Every clip is a unit and a recording."""
    files = files_of(source, "*.npz") if source.is_dir() else [source]
    archives = [(file, _read(file)) for file in files]
    return Reading(sum(len(fields["X"]) for _, fields in archives), _recordings(archives, options))


def _read(file: Path) -> dict[str, AnyArray]:
    fields = read_npz(file)
    if missing := {"X", "y"} - set(fields):
        raise InputError(f"{file}: lacks {', '.join(sorted(missing))}; clips are X (clips, frames, values) and y")
    clips = numbers(fields, "X", dimensions=3, where=file)
    labels = numbers(fields, "y", dimensions=1, where=file, length=len(clips), whole=True)
    if "subject" in fields and fields["subject"].shape != labels.shape:
        raise InputError(f"{file}: subject {fields['subject'].shape} does not fit {len(clips)} clips")
    return fields


def _recordings(
    archives: Sequence[tuple[Path, dict[str, AnyArray]]], options: Options
) -> Iterator[Sequence[Recording]]:
    for file, fields in archives:
        known = replace(options, classes=class_names(fields, options, where=file))
        people = fields.get("subject", np.full(len(fields["X"]), file.stem))
        for number, (frames, label, person) in enumerate(zip(fields["X"], fields["y"], people, strict=True)):
            action = known.class_name(int(label))
            where = f"{file}: clip {number}"
            landmarks = decode_vectors(frames, size=options.size, layout=options.layout, where=where)
            labels, classes = action_labels(action, len(frames))
            yield [
                Recording(
                    name=f"{file.stem}_{number:04d}_{action}",
                    subject=options.subject or str(person),
                    times=frame_times(len(frames), options.fps or _FPS),
                    joints=landmarks.joints,
                    labels=labels,
                    classes=classes,
                    layout=landmarks.layout,
                    unit=landmarks.unit,
                    has_depth=landmarks.has_depth,
                )
            ]


FORMAT = Format("npz-clips", "X (clips, frames, values), y, classes", recognises, read)
