"""BlazePose on its own against MediaPipe's graph, picture by picture, in one run on one core.

    python -m tests.benchmarks.pose                                     # two rendered people
    POSEFLEET_DATA=recordings python -m tests.benchmarks.pose           # and two films

Both see every picture, one after the other, each first as often as second. `one person` does what the graph does;
`three people` also looks for others. Differences are between joints of the same person, in body heights.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from converter.pose_models import write_pose_models
from core.errors import ConfigError
from core.skeleton import Pose
from device.camera.sources import Image
from device.pose import PoseEstimator, make_estimator
from device.settings import PoseSettings
from tests.benchmarks.tracking import AEROBICS, frames
from tests.command import data, make_parser, run, steps
from training.synthesis import film, random_footage

Clip = list[tuple[float, Image]]

FILMS = ("videos/drink_water_1person_1920x1080_30fps.avi", AEROBICS)
REFERENCE = "MediaPipe's graph"
_RENDERED_FPS = 15.0
_RENDERED_SHOTS = 180


@dataclass
class Record:
    """What one estimator did with a clip."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    people: list[list[Pose]] = field(default_factory=list)

    def estimate(self, estimator: PoseEstimator, image: Image, moment: float) -> None:
        """Let it look, and take the times."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.people.append(estimator.estimate(image, moment))
        self.wall_ms.append(1000 * (time.perf_counter() - wall))
        self.cpu_ms.append(1000 * (time.process_time() - cpu))

    @property
    def found(self) -> float:
        """Share of pictures with somebody."""
        return float(np.mean([bool(poses) for poses in self.people]))


def compare(clip: Clip, settings: dict[str, PoseSettings]) -> dict[str, Record]:
    """Every estimator on every picture, in an order that turns round."""
    estimators = {name: make_estimator(one) for name, one in settings.items()}
    records = {name: Record() for name in settings}
    names = list(settings)
    for index, (moment, image) in enumerate(clip):
        for place in range(len(names)):
            name = names[(index + place) % len(names)]
            records[name].estimate(estimators[name], image, moment)
    for estimator in estimators.values():
        estimator.close()
    return records


def differences(record: Record, reference: Record) -> npt.NDArray[np.float64]:
    """Distances of joints (pictures, 33) in body heights, wherever both found the reference's person."""
    rows = []
    for ours, theirs in zip(record.people, reference.people, strict=True):
        if ours and theirs:
            joints = theirs[0].joints[:, :2]
            apart = [np.linalg.norm(pose.joints[:, :2] - joints, axis=1) for pose in ours]
            rows.append(min(apart, key=lambda distances: float(distances.mean())) / np.ptp(joints[:, 1]))
    return np.array(rows)


def rendered(subject: str) -> Clip:
    """Somebody who does everything, as far as the clip goes."""
    shots = islice(film(replace(random_footage(subject), fps=_RENDERED_FPS)), _RENDERED_SHOTS)
    return [(moment, shot.picture) for moment, shot in shots]


def filmed(path: Path) -> Clip:
    """A film from beginning to end."""
    return list(frames(path))


def clips(console: Console) -> dict[str, Callable[[], Clip]]:
    """Rendered people, then the films that are there, each with what loads it; which are not is said."""
    found: dict[str, Callable[[], Clip]] = {f"rendered, {name}": partial(rendered, name) for name in ("gina", "hugo")}
    for name in FILMS:
        try:
            path = data(name)
        except ConfigError as exc:
            console.print(f"left out: {exc}")
        else:
            found[path.name.split("_")[0]] = partial(filmed, path)
    return found


def main() -> None:
    """Print the table."""
    make_parser(__doc__).parse_args()
    console = Console(width=120)
    cv2.setNumThreads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the graph has threads of its own, which count as well
    table = Table(title=f"times and joints against {REFERENCE}; one core")
    for column in ("clip", "estimator", "median", "p95", "CPU median", "CPU p95", "joints median", "p95", "found"):
        table.add_column(column)
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "pose-models"
        write_pose_models(models)
        settings = {
            REFERENCE: PoseSettings(estimator="mediapipe"),
            "one person": PoseSettings(estimator="blazepose", models=models, max_people=1),
            "three people": PoseSettings(estimator="blazepose", models=models),
        }
        for title, load in steps(list(clips(console).items()), "watching", console):
            records = compare(load(), settings)
            for name, record in records.items():
                table.add_row(title, name, *_figures(record, records[REFERENCE]))
                title = ""  # noqa: PLW2901 - said once for each clip
    console.print(table)


def _figures(record: Record, reference: Record) -> Iterator[str]:
    for ours, theirs in ((record.wall_ms, reference.wall_ms), (record.cpu_ms, reference.cpu_ms)):
        for percentile in (50, 95):
            value, against = np.percentile(ours, percentile), np.percentile(theirs, percentile)
            yield f"{value:.1f} ms" if ours is theirs else f"{value:.1f} = {value / against:.2f} x"
    if record is reference:
        yield from ("", "")
    else:
        yield from (f"{100 * value:.2f} %" for value in np.percentile(differences(record, reference), (50, 95)))
    yield f"{100 * record.found:.0f} %"


if __name__ == "__main__":
    run(main)
