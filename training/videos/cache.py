"""What was found in a video, kept under a name made of everything that decides it.

The name is a hash of the video's content, the estimator with its settings, its library's version and the code that runs
it, and how many people are kept: a renamed or moved video is not looked at again, a changed one is, and so is any video
after a change of the estimator or tracker. A file is whole or not there; one that cannot be read counts as not there.

    path = cache_path(directory, video, PoseSettings(), people=1)
    people = read_people(path)             # None: look at the video, then write_people(path, people)
"""

import hashlib
import importlib.metadata
import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

import device.pose
import device.tracking
from core.errors import InputError
from core.files import write_atomically
from device.settings import PoseSettings
from training.datasets.arrays import AnyArray, read_npz
from training.videos.watching import Person

_DECIDING = (device.pose, device.tracking)  # packages: whatever changes in them may give other joints
FOLDER = ".cache"
_SUFFIX = ".poses"  # not .npz: these are no recordings


def cache_path(directory: Path, video: Path, settings: PoseSettings, *, people: int) -> Path:
    """Where the people of a video are, or would be.

    Raises:
        InputError: the video, or the estimator's model, cannot be read.
    """
    decides = (_code(), _digest(video), signature(settings), str(people))
    return directory / FOLDER / (hashlib.sha256("\n".join(decides).encode()).hexdigest()[:32] + _SUFFIX)


def write_people(path: Path, people: list[Person]) -> None:
    """Keep what was found; keypoints are private."""
    fields: dict[str, AnyArray] = {}
    for number, person in enumerate(people):
        fields |= {f"times{number}": person.times, f"joints{number}": person.joints}
        fields[f"layout{number}"] = np.array(person.layout)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **fields)
    write_atomically(path, buffer.getvalue(), mode=0o600)


def read_people(path: Path) -> list[Person] | None:
    """What was found earlier; None if nobody looked, or if the file is damaged."""
    if not path.exists():
        return None
    try:
        fields = read_npz(path)
        return [
            Person(fields[f"times{number}"], fields[f"joints{number}"], str(fields[f"layout{number}"]))
            for number in range(len(fields) // 3)
        ]
    except (InputError, KeyError):
        return None


def signature(settings: PoseSettings) -> str:
    """The estimator, its settings and its version; of a file that it reads, the content."""
    parts = [settings.model_dump_json()]
    parts += [_digest(file) for file in (settings.model, settings.recording) if file is not None]
    try:
        parts.append(importlib.metadata.version("mediapipe"))  # the models of both of its estimators come from here
    except importlib.metadata.PackageNotFoundError:
        parts.append("no mediapipe")
    return "\n".join(parts)


def code_digest(folders: Iterable[Path]) -> str:
    """Of all Python source in the folders, by content and place: a number to be raised by hand would be forgotten."""
    digest = hashlib.sha256()
    for folder in folders:
        for source in sorted(folder.rglob("*.py")):
            digest.update(f"{source.relative_to(folder)} {_digest(source)}\n".encode())
    return digest.hexdigest()


@cache
def _code() -> str:
    watching = Path(__file__).parent
    return code_digest([watching, *(Path(folder) for package in _DECIDING for folder in package.__path__)])


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as exc:
        raise InputError(f"{file}: cannot be read ({exc.strerror})") from exc
