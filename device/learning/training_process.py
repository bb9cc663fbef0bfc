"""A training process from outside: started with a job, asked now and then, killed at any time."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from core.errors import PosefleetError
from core.files import write_atomically
from device.learning import training_job
from device.learning.training_job import Job, Result


class TrainingError(PosefleetError):
    """Training ended without a result; the text has its last words."""


class TrainingProcess:
    """One run of `device.learning.training_job`, from its start on.

    Args:
        directory: of the job; made here, removed at the end.
        weights: the release's float weights, as their file.
    """

    def __init__(self, directory: Path, job: Job, weights: bytes) -> None:
        self.job = job
        self._directory = directory
        shutil.rmtree(directory, ignore_errors=True)
        write_atomically(directory / training_job.WEIGHTS, weights)
        write_atomically(directory / training_job.JOB, msgspec.json.encode(job))
        # One numerical thread: cameras come first. The path is ours: the child must run the same code.
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with (directory / "log").open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", training_job.__name__, str(directory)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def poll(self) -> Result | None:
        """The result, or None while training goes on. Never waits; when it has ended, the directory is removed.

        Raises:
            TrainingError: it ended without one.
        """
        code = self._process.poll()
        if code is None:
            return None
        try:
            if code != 0:
                how = f"was killed by signal {-code}" if code < 0 else "failed"
                raise TrainingError(f"training {how}: {self._last_words()}")
            data = (self._directory / training_job.RESULT).read_bytes()
            return msgspec.msgpack.decode(data, type=Result)
        except (OSError, msgspec.MsgspecError) as exc:
            raise TrainingError(f"training left no result: {exc}") from exc
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)

    def kill(self) -> None:
        """End it now and remove what it has written."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _last_words(self) -> str:
        lines = (self._directory / "log").read_text(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "it said nothing"
