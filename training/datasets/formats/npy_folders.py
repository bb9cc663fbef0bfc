"""Folders of `.npy` files: `action/sequence/frame.npy`, one vector a file, or `action/file.npy`, a clip (T, D) a file.

The layout of the widespread sign-language tutorials. Frames are numbered files; a missing number is a gap in time.

    posefleet data import MP_Data --out data/anna --subject anna --fps 15 --size 640x480
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.errors import InputError
from training.datasets.arrays import AnyArray, read_npy
from training.datasets.formats._base import (
    MAX_FRAMES,
    Format,
    Options,
    Reading,
    Times,
    action_labels,
    frame_times,
    sub_folders,
)
from training.datasets.formats._landmarks import decode_vectors
from training.datasets.recording import Recording

_FPS = 30.0


def recognises(source: Path) -> bool:
    """Whether there is a `.npy` file one or two folders down."""
    return source.is_dir() and any(next(source.glob(pattern), None) for pattern in ("*/*.npy", "*/*/*.npy"))


def read(source: Path, options: Options) -> Reading:
    """Every sequence or file is a unit and a recording."""
    takes = [(action, take) for action in sub_folders(source) for take in _takes(action)]
    if not takes:
        raise InputError(f"{source}: no action/sequence/frame.npy and no action/file.npy here")
    return Reading(len(takes), _recordings(takes, options, options.subject or source.resolve().name))


def _takes(action: Path) -> list[Path]:
    files = sorted(path for path in action.glob("*.npy") if path.is_file())
    return sorted([*sub_folders(action), *files], key=_number_first)


def _recordings(takes: Sequence[tuple[Path, Path]], options: Options, subject: str) -> Iterator[Sequence[Recording]]:
    for action, take in takes:
        fps = options.fps or _FPS
        times, frames = _read_sequence(take, fps) if take.is_dir() else _read_clip(take, fps)
        landmarks = decode_vectors(frames, size=options.size, layout=options.layout, where=str(take))
        labels, classes = action_labels(action.name, len(times))
        yield [
            Recording(
                name=f"{action.name}_{take.stem}",
                subject=subject,
                times=times,
                joints=landmarks.joints,
                labels=labels,
                classes=classes,
                layout=landmarks.layout,
                unit=landmarks.unit,
                has_depth=landmarks.has_depth,
            )
        ]


def _read_clip(path: Path, fps: float) -> tuple[Times, AnyArray]:
    frames = read_npy(path)
    if frames.ndim != 2 or not len(frames):  # noqa: PLR2004 - frames by values
        raise InputError(f"{path}: has shape {frames.shape}; a clip is (frames, values), at least one frame")
    return frame_times(len(frames), fps), frames


def _read_sequence(folder: Path, fps: float) -> tuple[Times, AnyArray]:
    files = sorted(folder.glob("*.npy"), key=_number_first)
    numbers = [_frame_number(file) for file in files]
    if not files or len(files) > MAX_FRAMES:
        raise InputError(f"{folder}: has {len(files)} frames (*.npy); 1 to {MAX_FRAMES} are needed")
    for one, other in pairwise(files):
        if _frame_number(one) == _frame_number(other):
            raise InputError(f"{folder}: {one.name} and {other.name} are the same frame; remove one")
    vectors = [read_npy(file) for file in files]
    for file, vector in zip(files, vectors, strict=True):
        if vector.ndim != 1 or vector.shape != vectors[0].shape:
            raise InputError(f"{file}: has shape {vector.shape}, the sequence's first frame {vectors[0].shape}")
    return (np.array(numbers, np.float64) - numbers[0]) / fps, np.stack(vectors)


def _frame_number(file: Path) -> int:
    if not (file.stem.isascii() and file.stem.isdigit()):
        raise InputError(f"{file}: frames are named by their number, such as 12.npy")
    return int(file.stem)


def _number_first(path: Path) -> tuple[int, str]:
    return (int(path.stem) if path.stem.isascii() and path.stem.isdigit() else 0, path.name)


FORMAT = Format(
    "npy-folders", "action/sequence/frame.npy or action/file.npy, MediaPipe or COCO vectors", recognises, read
)
