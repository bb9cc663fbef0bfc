"""Whether people keep their numbers before the real estimator: twenty rendered crossings, and a film of three people.

    python -m tests.benchmarks.tracking                                     # five minutes
    python -m tests.benchmarks.tracking --seed 1                            # twenty others
    python -m tests.benchmarks.tracking --crossings 1                       # the first of them alone
    POSEFLEET_DATA=recordings python -m tests.benchmarks.tracking           # and the aerobics film

A pose is somebody's when its joints are within a tenth of their height and twice as far from the other's: a pose that
lies between two bodies is nobody's. Nothing here passes or fails.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from core.errors import ConfigError
from core.skeleton import Pose
from device.camera.sources import Image, Source, read_file
from device.pose import make_estimator
from device.settings import PoseSettings
from device.tracking.assignment import assign
from device.tracking.tracker import Tracker
from tests.benchmarks.nearness import distances
from tests.command import add_estimator, data, make_parser, positive_int, run
from training.synthesis import Stage, Truth, crossings, play

AEROBICS = "videos/aerobics_3people_384x288_10fps.avi"
_NEAR = 0.1  # body heights
_NOBODY = 10.0  # body heights that it costs to leave somebody without a pose: more than any pose is away


def main() -> None:
    """Watch and print."""
    parser = make_parser(__doc__)
    add_estimator(parser)
    parser.add_argument("--crossings", type=positive_int, default=20, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="other films; 0 to 52 have been looked at, see docs")
    options = parser.parse_args()
    settings, console = PoseSettings(estimator=options.estimator, max_people=3), Console()
    table = Table("crossing", "frames", "switches", "people numbered", "both found while half of each is visible")
    clean = 0
    for stage in progress(crossings(options.crossings, seed=options.seed), "crossings", console=console):
        switches, begun, found = cross(stage, settings)
        clean += not switches
        share = f"{np.mean(found):.0%}" if found else "-"
        table.add_row(stage.name, str(stage.frames), str(switches), str(begun), share)
    console.print(table)
    console.print(f"{clean} of {options.crossings} crossings without a switch")
    try:
        film = data(AEROBICS)
    except ConfigError as exc:
        console.print(f"no aerobics film: {exc}")
    else:
        console.print(aerobics(film, settings))


def cross(stage: Stage, settings: PoseSettings) -> tuple[int, int, list[bool]]:
    """Switches, people numbered, and whether both were found in each frame in which half of each is visible."""
    tracker, last, switches, found = Tracker(), dict[int, int](), 0, list[bool]()
    with closing(make_estimator(settings)) as estimator:
        for at, image, truths in play(stage):
            people, _ = tracker.update(estimator.estimate(image, at), at, image)
            owners = whose([pose for _, pose in people], truths, stage.height)
            for (number, _), who in zip(people, owners, strict=True):
                if who is not None:
                    switches += last.get(who, number) != number
                    last[who] = number
            if min(truth.visible for truth in truths) >= 0.5:
                found.append(len(people) >= len(truths))
    return switches, tracker.begun, found


def whose(poses: list[Pose], truths: tuple[Truth, ...], rows: int) -> list[int | None]:
    """The actor of each pose, or None for a pose that is clearly nobody's."""
    owners: list[int | None] = [None] * len(poses)
    if not poses:
        return owners
    away = distances(poses, truths, rows, hidden=True)
    spare = np.full((len(truths), len(truths)), _NOBODY)
    for who, place in enumerate(assign(np.hstack([away, spare]).tolist())):
        if place < len(poses) and away[who, place] < _NEAR:
            others = np.delete(away[:, place], who)
            owners[place] = who if (others > 2 * away[who, place]).all() else None
    return owners


def aerobics(film: Path, settings: PoseSettings) -> str:
    """Three people from left to right, all the time; a switch is a place that gets another number."""
    tracker, counts, last, switches, spent = Tracker(), list[int](), dict[int, int](), 0, 0.0
    with closing(make_estimator(settings)) as estimator:
        for at, image in frames(film):
            poses = estimator.estimate(image, at)
            began = time.thread_time()
            people, _ = tracker.update(poses, at, image)
            spent += time.thread_time() - began
            counts.append(len(people))
            if len(people) == 3:
                ordered = sorted(people, key=lambda one: float(one[1].joints[:, 0].mean()))
                for place, (number, _) in enumerate(ordered):
                    switches += last.get(place, number) != number
                    last[place] = number
    share = np.mean(np.array(counts[10:]) == 3)
    return (
        f"aerobics: three people in {share:.1%} of frames after the first second, {tracker.begun} numbers given, "
        f"{switches} switches, {1000 * spent / len(counts):.2f} ms a frame for tracking"
    )


def frames(film: Path) -> Iterator[tuple[float, Image]]:
    """Every picture with its time, seconds."""
    for number, (image, rate) in enumerate(read_file(Source("file", str(film)))):
        yield number / rate, image


if __name__ == "__main__":
    run(main)
