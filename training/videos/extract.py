"""Videos -> recordings, with the estimator that the daemon runs; several processes, cached, resumable.

    sources = find_videos(Path("videos"))                       # action/*.mp4 or subject/action/*.mp4
    recordings = extract_all(sources, Path("recordings"), processes=2)

What was found in a video is kept by its content (`training.videos.cache`), so a killed run goes on where it was, and
a video that is renamed, moved to another action or cut into other segments is not looked at again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bundle import BACKGROUND
from core.errors import PosefleetError
from core.files import write_atomically
from device.settings import PoseSettings
from training.datasets.recording import Recording, encode
from training.videos.cache import cache_path, read_people, write_people
from training.videos.watching import Person, watch
from training.videos.workers import in_processes

_DEFAULT = PoseSettings()


@dataclass(frozen=True)
class Source:
    """A video and what is known about it: who, and what is done when."""

    video: Path
    name: str  # of its recordings; slashes make folders
    subject: str
    segments: tuple[tuple[str, float, float], ...]  # action, from, to in seconds; the rest is background
    classes: tuple[str, ...]


@dataclass(frozen=True)
class _Job:
    """What a process needs to look at a video."""

    video: Path
    cached: Path
    settings: PoseSettings
    people: int


Failed = Callable[[Source, PosefleetError], None]


def _raise(source: Source, error: PosefleetError) -> None:
    del source
    raise error


def extract_all(
    sources: Sequence[Source],
    directory: Path,
    *,
    processes: int,
    settings: PoseSettings = _DEFAULT,
    people: int = 1,
    on_done: Callable[[Source], None] = lambda _: None,
    on_failure: Failed = _raise,
) -> list[Recording]:
    """Extract many videos into `<directory>/<name>.npz`; several people of one are `<name>-p1.npz` and so on.

    Args:
        sources: the videos; their names differ.
        directory: for the recordings, and the cache.
        processes: how many videos are looked at at once.
        settings: of the estimator.
        people: how many people of a video are kept, the most present first.
        on_done: told about every video when its recordings are written.
        on_failure: told about a video that cannot be used; the others go on. By default it is raised.

    Returns:
        The recordings, in the order of the sources.

    Raises:
        InputError: a video cannot be read, and nobody else is told.
        ConfigError: the estimator cannot be made.
    """
    jobs: dict[_Job, list[Source]] = {}  # copies of one video are looked at once
    made: dict[str, list[Recording]] = {}
    for source in sources:
        try:
            cached = cache_path(directory, source.video, settings, people=people)
        except PosefleetError as exc:
            on_failure(source, exc)
            continue
        if (found := read_people(cached)) is not None:
            made[source.name] = _write(source, found, directory, on_done)
        else:
            same = next((job for job in jobs if job.cached == cached), _Job(source.video, cached, settings, people))
            jobs.setdefault(same, []).append(source)
    for job, error in in_processes(_look, list(jobs), processes=processes):
        for source in jobs[job]:
            if error is not None:
                on_failure(source, error)
            else:
                made[source.name] = _write(source, read_people(job.cached) or [], directory, on_done)
    return [recording for source in sources for recording in made.get(source.name, [])]


def _look(job: _Job) -> None:
    from device.pose import make_estimator

    # A new one for every video: it tracks from frame to frame and must not carry a person over.
    estimator = make_estimator(job.settings)
    try:
        write_people(job.cached, watch(job.video, estimator, people=job.people))
    finally:
        estimator.close()


def _write(source: Source, people: list[Person], directory: Path, on_done: Callable[[Source], None]) -> list[Recording]:
    """Label what was found and write it; files that are right already are left alone."""
    recordings = [_label(source, person, number, len(people)) for number, person in enumerate(people, start=1)]
    for recording in recordings:
        path, content = directory / f"{recording.name}.npz", encode(recording)
        if not path.exists() or path.read_bytes() != content:
            write_atomically(path, content, mode=0o600)  # keypoints are private
    on_done(source)
    return recordings


def _label(source: Source, person: Person, number: int, of: int) -> Recording:
    labels = np.full(len(person.times), source.classes.index(BACKGROUND))
    for action, start, end in source.segments:
        labels[(person.times >= start) & (person.times < end)] = source.classes.index(action)
    return Recording(
        name=source.name if of == 1 else f"{source.name}-p{number}",
        subject=source.subject,
        times=person.times,
        joints=person.joints,
        labels=labels,
        classes=source.classes,
        layout=person.layout,
        source=source.name,
    )
