"""Whether a classifier answers alike, whoever finds the pose: MediaPipe's own graph, or its models alone.

    python -m tests.benchmarks.estimators               # with the classifier of tests.benchmarks.invariance
    python -m tests.benchmarks.estimators --people 1

Rendered people whom the classifier has not met raise their hands; each film is watched by both estimators and cut into
windows at the same moments. If there is no classifier yet, it is trained first, which takes a quarter of an hour.
Holistic is asked for its vector on the way. Nothing here passes or fails.
"""

from contextlib import closing
from typing import Literal

from rich.console import Console
from rich.progress import track

from core.checkpoint import Checkpoint
from core.errors import UnavailableError
from core.features import points_of
from core.window import Window, cut_windows
from device.pose import make_estimator
from device.pose.holistic import HolisticEstimator
from device.settings import PoseSettings
from tests.benchmarks.invariance import PLAIN, VARIANTS, add_cache, footage_of, logits_of, trained_once
from tests.command import make_parser, positive_int, run
from training.synthesis import Footage, film

ACTION = "raise_arms"
Compared = Literal["mediapipe", "blazepose"]


def main() -> None:
    """Watch, compare, print.

    Raises:
        UnavailableError: nobody was seen.
    """
    parser = make_parser(__doc__)
    add_cache(parser)
    parser.add_argument("--people", type=positive_int, default=8, help="how many raise their hands")
    options = parser.parse_args()
    checkpoint = trained_once(options.cache / "blazepose", PoseSettings(estimator="blazepose", max_people=1))
    same = windows = 0
    console = Console()
    for person in track(range(options.people), "watching", console=console):
        footage = _raising(person)
        ours, graphs = answers(checkpoint, footage, "blazepose"), answers(checkpoint, footage, "mediapipe")
        common = ours.keys() & graphs.keys()
        same += sum(ours[moment] == graphs[moment] for moment in common)
        windows += len(ours.keys() | graphs.keys())
    if not windows:
        raise UnavailableError(f"nobody was seen for long enough for a window, of {options.people} people")
    console.print(f"{same} of {windows} windows ({same / windows:.1%}) have the same answer with both estimators")
    console.print(f"holistic: {vector_size(_raising(0))} values for a rendered person")


def _raising(person: int) -> Footage:
    return footage_of(f"stranger{person}", ACTION, VARIANTS[PLAIN])


def answers(checkpoint: Checkpoint, footage: Footage, estimator: Compared) -> dict[float, int]:
    """The likeliest label of every window, by the moment at which it ends."""
    spec = checkpoint.description
    with closing(make_estimator(PoseSettings(estimator=estimator, max_people=1))) as eyes:
        found = [(moment, eyes.estimate(shot.picture, moment)) for moment, shot in film(footage)]
    points = [(moment, points_of(poses[0], spec.features) if poses else None) for moment, poses in found]
    windows: list[Window] = cut_windows(points, spec.window)
    labels = logits_of(checkpoint, windows).argmax(axis=1) if windows else ()
    return {round(window.ended_at, 3): int(label) for window, label in zip(windows, labels, strict=True)}


def vector_size(footage: Footage) -> int:
    """Length of what Holistic says of the film's last picture."""
    size = 0
    with closing(HolisticEstimator(min_visibility=0.5)) as eyes:
        for moment, shot in film(footage):
            size = len(eyes.look(shot.picture, moment).vector())
    return size


if __name__ == "__main__":
    run(main)
