"""What is in a data set: counts, classes, people, lengths, missing joints; as numbers and as one picture.

summary = summarise(recordings)
plot(summary, Path("data.png"))
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.skeleton import CORE15, Array
from training.datasets.checks.balance import seconds_by_class
from training.datasets.checks.frames import found_frames, unseen_share
from training.datasets.recording import Recording
from training.datasets.splits import main_label

_BINS = 30


@dataclass(frozen=True)
class Summary:
    """A data set in numbers.

    Attributes:
        lengths: (R,) seconds of every recording, from its first frame to its last.
        rates: (R,) frames per second, the median of each recording; 0 for separate pictures.
        seconds: of every class.
        recordings_of: how many recordings show each class most, by person.
        found: share of the frames in which somebody is.
        unseen: (15,) share of those in which each CORE15 joint is missing.
    """

    lengths: npt.NDArray[np.float64]
    rates: npt.NDArray[np.float64]
    frames: int
    takes: int
    seconds: dict[str, float]
    recordings_of: dict[str, dict[str, int]]
    found: float
    unseen: Array
    layouts: tuple[str, ...]
    units: tuple[str, ...]
    splits: tuple[str, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Everybody, by name."""
        return tuple(sorted({one for people in self.recordings_of.values() for one in people}))


def summarise(recordings: Sequence[Recording]) -> Summary:
    """Count everything once."""
    recordings_of: dict[str, dict[str, int]] = {}
    for one in recordings:
        people = recordings_of.setdefault(main_label(one), {})
        people[one.subject] = people.get(one.subject, 0) + 1
    found = [found_frames(one) for one in recordings]
    frames = sum(map(len, found))
    return Summary(
        lengths=np.array([_length(one) for one in recordings]),
        rates=np.array([_rate(one) for one in recordings]),
        frames=frames,
        takes=len({one.source for one in recordings}),
        seconds=seconds_by_class(recordings),
        recordings_of=recordings_of,
        found=sum(int(one.sum()) for one in found) / max(frames, 1),
        unseen=unseen_share(recordings),
        layouts=tuple(sorted({one.layout for one in recordings})),
        units=tuple(sorted({one.unit for one in recordings})),
        splits=tuple(sorted({part for one in recordings for part in one.splits})),
    )


def plot(summary: Summary, path: Path) -> None:
    """Four charts in one PNG: time of each class, lengths, missing joints, and who shows what."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(12, 9), layout="constrained")
    names = sorted(summary.seconds)
    axes[0, 0].barh(names, [summary.seconds[name] for name in names])
    axes[0, 0].set(title="Shown", xlabel="seconds")
    axes[0, 1].hist(summary.lengths, bins=_BINS)
    axes[0, 1].set(title="Lengths", xlabel="seconds", ylabel="recordings")
    axes[1, 0].barh(CORE15.joints, 100 * summary.unseen)
    axes[1, 0].set(title="Missing joints", xlabel="% of the frames with somebody", xlim=(0, 100))
    shown, people = sorted(summary.recordings_of), summary.subjects
    table = np.array([[summary.recordings_of[name].get(one, 0) for one in people] for name in shown])
    picture = axes[1, 1].imshow(table, aspect="auto", cmap="Blues", vmin=0)
    axes[1, 1].set(title="Recordings by person")
    axes[1, 1].set_xticks(range(len(people)), people, rotation=90, fontsize=7)
    axes[1, 1].set_yticks(range(len(shown)), shown, fontsize=7)
    figure.colorbar(picture, ax=axes[1, 1])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _length(recording: Recording) -> float:
    return float(recording.times[-1] - recording.times[0]) if len(recording.times) else 0.0


def _rate(recording: Recording) -> float:
    if recording.stills or len(recording.times) < 2:  # noqa: PLR2004 - a rate needs two
        return 0.0
    return float(1 / np.median(np.diff(recording.times)))
