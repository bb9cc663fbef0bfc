"""The state of an unfinished training run on disk: written after every epoch, gone when the checkpoint is there.

save_run(path, run, fingerprint)
run = load_run(path, fingerprint)       # None when nothing was interrupted
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.files import write_atomically
from core.skeleton import Array
from training.choice import Kept

State = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Run:
    """Where a run is after `epoch` epochs."""

    epoch: int
    kept: Kept
    trainer: State


def fingerprint(what: str, *arrays: Array) -> str:
    """A text that is another for another configuration (as text) or other data."""
    summary = hashlib.sha256(what.encode())
    for array in arrays:
        summary.update(repr((array.shape, array.dtype)).encode())
        summary.update(np.ascontiguousarray(array).tobytes())
    return summary.hexdigest()


def save_run(path: Path, run: Run, fingerprint: str) -> None:
    """Write a run's state; a reader finds the last epoch's or this one's, never a part."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        fingerprint=np.array(fingerprint),
        epoch=np.array(run.epoch),
        kept=np.array([run.kept.accuracy, run.kept.epoch, run.kept.highest, run.kept.improved], np.float64),
        **{f"weights/{name}": tensor for name, tensor in run.kept.weights.items()},
        **{f"trainer/{name}": array for name, array in run.trainer.items()},
    )
    write_atomically(path, buffer.getvalue())


def load_run(path: Path, fingerprint: str) -> Run | None:
    """The state that `save_run` wrote, or None when there is no such file.

    Raises:
        InputError: it is another run's, or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as fields:
            arrays = {name: fields[name] for name in fields.files}
        if str(arrays["fingerprint"]) != fingerprint:
            raise InputError(
                f"{path}: the interrupted run had other options or other data; go on with those, or train without "
                "--resume to begin anew"
            )
        accuracy, epoch, highest, improved = arrays["kept"]
        kept = Kept(float(accuracy), int(epoch), _below("weights/", arrays), float(highest), int(improved))
        return Run(int(arrays["epoch"]), kept, _below("trainer/", arrays))
    except FileNotFoundError:
        return None
    except (OSError, EOFError, zipfile.BadZipFile, ValueError, KeyError) as exc:
        raise InputError(f"{path}: the interrupted run cannot be read ({exc}); train without --resume") from exc


def _below(prefix: str, arrays: State) -> State:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
