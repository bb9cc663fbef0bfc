"""Runs the benchmarks of accuracy; see the package."""

import argparse
import importlib
import os

_RENDERED = "rendered"
NAMES = ("msr", "family", "signs", "falls", "squat", "gestures", _RENDERED)


def main() -> None:
    """Run those that are named, or all."""
    parser = argparse.ArgumentParser(description="Accuracy on real recordings; writes docs/benchmarks.md.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all when none is named")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each, default 3")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if "POSEFLEET_DATA" not in os.environ and set(arguments.names or NAMES) - {_RENDERED}:
        parser.error(f"set POSEFLEET_DATA to the folder with the recordings; only {_RENDERED} needs none")
    for name in arguments.names or NAMES:
        importlib.import_module(f"tests.benchmarks.accuracy.{name}").run(arguments.seeds)


if __name__ == "__main__":
    main()
