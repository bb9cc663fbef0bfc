"""What the measuring commands share: help that teaches, options within bounds, and one line for a user's mistake.

The help of a command is its module's docstring, which begins with what is measured and the commands that do so:

    def main() -> None:
        parser = make_parser(__doc__)
        parser.add_argument("--pairs", type=positive_int, default=4, help="at each distance")
        for pair in steps(range(parser.parse_args().pairs), "pairs", console): ...

    if __name__ == "__main__":
        run(main)
"""

import argparse
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core.errors import ConfigError, PosefleetError

CACHE = Path.home() / ".cache" / "posefleet"  # what takes minutes to make and never changes
DATA = "POSEFLEET_DATA"  # the environment variable that names the folder with the recordings
ESTIMATORS = ("blazepose", "mediapipe", "holistic")  # those that look at pictures and need no model of one's own
INTERRUPTED = 130  # 128 + SIGINT, as shells expect
Item = TypeVar("Item")


class _Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """The docstring as it is written, and the defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        says_nothing = action.default is None or action.default is False
        return action.help if says_nothing else super()._get_help_string(action)


def make_parser(docstring: str | None) -> argparse.ArgumentParser:
    """A parser whose help is a module's docstring; the first `python -m …` in it is the command's name."""
    text = docstring or ""
    command = re.search(r"python -m \S+", text)
    return argparse.ArgumentParser(command and command[0], description=text, formatter_class=_Help)


def add_estimator(parser: argparse.ArgumentParser) -> None:
    """The option of those that watch pictures."""
    parser.add_argument("--estimator", choices=ESTIMATORS, default=ESTIMATORS[0], help="who finds the poses")


def positive_int(text: str) -> int:
    """For options that count something."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few; at least 1")
    return number


def whole_number(text: str) -> int:
    """For options that count something of which there may be none."""
    if (number := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"{text} is too few; at least 0")
    return number


def positive_float(text: str) -> float:
    """For options that are a time or a rate."""
    if not 0 < (number := float(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no time or rate; above 0")
    return number


def data(name: str) -> Path:
    """A file or folder of the recordings.

    Raises:
        ConfigError: POSEFLEET_DATA does not name a folder that has it.
    """
    if not (folder := os.environ.get(DATA)):
        raise ConfigError(f"{DATA} is not set; set it to the folder with the recordings, for {name}")
    if not (path := Path(folder) / name).exists():
        raise ConfigError(f"{DATA}={folder}: there is no {name}; set it to the folder with the recordings")
    return path


def steps(items: Sequence[Item], what: str, console: Console) -> Iterator[Item]:
    """The items, and a bar that moves between them only: what a thread draws would count as time of the measured."""
    with Progress(console=console, auto_refresh=False, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(items, description=what)


@contextmanager
def passing(what: str, seconds: float) -> Iterator[None]:
    """A line that says how much of a time has passed, for as long as the block lasts; for what measures no time."""
    columns = (
        SpinnerColumn(),
        TextColumn(what),
        TimeElapsedColumn(),
        f"of {timedelta(seconds=round(seconds))} and more",
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(what)
        yield


def run(main: Callable[[], int | None]) -> None:
    """Run a command and exit as it says; errors that a person can act on become one line and an exit code."""
    try:
        sys.exit(main())
    except PosefleetError as exc:
        sys.stderr.write("".join(f"error: {line}\n" for line in str(exc).splitlines()))
        sys.exit(exc.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
