"""Commands that measure: their help, their bounds, and a user's mistakes."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from core.errors import ConfigError, UnavailableError
from tests.command import (
    INTERRUPTED,
    data,
    make_parser,
    positive_float,
    positive_int,
    run,
    steps,
    whole_number,
)

DOCSTRING = "What it measures.\n\n    python -m tests.benchmarks.it --pairs 6      # six\n\nAnd 100 % of how.\n"


def test_help_is_the_docstring_and_the_defaults():
    """Help begins with the command that the docstring names, repeats it line for line, and says what holds anyway."""
    parser = make_parser(DOCSTRING)
    parser.add_argument("--pairs", type=positive_int, default=4, help="at each distance")
    parser.add_argument("--seed", type=int, default=0, help="of the films")
    parser.add_argument("--tiny", action="store_true", help="quickly")
    text = parser.format_help()
    assert text.startswith("usage: python -m tests.benchmarks.it ")
    assert DOCSTRING in text
    assert "at each distance (default: 4)" in text
    assert "of the films (default: 0)" in text
    assert "quickly\n" in text


@pytest.mark.parametrize(
    ("kind", "text"),
    [(positive_int, "0"), (positive_int, "x"), (whole_number, "-1"), (positive_float, "0"), (positive_float, "nan")],
)
def test_numbers_out_of_bounds_are_refused(kind, text: str, capsys: pytest.CaptureFixture[str]):
    """No pairs, less than none, and no time at all end with exit code 2 and the option's name."""
    parser = make_parser(DOCSTRING)
    parser.add_argument("--number", type=kind)
    with pytest.raises(SystemExit) as exited:
        parser.parse_args([f"--number={text}"])
    assert exited.value.code == 2
    assert "--number" in capsys.readouterr().err


def test_missing_recordings_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without POSEFLEET_DATA, or with a folder that has no such file, the error names the variable and the file."""
    monkeypatch.delenv("POSEFLEET_DATA", raising=False)
    with pytest.raises(ConfigError, match=r"POSEFLEET_DATA is not set.*films/a\.avi"):
        data("films/a.avi")
    monkeypatch.setenv("POSEFLEET_DATA", str(tmp_path))
    with pytest.raises(ConfigError, match=r"there is no films/a\.avi"):
        data("films/a.avi")
    (tmp_path / "films").mkdir()
    assert data("films") == tmp_path / "films"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(ConfigError("no\ndata"), 2), (UnavailableError("no\ndata"), 1), (KeyboardInterrupt(), INTERRUPTED)],
)
def test_a_users_mistake_is_one_line_and_an_exit_code(
    outcome: BaseException, code: int, capsys: pytest.CaptureFixture[str]
):
    """Errors that a person can act on, and Ctrl-C, end a measurement without a traceback."""

    def fail() -> None:
        raise outcome

    with pytest.raises(SystemExit) as exited:
        run(fail)
    assert exited.value.code == code
    assert capsys.readouterr().err == "".join(f"error: {line}\n" for line in str(outcome).splitlines())


@pytest.mark.parametrize(("code", "expected"), [(None, None), (0, 0), (1, 1)])
def test_what_a_command_returns_is_its_exit_code(code: int | None, expected: int | None):
    """Nothing and 0 are success, 1 is a broken promise."""
    with pytest.raises(SystemExit) as exited:
        run(lambda: code)
    assert exited.value.code == expected


@pytest.mark.parametrize("terminal", [True, False])
def test_steps_are_all_items_and_leave_nothing_behind(*, terminal: bool):
    """Every item comes in its order, and a log has no bar in it."""
    console = Console(file=io.StringIO(), force_terminal=terminal)
    assert list(steps(("a", "b"), "training", console)) == ["a", "b"]
    assert bool(console.file.getvalue()) == terminal
