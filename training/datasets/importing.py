"""A source in any format -> a folder of recordings, whole or not there.

Recordings are written to a hidden folder beside the target, which takes the target's name at the very end. Whatever is
wrong with the source, or however the import is interrupted, nothing half imported is left under that name.

    summary = import_source(Path("msr_action3d.npz"), Path("data/msr"), Options())
"""

import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import ConfigError, InputError
from core.files import sync_directory
from training.datasets.formats import Options, Reading, find_format
from training.datasets.labels import with_labels
from training.datasets.recording import Recording, encode

_LONGEST_NAME = 150  # characters, so that a file's name with number and ending is within every file system's 255 bytes


@dataclass
class Summary:
    """What was imported."""

    format: str
    recordings: int = 0
    frames: int = 0
    empty: int = 0  # units without anybody, left out
    seconds: float = 0.0
    subjects: set[str] = field(default_factory=set)
    layouts: set[str] = field(default_factory=set)
    splits: set[str] = field(default_factory=set)
    classes: Counter[str] = field(default_factory=Counter)  # frames of each

    def add(self, recording: Recording) -> None:
        """Count a recording."""
        self.recordings += 1
        self.frames += len(recording.times)
        self.seconds += float(recording.times[-1] - recording.times[0])
        self.subjects.add(recording.subject)
        self.layouts.add(recording.layout)
        self.splits.update(recording.splits)
        for label, count in enumerate(np.bincount(recording.labels)):
            if count:
                self.classes[recording.classes[label]] += int(count)


def import_source(
    source: Path,
    out: Path,
    options: Options,
    *,
    format_name: str = "",
    on_unit: Callable[[int, int], None] = lambda *_: None,
) -> Summary:
    """Import a source; `on_unit(done, total)` is called after each unit.

    Raises:
        ConfigError: `out` holds something already, or the format is unknown.
        InputError: something in the source cannot be read; nothing is left behind.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"--out {out}: is there already; name a new folder")
    chosen = find_format(source, format_name)
    summary = Summary(chosen.name)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        _write_all(chosen.read(source, options), partial, summary, on_unit)
        if not summary.recordings:
            raise InputError(f"{source}: read as {chosen.name}, but nobody is in it")
        sync_directory(partial)
        partial.replace(out)
    except OSError as exc:
        raise InputError(f"{exc.filename or out}: {exc.strerror}") from exc
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    sync_directory(out.parent)
    return summary


def _write_all(reading: Reading, folder: Path, summary: Summary, on_unit: Callable[[int, int], None]) -> None:
    taken: set[str] = set()
    with np.errstate(all="ignore"):  # absurd numbers are refused by name; numpy's warnings would only come before that
        for done, recordings in enumerate(reading.units, start=1):
            for recording in map(with_labels, recordings):
                _write(recording, folder / f"{_file_name(recording.name, taken)}.npz")
                summary.add(recording)
            summary.empty += not recordings
            on_unit(done, reading.total)


def _write(recording: Recording, path: Path) -> None:
    """A file that only its owner can read: keypoints are private."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(encode(recording))


def _file_name(name: str, taken: set[str]) -> str:
    """A recording's name as a file's: no separators, not hidden, not too long, and nobody else's."""
    plain = re.sub(r"[^\w.-]+", "_", name).lstrip("._")[:_LONGEST_NAME] or "recording"
    unique, number = plain, 1
    while unique.casefold() in taken:
        number += 1
        unique = f"{plain}_{number}"
    taken.add(unique.casefold())
    return unique
