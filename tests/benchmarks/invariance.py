"""Whether the same action is recognised alike at any frame rate, from near and far, and by a mirrored camera.

    python -m tests.benchmarks.invariance               # a quarter of an hour, once: what is made is kept
    python -m tests.benchmarks.invariance --people 1    # a third of the clips

The classifier learns from ten rendered people and from many imagined ones (training.synthesis.sightings). Rendered
people whom it has not met do every action once, filmed ten, fifteen, twenty-four and thirty times a second, from half
the distance, and mirrored. An answer is the likeliest action over all windows of a clip; it agrees
if it is the same as that of the plain clip (fifteen frames a second, full distance). As one wrong plain clip makes five
right ones disagree, the share that gives the most common answer is printed, too. Nothing here passes or fails.
"""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from core.bundle import BACKGROUND
from core.checkpoint import DESCRIPTION, Checkpoint, read_checkpoint
from core.features import extract
from core.network import forward, softmax
from core.skeleton import MEDIAPIPE33, Array, Pose
from core.window import Window, cut_windows
from device.pose import make_estimator
from device.settings import PoseSettings
from tests.command import CACHE, add_estimator, make_parser, positive_int, run
from training.datasets.recording import Recording, load, save
from training.pipeline import make_checkpoint, train_on_recordings
from training.synthesis import (
    ACTIONS,
    Camera,
    Footage,
    Script,
    Segment,
    film,
    random_build,
    random_footage,
    write_clips,
)
from training.synthesis.plays import performances
from training.synthesis.sightings import imagine
from training.train import TrainingConfig
from training.videos.extract import Source, extract_all

IMAGINED = range(3000, 3040)  # more bodies, paces and views than anybody would wait for
TEACHERS = ("anna", "ben", "carl", "dora", "emil", "fay", "iris", "kurt", "lars", "mona")
JUDGES = ("gina", "hugo")
EPOCHS = 8
SWAPS = 0.4  # in the far clips of the test an estimator takes left for right now and then
PLAIN = "15 fps"
Answers = npt.NDArray[np.int64]  # (scenes, variants) indices of labels, -1 for nobody


class Shot(NamedTuple):
    """How a clip is filmed; `near` is from half the distance."""

    fps: float = 15.0
    near: bool = False
    mirrored: bool = False


VARIANTS = {
    PLAIN: Shot(),
    "10 fps": Shot(fps=10.0),
    "24 fps": Shot(fps=24.0),
    "30 fps": Shot(fps=30.0),
    "half the distance": Shot(near=True),
    "mirrored": Shot(mirrored=True),
}
_SECONDS = 4.2
_FAR_SHARE = 0.38  # of the picture's height; from half the distance it is twice that, and raised hands are still in


def main() -> None:
    """Train once, film, watch, compare."""
    parser = make_parser(__doc__)
    add_estimator(parser)
    add_cache(parser)
    parser.add_argument("--people", type=positive_int, default=3, help="how many are tested")
    options = parser.parse_args()
    settings = PoseSettings(estimator=options.estimator, max_people=1)
    checkpoint = trained_once(options.cache / options.estimator, settings)
    scenes = [(f"stranger{person}", action) for person in range(options.people) for action in ACTIONS]
    answers = np.zeros((len(scenes), len(VARIANTS)), np.int64)
    with Progress() as progress:
        task = progress.add_task("watching", total=answers.size)
        for row, (person, action) in enumerate(scenes):
            for column, shot in enumerate(VARIANTS.values()):
                poses = seen_once(options.cache / options.estimator, footage_of(person, action, shot), settings)
                answers[row, column] = answer(checkpoint, poses)
                progress.advance(task)
    right = np.array([checkpoint.description.labels.index(action) for _, action in scenes])
    _print(answers, right, checkpoint, scenes)


def add_cache(parser: ArgumentParser) -> None:
    """The option of those who use this classifier."""
    parser.add_argument("--cache", type=Path, default=CACHE / "invariance", help="where films and classifier are kept")


def trained_once(cache: Path, settings: PoseSettings) -> Checkpoint:
    """A classifier that has learnt from other rendered people, with the same estimator."""
    if (cache / "checkpoint" / DESCRIPTION).exists():
        return read_checkpoint(cache / "checkpoint")
    films = [replace(random_footage(person), fps=12.0) for person in (*TEACHERS, *JUDGES)]
    with Progress() as progress:
        rendering = progress.add_task("rendering", total=len(films))
        clips = write_clips(films, cache / "films", on_done=lambda _: progress.advance(rendering))
        watching = progress.add_task("watching", total=len(films))
        sources = [
            Source(
                video=clip.video,
                name=clip.footage.subject,
                subject=clip.footage.subject,
                segments=tuple((one.action, one.start_s, one.end_s) for one in clip.footage.script.actions()),
                classes=(BACKGROUND, *sorted(ACTIONS)),
            )
            for clip in clips
        ]
        recordings = extract_all(
            sources,
            cache / "recordings",
            processes=1,
            settings=settings,
            on_done=lambda _: progress.advance(watching),
        )
        taught = [one for one in recordings if one.subject in TEACHERS]
        stages = performances(IMAGINED)
        taught += [imagine(stage, swaps=SWAPS) for stage in progress.track(stages, description="imagining")]
        training = progress.add_task("training", total=EPOCHS)
        judged = [one for one in recordings if one.subject in JUDGES]
        result = train_on_recordings(
            taught, judged, TrainingConfig(epochs=EPOCHS), lambda at: progress.update(training, completed=at.epoch)
        )
    return make_checkpoint(result, cache / "checkpoint")


def footage_of(person: str, action: str, shot: Shot) -> Footage:
    """One action of one person; only the shot differs from clip to clip."""
    base = random_footage(person)
    build = random_build(np.random.default_rng(base.person_seed))
    camera = Camera(640, 480, 1.0, base.camera_height_m, base.field_of_view)
    distance = camera.focal * build.height_m / (_FAR_SHARE * camera.height)
    return replace(
        base,
        name=f"{person}-{action}",
        script=Script((Segment(action, 0.0, _SECONDS),)),
        fps=shot.fps,
        width=camera.width,
        height=camera.height,
        distance_m=distance / 2 if shot.near else distance,
        aside_m=0.0,
        mirrored=shot.mirrored,
    )


def seen_once(cache: Path, footage: Footage, settings: PoseSettings) -> Recording:
    """What the estimator sees of a clip, now or when somebody asked before."""
    path = cache / "seen" / f"{footage.name}-{footage.digest}.npz"
    if path.exists():
        return load(path)
    with closing(make_estimator(settings)) as estimator:
        poses = [(moment, estimator.estimate(shot.picture, moment)) for moment, shot in film(footage)]
    recording = Recording(
        name=footage.name,
        subject=footage.subject,
        times=np.array([moment for moment, _ in poses]),
        joints=np.stack([_joints(found) for _, found in poses]),
        labels=np.zeros(len(poses), np.int64),
        classes=(BACKGROUND,),
    )
    save(recording, path)
    return recording


def _joints(found: list[Pose]) -> Array:
    if not found:
        return np.full((MEDIAPIPE33.size, 4), np.nan, np.float32)
    return np.concatenate([found[0].joints, found[0].score[:, None]], axis=1)


def answer(checkpoint: Checkpoint, recording: Recording) -> int:
    """Index of the label that is likeliest over all windows; -1 when nobody was seen for long enough."""
    spec = checkpoint.description
    windows = cut_windows(recording.poses(spec.features), spec.window)
    if not windows:
        return -1
    return int(softmax(logits_of(checkpoint, windows) / np.float32(spec.temperature)).mean(axis=0).argmax())


def logits_of(checkpoint: Checkpoint, windows: Sequence[Window]) -> Array:
    """(N, C), one row a window."""
    spec = checkpoint.description
    keypoints = np.stack([window.keypoints for window in windows])
    features = extract(keypoints, spec.features, rate_hz=spec.window.rate_hz)
    return forward(spec.architecture, checkpoint.weights, features)


def _print(answers: Answers, right: Answers, checkpoint: Checkpoint, scenes: list[tuple[str, str]]) -> None:
    console, plain = Console(), answers[:, list(VARIANTS).index(PLAIN)]
    table = Table("variant", "agree with the plain clip", "right")
    for column, name in enumerate(VARIANTS):
        here = answers[:, column]
        table.add_row(name, f"{np.mean(here == plain):.1%}", f"{np.mean(here == right):.1%}")
    console.print(table)
    others = np.delete(answers, list(VARIANTS).index(PLAIN), axis=1)
    console.print(f"all variants: {np.mean(others == plain[:, None]):.1%} of {others.size} clips agree")
    usual = np.array([np.bincount(row + 1).argmax() - 1 for row in answers])
    console.print(f"{np.mean(answers == usual[:, None]):.1%} of {answers.size} give their action's most common answer")
    for line in _differences(answers, plain, checkpoint, scenes):
        console.print(line)


def _differences(
    answers: Answers, plain: Answers, checkpoint: Checkpoint, scenes: list[tuple[str, str]]
) -> Iterator[str]:
    labels = (*checkpoint.description.labels, "nobody")
    for (person, action), row, expected in zip(scenes, answers, plain, strict=True):
        for name, found in zip(VARIANTS, row, strict=True):
            if found != expected:
                yield f"  {person} {action}, {name}: {labels[found]} instead of {labels[expected]}"


if __name__ == "__main__":
    run(main)
