"""The state directory: what lies in it, and that one daemon alone uses it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ConfigError, UnavailableError

KEY_FILE, OUTBOX_FILE, SAMPLES_FILE = "device.key", "outbox.sqlite", "samples.sqlite"


def prepare_state_directory(directory: Path) -> Path:
    """The state directory, made if it is not there.

    Raises:
        ConfigError: it cannot be made or written.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"{directory}: cannot be made ({exc.strerror}); set device.state_directory") from exc
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ConfigError(f"{directory}: cannot be written; set device.state_directory, or change its owner")
    return directory


@contextmanager
def alone_in(state: Path) -> Iterator[None]:
    """Two daemons must not share a key, an outbox and a camera; the kernel gives the lock back after a crash."""
    with (state / "daemon.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise UnavailableError(
                f"{state}: another posefleet daemon uses this state directory; stop it, or give this one its own"
            ) from exc
        yield
