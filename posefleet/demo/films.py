"""The footage of the demo and what is found in it: rendered, watched by the pose estimator, cached."""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.progress import Progress, TaskID

from converter.pose_models import write_pose_models
from device.settings import PoseSettings
from posefleet.demo.plan import ACTION_S, FASTEST_FPS, GAP_S, WEAK_ACTIONS, Places, Plan
from training.datasets.recording import Recording
from training.synthesis import ACTIONS, Clip, Footage, random_footage, random_script, write_clips
from training.videos.extract import Source, extract_all

PROCESSES = max(1, min(4, multiprocessing.cpu_count()))


@dataclass(frozen=True)
class Films:
    """Footage by role. `cameras` are played to the daemons; `lessons` were kept on the devices as labelled samples."""

    training: tuple[Footage, ...]
    validation: tuple[Footage, ...]
    test: tuple[Footage, ...]
    lessons: dict[str, Footage]
    cameras: dict[str, Footage]

    @property
    def to_watch(self) -> list[Footage]:
        """All but the cameras' films, which the daemons watch themselves."""
        return [*self.training, *self.validation, *self.test, *self.lessons.values()]


def cast(plan: Plan) -> Films:
    """Who is filmed doing what."""

    def film(person: str, take: int, actions: tuple[str, ...] = ACTIONS) -> Footage:
        footage = lesson(person, take, actions)
        rng = np.random.default_rng([footage.person_seed, take])
        script = random_script(rng, actions, action_s=ACTION_S, gap_s=GAP_S)
        return replace(footage, script=script)

    def lesson(person: str, take: int, actions: tuple[str, ...] = ACTIONS) -> Footage:
        """People whom a model learns from take their time; all others are brief."""
        footage = random_footage(person, take, actions, seed=plan.seed)
        return replace(footage, fps=min(footage.fps, FASTEST_FPS))

    strong = tuple(action for action in ACTIONS if action not in WEAK_ACTIONS)
    return Films(
        training=tuple(
            lesson(person, 0, ACTIONS if person == plan.weak_teacher else strong) for person in plan.training
        ),
        validation=tuple(film(person, 0) for person in plan.validation),
        test=tuple(film(person, 0) for person in plan.test),
        lessons={device: lesson(person, 1) for device, person in plan.devices.items()},
        cameras={device: film(person, 2) for device, person in plan.devices.items()},
    )


def render(films: list[Footage], places: Places, progress: Progress, task: TaskID) -> list[Clip]:
    """Write what is not there yet."""
    return write_clips(films, places.films, processes=PROCESSES, on_done=lambda _: progress.advance(task))


def watch(clips: list[Clip], places: Places, progress: Progress, task: TaskID) -> dict[str, Recording]:
    """Find the people in the clips; recordings by clip name."""
    sources = [source_of(clip) for clip in clips]
    if not places.pose_models.exists():
        write_pose_models(places.pose_models)
    found = extract_all(
        sources,
        places.recordings,
        processes=PROCESSES,
        settings=PoseSettings(models=places.pose_models, max_people=1),
        on_done=lambda _: progress.advance(task),
    )
    return {source.name: recording for source, recording in zip(sources, found, strict=True)}


def shorten(recording: Recording, actions: Sequence[str], seconds: float) -> Recording:
    """The recording as if the camera had looked away after so many seconds of each of these actions."""
    weak = np.isin(np.array(recording.classes)[recording.labels], actions)
    begins = np.flatnonzero(weak & ~np.r_[False, weak[:-1]])
    kept = ~weak
    for begin in begins:
        kept |= (
            weak & (recording.times >= recording.times[begin]) & (recording.times < recording.times[begin] + seconds)
        )
    return replace(recording, times=recording.times[kept], joints=recording.joints[kept], labels=recording.labels[kept])


def source_of(clip: Clip) -> Source:
    """A clip as training takes videos: its script says what is done when."""
    script = clip.footage.script
    return Source(
        video=clip.video,
        name=clip.video.stem,
        subject=clip.footage.subject,
        segments=tuple((one.action, one.start_s, one.end_s) for one in script.actions()),
        classes=("background", *sorted(ACTIONS)),
    )


def split_among(
    devices: list[str], actions: list[str], *, seed: int, alpha: float = 2.0
) -> dict[str, dict[str, float]]:
    """How much of each action each device has samples of: device -> action -> share of its own windows.

    Shares are drawn from a Dirichlet distribution for every action, as is usual to model skewed clients (Hsu et al.
    2019); whoever has most of an action keeps all of their windows of it.
    """
    rng = np.random.default_rng(seed)
    shares = {device: dict[str, float]() for device in devices}
    for action in actions:
        drawn = rng.dirichlet([alpha] * len(devices))
        for device, share in zip(devices, drawn / drawn.max(), strict=True):
            shares[device][action] = float(share)
    return shares
