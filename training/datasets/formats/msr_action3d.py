"""MSR-Action3D: Kinect v1 skeletons of twenty actions by ten people, as an archive or as the published text files.

The archive has `X` (frames of all sequences, 20, 4), `lengths`, and `name` such as `a01_s02_e03`. The text files
`a01_s02_e03_skeleton3D.txt` have a line x y z confidence for each joint, twenty lines a frame. x grows to the sensor's
left and y up, so both are turned round. Joints at the origin are missing.

The published parts go along: `cross_subject_train` (people 1, 3, 5, 7, 9) and `_test`, and `as1`, `as2`, `as3`
likewise, for the 557 sequences that the literature uses when the archive marks them in `used_in_cvpr12`.

    posefleet data import msr_action3d.npz --out data/msr
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.skeleton import KINECT20, Array
from training.datasets.arrays import AnyArray, read_npz
from training.datasets.formats._base import (
    Format,
    Options,
    Reading,
    action_labels,
    assemble,
    files_of,
    frame_times,
    read_text,
)
from training.datasets.formats._npz import has_fields, numbers
from training.datasets.recording import METRES, Recording

_FPS = 15.0
_NAME = re.compile(r"a(\d\d)_s(\d\d)_e(\d\d)")
_TRAINING_PEOPLE = frozenset({1, 3, 5, 7, 9})
_SETS = {
    "as1": frozenset({2, 3, 5, 6, 10, 13, 18, 20}),
    "as2": frozenset({1, 4, 7, 8, 9, 11, 12, 14}),
    "as3": frozenset({6, 14, 15, 16, 17, 18, 19, 20}),
}
ACTIONS = (
    *("high arm wave", "horizontal arm wave", "hammer", "hand catch", "forward punch", "high throw", "draw x"),
    *("draw tick", "draw circle", "hand clap", "two hand wave", "side-boxing", "bend", "forward kick", "side kick"),
    *("jogging", "tennis swing", "tennis serve", "golf swing", "pick up & throw"),
)


def recognises(source: Path) -> bool:
    """Whether it is the archive, or a folder with a file of the published name."""
    if source.is_dir():
        return next(source.rglob("a[0-9][0-9]_s[0-9][0-9]_e[0-9][0-9]_*.txt"), None) is not None
    return has_fields(source, needed={"X": 3, "lengths": 1, "name": 1})


def read(source: Path, options: Options) -> Reading:
    """Every sequence is a unit and a recording."""
    if source.is_dir():
        files = files_of(source, "a??_s??_e??_*.txt")
        if not files:
            raise InputError(f"{source}: no files named a01_s01_e01_skeleton3D.txt here or below")
        return Reading(len(files), ([_recording(file.stem, _read_text(file), options)] for file in files))
    fields = _read_archive(source)
    return Reading(len(fields["lengths"]), _of_archive(source, fields, options))


def _read_archive(source: Path) -> dict[str, AnyArray]:
    fields = read_npz(source)
    frames = numbers(fields, "X", dimensions=3, where=source)
    lengths = numbers(fields, "lengths", dimensions=1, where=source, whole=True)
    names = fields.get("name", np.array([]))
    if frames.shape[1:] != (KINECT20.size, 4):
        raise InputError(f"{source}: X has shape {frames.shape}; (frames, 20, 4) is needed")
    if (lengths <= 0).any() or int(lengths.sum()) != len(frames):
        raise InputError(f"{source}: lengths add up to {int(lengths.sum())} frames, X has {len(frames)}")
    for name in ("name", "used_in_cvpr12"):
        if name in fields and fields[name].shape != lengths.shape:
            raise InputError(f"{source}: {name} has {fields[name].shape}, {lengths.shape} sequences")
    if not len(names):
        raise InputError(f"{source}: lacks name")
    return fields


def _of_archive(source: Path, fields: dict[str, AnyArray], options: Options) -> Iterator[Sequence[Recording]]:
    used = fields.get("used_in_cvpr12", np.ones(len(fields["lengths"]), np.bool_))
    ends = np.cumsum(fields["lengths"])
    for name, start, end, counts in zip(fields["name"], [0, *ends[:-1]], ends, used, strict=True):
        where = f"{source}: {name}"
        yield [_recording(str(name), _joints(fields["X"][start:end], where), options, where=where, used=bool(counts))]


def _read_text(file: Path) -> Array:
    rows: list[list[float]] = []
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        words = line.split()
        try:
            rows.append([float(word) for word in words])
        except ValueError as exc:
            raise InputError(f"{file}: line {number}: {exc}") from exc
        if len(words) != 4:  # noqa: PLR2004 - x y z confidence
            raise InputError(f"{file}: line {number}: has {len(words)} numbers, x y z confidence are needed")
    if not rows or len(rows) % KINECT20.size:
        raise InputError(f"{file}: has {len(rows)} lines, which are no whole frames of {KINECT20.size} joints")
    return _joints(np.array(rows).reshape(-1, KINECT20.size, 4), str(file))


def _joints(frames: AnyArray, where: str) -> Array:
    there = (frames[..., :3] != 0).any(axis=-1)
    turned = frames[..., :3] * np.array([-1, -1, 1])
    # The published confidence is below 0.05 for the middle of the shoulders and the feet, where the places are as good.
    return assemble(turned, there.astype(np.float32), layout=KINECT20.name, where=where)


def _recording(name: str, joints: Array, options: Options, *, where: str = "", used: bool = True) -> Recording:
    match = _NAME.match(name)
    if match is None or not 1 <= int(match[1]) <= len(ACTIONS):
        raise InputError(f"{where or name}: is not named after action, person and repetition, such as a01_s02_e03")
    action, person = int(match[1]), int(match[2])
    labels, classes = action_labels((options.classes or ACTIONS)[action - 1], len(joints))
    return Recording(
        name=match[0],
        subject=f"s{person:02d}",
        times=frame_times(len(joints), options.fps or _FPS),
        joints=joints,
        labels=labels,
        classes=classes,
        layout=KINECT20.name,
        splits=_splits(action, person) if used else (),
        unit=METRES,
    )


def _splits(action: int, person: int) -> tuple[str, ...]:
    part = "train" if person in _TRAINING_PEOPLE else "test"
    sets = [name for name, actions in _SETS.items() if action in actions]
    return tuple(f"{name}_{part}" for name in ("cross_subject", *sets))


FORMAT = Format("msr-action3d", "MSR-Action3D's archive or text files (Kinect v1)", recognises, read)
