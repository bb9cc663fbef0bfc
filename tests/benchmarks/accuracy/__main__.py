"""Runs the benchmarks of accuracy; see the package."""

import importlib

from tests.benchmarks import accuracy
from tests.command import data, make_parser, positive_int, run

SOURCES = {
    "msr": "msr_action3d",
    "family": "msr_action3d",
    "signs": "holistic_signs",
    "falls": "fall_video_keypoints",
    "squat": "exercise_frames",
    "gestures": "holistic_gestures",
    "rendered": None,
}
"""What each benchmark reads of the recordings."""


def main() -> None:
    """Run those that are named, or all.

    Raises:
        ConfigError: recordings that one of them needs are not there.
    """
    parser = make_parser(accuracy.__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SOURCES)}; all when none is named")
    parser.add_argument("--seeds", type=positive_int, default=3, help="runs of each")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(SOURCES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SOURCES)}")
    names = arguments.names or list(SOURCES)
    for source in filter(None, map(SOURCES.get, names)):
        data(source)  # before the first of them has taken an hour
    for name in names:
        importlib.import_module(f"tests.benchmarks.accuracy.{name}").run(arguments.seeds)


if __name__ == "__main__":
    run(main)
