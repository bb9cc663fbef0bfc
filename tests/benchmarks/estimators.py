"""Whether a classifier answers alike, whoever finds the pose: MediaPipe's own graph, or its models alone.

    python -m tests.benchmarks.estimators --cache ~/.cache/posefleet-invariance

Rendered people whom the classifier has not met raise their hands; each film is watched by both estimators and cut into
windows at the same moments. Holistic is asked for its vector on the way. Nothing here passes or fails.
"""

import argparse
from contextlib import closing
from pathlib import Path

import numpy as np
from rich.console import Console

from core.checkpoint import Checkpoint
from core.features import extract, points_of
from core.network import forward
from core.window import Window, cut_windows
from device.pose import make_estimator
from device.pose.holistic import HolisticEstimator
from device.settings import PoseSettings
from tests.benchmarks.invariance import footage_of, trained_once
from training.synthesis import Footage, film

ACTION = "raise_arms"
ESTIMATORS = ("mediapipe", "blazepose")


def main() -> None:
    """Watch, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="where the classifier is kept, see invariance")
    parser.add_argument("--people", type=int, default=8, help="who raises their hands")
    options = parser.parse_args()
    checkpoint = trained_once(options.cache / "blazepose", PoseSettings(estimator="blazepose", max_people=1))
    same = windows = 0
    for person in range(options.people):
        footage = footage_of(f"stranger{person}", ACTION, {})
        ours, graphs = (answers(checkpoint, footage, name) for name in ESTIMATORS)
        common = ours.keys() & graphs.keys()
        same += sum(ours[moment] == graphs[moment] for moment in common)
        windows += len(ours.keys() | graphs.keys())
    console = Console()
    console.print(f"{same} of {windows} windows ({same / windows:.1%}) have the same answer with both estimators")
    console.print(f"holistic: {vector_size(footage_of('stranger0', ACTION, {}))} values for a rendered person")


def answers(checkpoint: Checkpoint, footage: Footage, estimator: str) -> dict[float, int]:
    """The likeliest label of every window, by the moment at which it ends."""
    spec = checkpoint.description
    with closing(make_estimator(PoseSettings(estimator=estimator, max_people=1))) as eyes:
        found = [(moment, eyes.estimate(shot.picture, moment)) for moment, shot in film(footage)]
    points = [(moment, points_of(poses[0], spec.features) if poses else None) for moment, poses in found]
    windows: list[Window] = cut_windows(points, spec.window)
    keypoints = np.stack([window.keypoints for window in windows])
    features = extract(keypoints, spec.features, rate_hz=spec.window.rate_hz)
    labels = forward(spec.architecture, checkpoint.weights, features).argmax(axis=1)
    return {round(window.ended_at, 3): int(label) for window, label in zip(windows, labels, strict=True)}


def vector_size(footage: Footage) -> int:
    """Length of what Holistic says of the film's last picture."""
    size = 0
    with closing(HolisticEstimator(min_visibility=0.5)) as eyes:
        for moment, shot in film(footage):
            size = len(eyes.look(shot.picture, moment).vector())
    return size


if __name__ == "__main__":
    main()
