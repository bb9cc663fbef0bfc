"""Whether people keep their numbers before the real estimator: twenty rendered crossings, and a film of three people.

    python -m tests.benchmarks.tracking                                     # five minutes
    python -m tests.benchmarks.tracking --seed 1                            # twenty others
    POSEFLEET_DATA=recordings python -m tests.benchmarks.tracking           # and the aerobics film

A pose is somebody's when its joints are within a tenth of their height and twice as far from the other's: a pose that
lies between two bodies is nobody's. Nothing here passes or fails.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from core.skeleton import Pose
from device.camera.sources import Image
from device.pose import make_estimator
from device.settings import PoseSettings
from device.tracking.assignment import assign
from device.tracking.tracker import Tracker
from training.synthesis import Stage, Truth, crossings, play

AEROBICS = "videos/aerobics_3people_384x288_10fps.avi"
_LIMBS = slice(11, 29)  # shoulders to ankles of MEDIAPIPE33
_NEAR = 0.1  # body heights


def main() -> None:
    """Watch and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--estimator", default="blazepose")
    parser.add_argument("--crossings", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="other numbers make other films; 0 was developed on")
    options = parser.parse_args()
    settings, console = PoseSettings(estimator=options.estimator, max_people=3), Console()
    table = Table("crossing", "frames", "switches", "people numbered", "both found while half of each is visible")
    clean = 0
    for stage in progress(crossings(options.crossings, seed=options.seed), "crossings", console=console):
        switches, begun, found = cross(stage, settings)
        clean += not switches
        table.add_row(stage.name, str(stage.frames), str(switches), str(begun), f"{np.mean(found):.0%}")
    console.print(table)
    console.print(f"{clean} of {options.crossings} crossings without a switch")
    film = Path(os.environ.get("POSEFLEET_DATA", "")) / AEROBICS
    if film.exists():
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
    away = np.array([[_away(pose, truth, rows) for pose in poses] for truth in truths])
    spare = np.full((len(truths), len(truths)), 10.0)
    for who, place in enumerate(assign(np.hstack([away, spare]).tolist())):
        if place < len(poses) and away[who, place] < _NEAR:
            others = np.delete(away[:, place], who)
            owners[place] = who if (others > 2 * away[who, place]).all() else None
    return owners


def _away(pose: Pose, truth: Truth, rows: int) -> float:
    """Mean distance of the limbs' joints, in body heights."""
    apart = np.linalg.norm(pose.joints[_LIMBS, :2] * rows - truth.joints[_LIMBS], axis=1)
    return float(apart.mean() / truth.height)


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
    capture = cv2.VideoCapture(str(film))
    rate, number = capture.get(cv2.CAP_PROP_FPS), 0
    while True:
        read, image = capture.read()
        if not read:
            return
        yield number / rate, np.asarray(image, np.uint8)
        number += 1


if __name__ == "__main__":
    main()
