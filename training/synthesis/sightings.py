"""What a pose estimator sees of the first actor of a stage; and, much quicker, what one might have seen.

    recordings = [one.recording for one in look_at(stages, Path("sightings"), processes=2, settings=PoseSettings())]
    recording = imagine(stage)          # no picture, no estimator: the truth, a little beside itself

`look_at` renders every frame and asks the estimator that devices run. Sightings are kept by the stage's digest and
everything that decides what the estimator says, so nothing is looked at twice and a killed run goes on where it was.
`imagine` takes things for upright rectangles. A classifier is taught by many imagined people besides a few seen ones,
and judged by seen ones alone.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.files import write_atomically
from core.skeleton import MEDIAPIPE33, Array, Pose
from device.settings import PoseSettings
from training.datasets.arrays import AnyArray, read_npz
from training.datasets.recording import Recording
from training.synthesis.guess import guess
from training.synthesis.motions import BACKGROUND, REPERTOIRE
from training.synthesis.props import make_prop
from training.synthesis.scene import Vector
from training.synthesis.stage import Player, Stage, play
from training.videos.cache import signature
from training.videos.workers import in_processes

CLASSES = (BACKGROUND, *REPERTOIRE)


@dataclass(frozen=True)
class Sighting:
    """What was seen of the first actor.

    Attributes:
        recording: with the label that the script has at each moment; NaN where nobody was found.
        hidden: (N, 33) bool, in which frames somebody or something was before a joint, or it was out of the picture.
    """

    recording: Recording
    hidden: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Job:
    stage: Stage
    path: Path
    settings: PoseSettings


def look_at(
    stages: Sequence[Stage],
    directory: Path,
    *,
    processes: int,
    settings: PoseSettings,
    on_done: Callable[[Stage], None] = lambda _: None,
) -> list[Sighting]:
    """Render stages and have an estimator look at them, in the order of the stages.

    Args:
        stages: their first actor has a script.
        directory: where sightings are kept.
        processes: how many stages are looked at at once.
        settings: of the estimator.
        on_done: told about every stage that has been looked at, now or earlier.

    Raises:
        ConfigError: the estimator cannot be made.
        InputError: the same; or a model cannot be read.
    """
    mark = hashlib.sha256(signature(settings).encode()).hexdigest()[:12]
    paths = [directory / f"{stage.name}-{stage.digest}-{mark}.npz" for stage in stages]
    jobs = []
    for stage, path in zip(stages, paths, strict=True):
        if _is_kept(stage, path):
            on_done(stage)
        else:
            jobs.append(_Job(stage, path, settings))
    for job, error in in_processes(_look, jobs, processes=processes):
        if error is not None:
            raise error
        on_done(job.stage)
    return [_read(stage, path) for stage, path in zip(stages, paths, strict=True)]


def imagine(stage: Stage, *, swaps: float = 0.0) -> Recording:
    """The first actor's joints as an estimator might have given them; the same stage gives the same joints.

    Args:
        stage: its first actor has a script.
        swaps: in half of all stages left and right change places in up to this share of single frames, as happens to
            estimators that see somebody small.
    """
    actor = stage.actors[0]
    player = Player(actor, stage.seconds)
    times = np.arange(stage.frames) / stage.fps
    landmarks = np.stack([player.landmarks(float(t)) for t in times])
    rng = np.random.default_rng(stage.room_seed)
    joints = guess(landmarks, stage.camera, rng, _behind(stage, times, landmarks))
    swap_sides(joints, np.random.default_rng([stage.room_seed, 1]), most=swaps)
    return _recording(stage, times, joints)


def swap_sides(joints: Array, rng: np.random.Generator, *, most: float) -> None:
    """Exchange left and right of (N, 33, 4), in place: in no frame half of the time, else in up to `most` of them."""
    share = max(0.0, float(rng.uniform(-most, most)))
    swapped = rng.random(len(joints)) < share
    joints[swapped] = joints[swapped][:, list(MEDIAPIPE33.mirror)]


def _behind(stage: Stage, times: AnyArray, landmarks: Vector) -> npt.NDArray[np.bool_]:
    """(N, 33) whether a joint is within the outline of a thing; the things of a stage stand before its actors."""
    places = stage.camera.project(landmarks)
    hidden = np.zeros(places.shape[:2], bool)
    for thing in map(make_prop, stage.props):
        for frame, t in enumerate(times):
            outline = stage.camera.project(thing(float(t)).surface.vertices)
            inside = (places[frame] >= outline.min(axis=0)) & (places[frame] <= outline.max(axis=0))
            hidden[frame] |= inside.all(axis=1)
    return hidden


def _look(job: _Job) -> None:
    from device.pose import make_estimator

    # A new one for every stage: it tracks from frame to frame and must not carry a person over.
    estimator = make_estimator(job.settings)
    times, joints, hidden = [], [], []
    try:
        for t, picture, truths in play(job.stage):
            poses = estimator.estimate(picture, t)
            times.append(t)
            joints.append(_joints(poses))
            hidden.append(~truths[0].clear)
    finally:
        estimator.close()
    packed = io.BytesIO()
    np.savez_compressed(packed, times=np.array(times), joints=np.stack(joints), hidden=np.stack(hidden))
    write_atomically(job.path, packed.getvalue(), mode=0o600)  # a sighting is as private as any keypoints


def _joints(poses: list[Pose]) -> Array:
    if not poses:
        return np.full((MEDIAPIPE33.size, 4), np.nan, np.float32)
    joints: Array = np.concatenate([poses[0].joints, poses[0].score[:, None]], axis=1).astype(np.float32)
    return joints


def _is_kept(stage: Stage, path: Path) -> bool:
    """Whether somebody looked earlier; a damaged file does not count."""
    try:
        _read(stage, path)
    except InputError:
        return False
    return True


def _read(stage: Stage, path: Path) -> Sighting:
    stored = read_npz(path)
    try:
        recording = _recording(stage, stored["times"], stored["joints"])
        return Sighting(recording, stored["hidden"].astype(np.bool_))
    except (KeyError, ValueError) as exc:
        raise InputError(f"{path}: is no sighting of {stage.name} ({exc}); remove it, and look again") from exc


def _recording(stage: Stage, times: AnyArray, joints: Array) -> Recording:
    actor = stage.actors[0]
    if actor.script is None:
        raise ValueError(f"{stage.name}: its first actor has no script")
    labels = [CLASSES.index(actor.script.label_at(float(t))) for t in times]
    return Recording(
        name=stage.name,
        subject=f"person-{actor.person_seed}",
        times=times.astype(np.float64),
        joints=joints.astype(np.float32),
        labels=np.array(labels, np.int64),
        classes=CLASSES,
        has_depth=bool(np.nan_to_num(joints[..., 2]).any()),
    )
