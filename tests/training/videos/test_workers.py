"""Jobs in processes of their own."""

import os
import signal
from pathlib import Path

import pytest

from core.errors import InputError
from training.videos.workers import in_processes


def touch(marker: Path) -> None:
    """A job that leaves a file behind, fails, or kills its process, by its name."""
    if marker.name.startswith("crashes"):
        os.kill(os.getpid(), signal.SIGKILL)
    if marker.name.startswith("fails"):
        raise InputError(f"{marker.name} cannot be read")
    marker.touch()


def test_what_fails_or_crashes_takes_no_other_job_with_it(tmp_path):
    """A job's error comes back with it, the job that kills its process is named, all others are done."""
    names = ("one", "fails", "crashes", "two")
    outcomes = {
        path.name: error for path, error in in_processes(touch, [tmp_path / name for name in names], processes=1)
    }
    assert {name for name, error in outcomes.items() if error is None} == {"one", "two"}
    assert str(outcomes["fails"]) == "fails cannot be read"
    assert "crashed" in str(outcomes["crashes"])
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}


def test_no_jobs_start_no_process():
    """Nothing to do is done at once."""
    assert list(in_processes(touch, [], processes=4)) == []


def test_leaving_early_ends_the_processes(tmp_path):
    """Whoever stops listening, by an error of their own, leaves no process behind."""
    jobs = in_processes(touch, [tmp_path / str(number) for number in range(3)], processes=1)
    next(jobs)
    with pytest.raises(RuntimeError, match="enough"):
        jobs.throw(RuntimeError("enough"))
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    commands = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    assert not [command for command in commands if b"spawn_main" in command]
