"""Whether both of two people are found who touch or overlap: rendered pairs from 120 to 20 cm apart.

    python -m tests.benchmarks.pairs                            # four pairs at each distance; three minutes
    python -m tests.benchmarks.pairs --pairs 6 --first 6        # others

- *Counted* are pictures in which half of each person is visible: of the pixels that somebody would fill alone, those
  that show them, as the renderer's own map of owners has it (`Truth.visible`). The first picture of a clip counts, too.
- *Found* is somebody to whom a pose belongs, each pose to one person: over the limbs' joints with nothing before them
  it is within 0.12 of their height on average, and nearer to them than to the other.
- *Shown* is what leaves the tracker: who first appears on top of somebody has a second to prove to be there.
- *More than two* are pictures with a person too many.

Nothing here passes or fails.
"""

from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from core.skeleton import Pose
from device.pose import make_estimator
from device.settings import PoseSettings
from device.tracking.assignment import assign
from device.tracking.tracker import Tracker
from tests.benchmarks.nearness import distances
from tests.command import add_estimator, make_parser, positive_int, run
from training.synthesis.plays import GAPS_M, side_by_side
from training.synthesis.stage import Stage, Truth, play

_NEAR = 0.12  # body heights
_HALF = 0.5
_TOUCHING_M = 0.6  # arms included, people are about as wide


@dataclass
class Count:
    """Pictures of one distance; `found` and `shown` are of those with half of each visible."""

    found: list[bool] = field(default_factory=list)
    shown: list[bool] = field(default_factory=list)
    too_many: list[bool] = field(default_factory=list)

    def __add__(self, other: "Count") -> "Count":
        return Count(self.found + other.found, self.shown + other.shown, self.too_many + other.too_many)

    def row(self, name: str) -> list[str]:
        """For the table."""
        shares = (f"{np.mean(some):.0%}" if some else "-" for some in (self.found, self.shown))
        return [name, str(len(self.too_many)), str(len(self.found)), *shares, str(sum(self.too_many))]


def main() -> None:
    """Watch and print."""
    parser = make_parser(__doc__)
    add_estimator(parser)
    parser.add_argument("--pairs", type=positive_int, default=4, help="at each distance")
    parser.add_argument("--first", type=int, default=0, help="seed of the first pair; those after it count up")
    options = parser.parse_args()
    settings, console = PoseSettings(estimator=options.estimator, max_people=3), Console()
    table = Table("apart", "pictures", "half of each visible", "both found", "both shown", "more than two")
    counts = dict.fromkeys(GAPS_M, Count())
    pairs = [(gap_m, options.first + pair) for gap_m in GAPS_M for pair in range(options.pairs)]
    for gap_m, seed in progress(pairs, "pairs", console=console):
        counts[gap_m] += watch(side_by_side(gap_m, seed=seed), settings)
    for gap_m, count in counts.items():
        table.add_row(*count.row(f"{100 * gap_m:.0f} cm"))
    touching = (count for gap_m, count in counts.items() if gap_m <= _TOUCHING_M)
    table.add_row(*sum(touching, Count()).row(f"up to {100 * _TOUCHING_M:.0f} cm"))
    table.add_row(*sum(counts.values(), Count()).row("all"))
    console.print(table)


def watch(stage: Stage, settings: PoseSettings) -> Count:
    """One pair."""
    tracker, count = Tracker(), Count()
    with closing(make_estimator(settings)) as estimator:
        for at, image, truths in play(stage):
            poses = estimator.estimate(image, at)
            people, _ = tracker.update(poses, at, image)
            count.too_many.append(len(poses) > len(truths))
            if min(truth.visible for truth in truths) >= _HALF:
                count.found.append(are_found(poses, truths, stage.height))
                count.shown.append(are_found([pose for _, pose in people], truths, stage.height))
    return count


def are_found(poses: list[Pose], truths: tuple[Truth, ...], rows: int) -> bool:
    """Whether a pose belongs to each of the people."""
    if len(poses) < len(truths):
        return False
    away = distances(poses, truths, rows, hidden=False)
    owned = assign(away.tolist())
    mine = away[range(len(truths)), owned]
    return bool((mine < _NEAR).all() and (mine <= away[:, owned].min(axis=0)).all())


if __name__ == "__main__":
    run(main)
