"""Tables of landmarks, a row a frame: CSV files with a header that names the joints, or numbers them.

Columns `nose_x, nose_y, nose_z, nose_v` (or `_visibility`, `_score`) name joints of one layout, not necessarily all;
`x1, y1, z1, v1` are MediaPipe's in order; bare numbers are one of the vectors of `npy-folders`. Beside them:

    label | class | action      what is done in the row; without it, --label or the file's name
    time | t | timestamp        seconds; or
    frame                       the frame's number
    video | recording           which take the row is from; the file's, when there is no such column
    subject                     who; the take, when there is no such column

Labelled rows without time, frame or take are separate pictures, not a film. A file that ends in `_train` or `_test` is
that published part.

    posefleet data import squat_train.csv --out data/squat/train --size 1280x720
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.bundle import BACKGROUND
from core.errors import InputError
from training.datasets.formats._base import Format, Options, Reading, Times, files_of, head_of
from training.datasets.formats._columns import decode_table, find_places
from training.datasets.formats._landmarks import Landmarks
from training.datasets.formats._tables import Table, read_table, split_header
from training.datasets.recording import Recording

_FPS = 30.0
_ENDINGS = (".csv", ".txt")
_PARTS = ("train", "test", "val", "valid")


def recognises(source: Path) -> bool:
    """Whether it is a table of landmarks, or a folder with one."""
    files = source.rglob("*") if source.is_dir() else iter([source])
    return any(_is_table(file) for file in files if file.suffix in _ENDINGS)


def _is_table(file: Path) -> bool:
    try:
        first = next(csv.reader(io.StringIO(head_of(file))), [])
        _, coordinates = split_header(first)
        find_places([first[place].strip().lower() for place in coordinates])
    except (InputError, csv.Error):
        return False
    return True


def read(source: Path, options: Options) -> Reading:
    """Every file is a unit; each take in it is a recording."""
    files = [file for file in files_of(source, "*") if file.suffix in _ENDINGS] if source.is_dir() else [source]
    if not files:
        raise InputError(f"{source}: no tables (*.csv, *.txt) here or below")
    return Reading(len(files), (list(_read_file(file, options)) for file in files))


def _read_file(file: Path, options: Options) -> Iterator[Recording]:
    table = read_table(file)
    try:
        landmarks = decode_table(table, options)
    except InputError as exc:
        raise exc if str(file) in str(exc) else InputError(f"{file}: {exc}") from exc
    takes = np.array(table.words("take") or [file.stem] * len(table.values))
    for take in dict.fromkeys(takes):
        yield _recording(table, landmarks, str(take), np.flatnonzero(takes == take), options)


def _recording(
    table: Table, landmarks: Landmarks, take: str, rows: npt.NDArray[np.intp], options: Options
) -> Recording:
    stills = table.words("label") is not None and not any(table.words(role) for role in ("time", "frame", "take"))
    people = table.words("subject")
    names = table.words("label")
    actions = [names[row] for row in rows] if names else [options.label or table.file.stem] * len(rows)
    classes = (BACKGROUND, *sorted(set(actions) - {BACKGROUND}))
    part = next((part for part in _PARTS if table.file.stem.endswith(f"_{part}")), "")
    return Recording(
        name=take if take == table.file.stem else f"{table.file.stem}_{take}",
        subject=options.subject or (people[rows[0]] if people else take),
        times=_times(table, rows, 1.0 if stills else options.fps or _FPS),
        joints=landmarks.joints[rows],
        labels=np.array([classes.index(action) for action in actions], np.int64),
        classes=classes,
        layout=landmarks.layout,
        splits=(part,) if part else (),
        unit=landmarks.unit,
        has_depth=landmarks.has_depth,
        stills=stills,
    )


def _times(table: Table, rows: npt.NDArray[np.intp], fps: float) -> Times:
    seconds, frames = table.numbers("time"), table.numbers("frame")
    if seconds is None and frames is None:
        return np.arange(len(rows)) / fps
    times: Times = seconds[rows] if seconds is not None else frames[rows] / fps if frames is not None else rows / fps
    if (stuck := np.flatnonzero(np.diff(times) <= 0)).size:
        line = int(rows[stuck[0] + 1]) + 2
        raise InputError(f"{table.file}: line {line}: its time does not come after the one before; sort the rows")
    return times


FORMAT = Format("landmarks-csv", "CSV of landmarks, a row a frame, with or without labels and times", recognises, read)
