"""Folders of videos: which action and which person each shows, by where it lies.

videos/wave/one.mp4              the action `wave`, by whoever the whole folder is of
videos/anna/wave/one.mp4         Anna waves
videos/street.mp4                no action: background, from which a model learns what is none of its actions

sources = find_videos(Path("videos"))
"""

import math
from pathlib import Path

from core.bundle import BACKGROUND
from core.errors import InputError
from training.datasets.labels import label_of
from training.videos.extract import Source

SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm")
_DEEPEST = 3  # parts of a path: subject, action, file


def find_videos(folder: Path, *, subject: str = "") -> list[Source]:
    """Every video below a folder, by name.

    Args:
        folder: of videos.
        subject: who it is where no folder says; the folder's own name when empty.

    Raises:
        InputError: there is no video, or one lies deeper than `subject/action/`.
    """
    videos = sorted(one for one in folder.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())
    if not videos:
        raise InputError(f"{folder}: no videos ({', '.join(SUFFIXES)}) here or below; put them into action/ folders")
    actions = {_action(video, folder) for video in videos}
    classes = (BACKGROUND, *sorted(actions - {BACKGROUND}))
    names: set[str] = set()
    sources = []
    for video in videos:
        action, relative = _action(video, folder), video.relative_to(folder)
        name = str(relative.with_suffix(""))
        name = f"{name}-{video.suffix[1:]}" if name in names else name
        names.add(name)
        who = relative.parts[0] if len(relative.parts) == _DEEPEST else subject or folder.resolve().name
        segments = () if action == BACKGROUND else ((action, 0.0, math.inf),)
        sources.append(Source(video, name, who, segments, classes))
    return sources


def _action(video: Path, folder: Path) -> str:
    parts = video.relative_to(folder).parts
    if len(parts) > _DEEPEST:
        raise InputError(f"{video}: lies too deep; folders are action/ or subject/action/, and nothing below")
    return label_of(parts[-2]) if len(parts) > 1 else BACKGROUND
