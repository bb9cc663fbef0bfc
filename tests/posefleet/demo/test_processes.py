"""Services of the demo end with it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from core.errors import UnavailableError
from posefleet.demo import processes
from tests.broker import wait_until


def test_a_service_that_ends_is_reported_with_its_last_words(tmp_path):
    """A service that could not go on is named, with its exit code, its last line and the place of the rest."""
    with processes.service("fleet", ["fleet", "serve", "--config", str(tmp_path / "absent")], tmp_path / "log") as one:
        one.process.wait(30)
        with pytest.raises(UnavailableError, match=r"fleet ended with code 2: error: .*absent.*log"):
            one.check()


def test_waiting_has_an_end():
    """What never happens is an error that says what did not happen."""
    with pytest.raises(UnavailableError, match="the end of the world did not happen"):
        processes.wait_until(lambda: False, [], timeout_s=0.2, what="the end of the world")


def test_termination_runs_every_finally_and_leaves_no_process(tmp_path):
    """SIGTERM to whoever runs services ends the services as well, as Ctrl-C does."""
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from posefleet.demo import processes\n"
        "processes.PROGRAM = (sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(60)')\n"
        "try:\n"
        f"    with processes.interruptible(), processes.service('x', [], Path({str(tmp_path / 'log')!r})) as one:\n"
        "        print(one.process.pid, flush=True)\n"
        "        time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    wait_until(lambda: (tmp_path / "log").read_text() == "1\n", "the service")
    began = time.monotonic()
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(20) == 130
    assert time.monotonic() - began < processes.STOP_S
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
