"""Somebody at a terminal: a program with a pseudo-terminal of its own, what it shows, and what is typed.

with Terminal([sys.executable, "-m", "posefleet", "device", "init"]) as terminal:
    terminal.answer("Place", "home")
    code = terminal.wait()
"""

import contextlib
import os
import pty
import re
import select
import subprocess
import time
from types import TracebackType
from typing import Self

from tests.broker import PATIENCE_S

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """See the module."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self._command = command
        self._environment = os.environ | {"TERM": "xterm", "COLUMNS": "200"} | environment
        self.shown = ""
        self._read_to = 0
        self.answers = 0

    def __enter__(self) -> Self:
        self._end, its_end = pty.openpty()
        self.process = subprocess.Popen(
            self._command, stdin=its_end, stdout=its_end, stderr=its_end, env=self._environment, start_new_session=True
        )
        os.close(its_end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._end)

    def wait_for(self, text: str, timeout_s: float = 3 * PATIENCE_S) -> None:
        """Until the program has shown this, after what was waited for before."""
        deadline = time.monotonic() + timeout_s
        while (found := self.shown.find(text, self._read_to)) < 0:
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} was not shown:\n{self.shown}"
            assert self._read(left), f"the program ended without {text!r}:\n{self.shown}"
        self._read_to = found + len(text)

    def answer(self, question: str, text: str = "") -> None:
        """Wait for a question and type a line."""
        self.wait_for(question)
        os.write(self._end, f"{text}\n".encode())
        self.answers += 1

    def wait(self) -> int:
        """Read to the end; the program's exit code."""
        while self._read(3 * PATIENCE_S):
            pass
        return self.process.wait(PATIENCE_S)

    def _read(self, timeout_s: float) -> bool:
        """Take what is there; False at the end."""
        if not select.select([self._end], [], [], timeout_s)[0]:
            return True
        data = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            data = os.read(self._end, 65536)
        self.shown += _COLOURS.sub("", data.decode(errors="replace")).replace("\r\n", "\n")
        return bool(data)
