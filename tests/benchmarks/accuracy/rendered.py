"""Rendered people whom nobody has met: twelve actions, from up to 60 degrees off, half of the time partly hidden.

    python -m tests.benchmarks.accuracy rendered --seeds 3          # ten minutes of one core the first time

Every test clip is rendered and looked at by the estimator that devices run. Training people are other people; most of
them are only imagined (training.synthesis.sightings). What was seen is kept in ~/.cache/posefleet/rendered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rich.progress import Progress, track

from core.network import softmax
from core.skeleton import MEDIAPIPE33, Array
from core.window import cut_windows
from device.settings import PoseSettings
from tests.benchmarks.accuracy.harness import Answers, Figure, console, costs, learn, peak_memory, recipe, report
from tests.command import CACHE, steps
from training.datasets.recording import Recording
from training.synthesis.plays import performances
from training.synthesis.sightings import CLASSES, Sighting, imagine, look_at
from training.synthesis.stage import Stage
from training.train import TrainingConfig

ABOUT = (
    "Twelve actions and background, 3.2 s a clip; eight rendered people who are in no training clip (other bodies, "
    "clothes, paces, manners), turned up to 60° from the camera; in half of the clips a cabinet or a post is before "
    "them. Rendered pictures, joints by `blazepose`; a clip's answer is the likeliest over its windows, and a clip "
    "without a window is wrong. Trained on three other rendered people and sixty imagined ones. Mean and standard "
    "deviation over seeds. Recipe: training/recipes/rendered.toml, fixed epochs."
)
TAUGHT, JUDGED = range(1000, 1003), range(2000, 2008)
IMAGINED = range(3000, 3060)
_SETTINGS = PoseSettings(estimator="blazepose", max_people=1)
_LIMBS = [
    MEDIAPIPE33.index[f"{side}_{end}"] for side in ("left", "right") for end in ("elbow", "wrist", "knee", "ankle")
]
_HIDDEN_SHARE = 0.5  # of a clip's frames, from which on a limb counts as hidden
_FAR_OFF = np.radians(30)


@dataclass(frozen=True)
class _Judgement:
    """What a model says about the test clips: (N,) whether each is right; and per cent of all windows right."""

    clips: npt.NDArray[np.bool_]
    windows: float
    answers: Answers


def run(seeds: int) -> None:
    """Measure and report."""
    stages = performances(JUDGED)
    test = seen(stages)
    training = [*(one.recording for one in seen(performances(TAUGHT))), *imagined(IMAGINED)]
    rounds = steps(range(seeds), "training", console)
    judgements = [_judge(training, test, recipe("rendered", seed=seed)) for seed in rounds]
    answers = judgements[-1].answers
    figures = [*_figures(judgements, stages, test), *costs(answers, None), peak_memory()]
    report("rendered", "Rendered people", ABOUT, figures)


def seen(stages: Sequence[Stage]) -> list[Sighting]:
    """What the estimator sees of them, now or earlier."""
    with Progress(console=console) as progress:
        task = progress.add_task("looking", total=len(stages))
        return look_at(
            stages, CACHE / "rendered", processes=2, settings=_SETTINGS, on_done=lambda _: progress.advance(task)
        )


def imagined(people: Iterable[int]) -> list[Recording]:
    """Takes of people whom nobody rendered."""
    return [imagine(stage) for stage in track(performances(people), "imagining", console=console)]


def _judge(training: Sequence[Recording], test: Sequence[Sighting], config: TrainingConfig) -> _Judgement:
    recordings = [one.recording for one in test]
    answers = learn(training, recordings, config)
    clips = right_clips(answers, recordings)
    console.print(f"  rendered seed {config.seed}: {100 * clips.mean():.2f} % in {answers.cpu_s:.0f} CPU s")
    return _Judgement(clips, answers.accuracy, answers)


def right_clips(answers: Answers, recordings: Sequence[Recording]) -> npt.NDArray[np.bool_]:
    """(N,) whether the likeliest answer over all windows of each clip is right; never without a window."""
    config = answers.trained.config
    counts = [len(cut_windows(one.poses(config.features), config.window)) for one in recordings]
    parts: list[Array] = np.split(softmax(answers.logits), np.cumsum(counts)[:-1])
    truth = [answers.trained.classes.index(one.classes[one.labels[0]]) for one in recordings]
    said = [int(part.mean(axis=0).argmax()) if len(part) else -1 for part in parts]
    right: npt.NDArray[np.bool_] = np.array(said) == np.array(truth)
    return right


def _figures(judgements: Sequence[_Judgement], stages: Sequence[Stage], test: Sequence[Sighting]) -> list[Figure]:
    hidden = np.array([(one.hidden[:, _LIMBS].mean(axis=0) >= _HIDDEN_SHARE).any() for one in test])
    far_off = np.array([abs(stage.actors[0].yaw) > _FAR_OFF for stage in stages])
    labels = np.array([one.recording.labels[0] for one in test])

    def right(which: npt.NDArray[np.bool_]) -> tuple[float, ...]:
        return tuple(100 * float(one.clips[which].mean()) for one in judgements)

    by_class = {name: np.mean(right(labels == number)) for number, name in enumerate(CLASSES)}
    worst = min(by_class, key=lambda name: by_class[name])
    return [
        Figure("clips right, %", right(labels >= 0), 97, note=f"{len(test)} clips, {len(CLASSES)} classes"),
        Figure("windows right, %", tuple(one.windows for one in judgements)),
        Figure(
            "clips right with a limb hidden half of the time, %",
            right(hidden),
            note=f"{100 * hidden.mean():.0f} % of the clips",
        ),
        Figure("clips right with all limbs in view, %", right(~hidden)),
        Figure("clips right from more than 30° off, %", right(far_off), note=f"{100 * far_off.mean():.0f} %"),
        Figure(f"clips right of the hardest class, {worst}, %", right(labels == CLASSES.index(worst))),
    ]
