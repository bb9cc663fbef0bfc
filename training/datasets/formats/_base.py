"""What an importer is, and the steps that all of them share.

An importer only decodes: it yields recordings, unit by unit (a file, a clip, an annotation), and raises one InputError
with file and place for whatever it cannot read. Writing, progress and clearing up after a failure are
`training.datasets.importing`'s.

    reading = FORMAT.read(Path("nturgb"), Options(fps=30))
    for recordings in reading.units: ...           # reading.total units in all
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from core.bundle import BACKGROUND
from core.errors import InputError
from core.skeleton import LAYOUTS, Array
from training.datasets.recording import Recording

MAX_TEXT_BYTES = 256 * 1024 * 1024
MAX_FILES = 2_000_000  # NTU RGB+D 120 has 114,480 clips; frame-by-frame layouts have more
FARTHEST = 1e6  # pixels or metres
_HEAD_BYTES = 64 * 1024
MAX_FRAMES = 1_000_000  # nine hours at 30 frames a second

T = TypeVar("T")

Times = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Options:
    """What the source does not say and a person may.

    Attributes:
        fps: frames per second; 0 for the format's own.
        size: width and height of the pictures in pixels; None for the format's own.
        label: the action of everything, where no folder or field names it.
        subject: who it is, where nothing says.
        layout: the joints' layout, where their number fits several.
        classes: names of numbered classes, in order.
        people: how many people of a take are kept, the most present first.
        planar: joints in the picture, where a source has them in space as well.
    """

    fps: float = 0.0
    size: tuple[int, int] | None = None
    label: str = ""
    subject: str = ""
    layout: str = ""
    classes: tuple[str, ...] = ()
    people: int = 2
    planar: bool = False

    def class_name(self, index: int) -> str:
        """The name of a numbered class, or its number."""
        return self.classes[index] if 0 <= index < len(self.classes) else f"class_{index:03d}"


@dataclass(frozen=True)
class Reading:
    """A source being decoded: `total` units, each with the recordings of one file, clip or annotation."""

    total: int
    units: Iterator[Sequence[Recording]]


@dataclass(frozen=True)
class Format:
    """An importer: its name for `--format`, a line for people, whether it knows a source, and how it reads one."""

    name: str
    about: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Options], Reading]


def frame_times(frames: int, fps: float) -> Times:
    """Evenly spaced times (N,) in seconds from 0."""
    return np.arange(frames, dtype=np.float64) / fps


def action_labels(action: str, frames: int) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Labels and classes of a take in which one action is done throughout."""
    if action == BACKGROUND:
        return np.zeros(frames, np.int64), (BACKGROUND,)
    return np.ones(frames, np.int64), (BACKGROUND, action)


def is_sensible(values: npt.NDArray[Any]) -> bool:
    """Whether all values are finite and no farther out than any picture or room is wide."""
    return bool((np.abs(values) <= FARTHEST).all())


def assemble(position: npt.NDArray[Any], score: npt.NDArray[Any], *, layout: str, where: str) -> Array:
    """Joints (N, V, 4) float32 from positions (N, V, 2 or 3) and scores (N, V), which are clipped to [0, 1].

    A joint of score 0 is unseen, and its place becomes 0 whatever it was; a frame without any seen joint becomes NaN.

    Raises:
        InputError: a seen joint has no sensible place, or any joint a score that is not a number.
    """
    frames, joints = score.shape
    result = np.zeros((frames, joints, 4), np.float32)
    seen = ~(score <= 0)  # NaN counts as seen here, and is refused below
    place = np.where(seen[..., None], position, 0)
    wrong = np.isnan(score) | ~(np.abs(place) <= FARTHEST).all(axis=-1)
    if wrong.any():
        frame, joint = (int(i) for i in np.argwhere(wrong)[0])
        raise InputError(
            f"{where}: frame {frame}, joint {LAYOUTS[layout].joints[joint]}: no sensible number; "
            "mend or remove this recording"
        )
    result[..., : position.shape[-1]] = place
    result[..., 3] = np.clip(score, 0, 1)
    result[~seen.any(axis=1)] = np.nan
    return result


def read_text(path: Path) -> str:
    """A text file.

    Raises:
        InputError: it is not there, too big, or not UTF-8.
    """
    try:
        if (size := path.stat().st_size) > MAX_TEXT_BYTES:
            raise InputError(f"{path}: {size} bytes are more than {MAX_TEXT_BYTES}; cut it into parts")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise InputError(f"{path}: cannot be read ({exc.strerror})") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{path}: byte {exc.start} is not UTF-8 text; save it as UTF-8") from exc


def read_json(path: Path, shape: type[T]) -> T:
    """A JSON file of a given shape.

    Raises:
        InputError: it is not there, too big, not JSON, or of another shape; the message names the field.
    """
    try:
        return msgspec.json.decode(read_text(path), type=shape)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise InputError(f"{path}: {exc}") from exc


def head_of(path: Path) -> str:
    """The first part of a text file, to find out what it is; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def sub_folders(folder: Path) -> list[Path]:
    """Folders in a folder, by name; hidden ones are not data."""
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def files_of(folder: Path, pattern: str) -> list[Path]:
    """Files below a folder that match, by path.

    Raises:
        InputError: there are more than MAX_FILES.
    """
    found: list[Path] = []
    for path in folder.rglob(pattern):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            found.append(path)
        if len(found) > MAX_FILES:
            raise InputError(f"{folder}: more than {MAX_FILES} files; import it in parts")
    return sorted(found)
