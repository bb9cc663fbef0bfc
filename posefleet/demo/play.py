"""The demo from beginning to end; each act is a function, caches make every act but the last two quick to repeat."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.bundle import Bundle, read_bundle
from posefleet.demo import films, household, learn, summary
from posefleet.demo.fleet import Outcome, run_fleet
from posefleet.demo.plan import QUICK, WEAK_ACTIONS, WEAK_SECONDS, Places, Plan
from posefleet.demo.processes import interruptible
from training.datasets.recording import Recording
from training.datasets.windows import WindowSet, label_windows
from training.evaluation.evaluate import evaluate
from training.evaluation.plots import plot_confusion, plot_timeline
from training.synthesis import ACTIONS, Clip, Footage

_PIPE_COLUMNS = 140
CLASSES = ("background", *sorted(ACTIONS))


@dataclass(frozen=True)
class Prepared:
    """Everything that is there before the first service starts."""

    clips: dict[str, Clip]
    first: Bundle
    test: WindowSet


def play(directory: Path, *, quick: bool, keep_running_s: float, port: int, broker: str) -> None:
    """Run the demo; see `posefleet demo --help`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    began = time.monotonic()
    console = make_console()
    places = Places(directory / "quick" if quick else directory)
    plan = QUICK if quick else Plan()
    with interruptible():
        household.forget_last_run(places)
        prepared = _prepare(plan, places, console)
        console.print(f"prepared in {time.monotonic() - began:.0f} s; now the fleet starts")
        outcome = run_fleet(
            plan, places, prepared.clips, console, port=port, broker=broker, keep_running_s=keep_running_s
        )
        _conclude(plan, places, prepared, outcome, console)
    console.print(f"the demo took {time.monotonic() - began:.0f} s")


def _prepare(plan: Plan, places: Places, console: Console) -> Prepared:
    footage = films.cast(plan)
    # The template needs no trained weights, so TensorFlow makes it while the films are rendered.
    with ThreadPoolExecutor(max_workers=2) as pool, _progress(console) as progress:
        tasks = {
            "watch": progress.add_task("rendering people", total=len(footage.to_watch)),
            "find": progress.add_task("finding poses", total=len(footage.to_watch)),
            "train": progress.add_task("training conv_lstm", total=plan.epochs),
            "cameras": progress.add_task("rendering the devices' cameras", total=len(footage.cameras)),
        }
        try:
            clips = films.render(footage.to_watch, places, progress, tasks["watch"])
            found = films.watch(clips, places, progress, tasks["find"])
            template = pool.submit(learn.template_for, len(CLASSES), places)
            cameras = pool.submit(films.render, [*footage.cameras.values()], places, progress, tasks["cameras"])
            by_footage = {clip.footage: found[clip.video.stem] for clip in clips}
            training, validation, test = (
                _pick(by_footage, part) for part in (footage.training, footage.validation, footage.test)
            )
            training = [films.shorten(one, WEAK_ACTIONS, WEAK_SECONDS) for one in training]
            checkpoint = learn.train_first(training, validation, plan, places, progress=progress, task=tasks["train"])
            key = household.fleet_key(places)
            first = learn.first_release(checkpoint, template.result(), places, key)
            camera_clips = dict(zip(footage.cameras, cameras.result(), strict=True))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    window = checkpoint.description.window
    shares = films.split_among([*plan.devices], [*ACTIONS], seed=plan.seed)
    for number, (device, lesson_film) in enumerate(footage.lessons.items()):
        lesson = learn.lesson_windows(by_footage[lesson_film], shares[device], CLASSES, seed=plan.seed + number)
        kept = household.keep_samples(places, device, lesson)
        console.print(f"  {device} keeps samples of {', '.join(f'{n} {action}' for action, n in sorted(kept.items()))}")
    learn.write_evaluation_set(label_windows(validation, window, CLASSES), places.evaluation)
    return Prepared(camera_clips, first, label_windows(test, window, CLASSES))


def _pick(found: dict[Footage, Recording], footage: tuple[Footage, ...]) -> list[Recording]:
    return [found[one] for one in footage]


def _conclude(plan: Plan, places: Places, prepared: Prepared, outcome: Outcome, console: Console) -> None:
    last = read_bundle(places.fleet / "releases" / "current", prepared.first.signed.key)
    before, after = evaluate(prepared.first, prepared.test), evaluate(last, prepared.test)
    places.report.mkdir(parents=True, exist_ok=True)
    confusion, timeline = places.report / "confusion.png", places.report / "timeline.png"
    plot_confusion({"before": before, "after": after}, confusion)
    rows = []
    for model, showings in outcome.showings.items():
        for one in showings:
            rows += [(f"{one.device}: done", one.done), (f"{one.device}: {model}", one.reported)]
    plot_timeline(rows, timeline, title="what was done, and what the devices reported")
    console.rule("summary")
    summary.print_accuracy(console, before, after)
    summary.print_events(console, outcome.showings)
    summary.print_latency(console, outcome.statuses)
    summary.print_traffic(console, outcome.traffic)
    versions = ", ".join(f"{device} {status.model if status else '?'}" for device, status in outcome.statuses.items())
    console.print(f"after {plan.rounds} rounds: {versions}")
    summary.print_files(
        console,
        {
            "confusion matrices": confusion,
            "timeline": timeline,
            "first release": places.release,
            "newest release": places.fleet / "releases" / "current",
            "logs": places.logs,
        },
    )


def make_console() -> Console:
    """The terminal; lines of a pipe or a log are not folded at 80 columns."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_COLUMNS)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)
