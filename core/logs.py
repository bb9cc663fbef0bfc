"""Logs for a service that runs for years: one line a fact, no flood, no secrets.

- The same line (whatever numbers it holds) comes a few times a minute at most, and lines from one place not much more
  often; the next one that is let through says how many were kept back.
- User and password in an address are never written, wherever the text came from: a library's message, a traceback.

    log_to_stderr(logging.INFO)
"""

import logging
import re
import sys
import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_S = 60.0
SAME_LINES = 3  # in that time: whoever tries something again wants to see it fail again
SAME_PLACE = 30  # in that time: different lines from one statement, such as one for each of many messages
_REMEMBERED = 500  # texts and places
_NUMBER = re.compile(r"\d+")
_CREDENTIALS = re.compile(r"://[^/\s@]*(?:@[^/\s@]*)*@")  # a careless password may hold an @ itself


def log_to_stderr(level: int) -> None:
    """Everything from this level on goes to stderr; systemd's journal adds the time."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(NoSecrets("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(FewRepeats())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def without_credentials(text: str) -> str:
    """A text whose addresses name neither user nor password."""
    return _CREDENTIALS.sub("://", text)


class NoSecrets(logging.Formatter):
    """Lines, tracebacks included, in which addresses name neither user nor password."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return without_credentials(super().format(record))


class FewRepeats(logging.Filter):
    """Keeps repetitions back; see the module. What is below INFO was asked for, and passes.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._began: OrderedDict[object, float] = OrderedDict()
        self._count: dict[object, int] = {}
        self._kept_back: dict[object, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line may pass; how many were kept back before it is appended to its text."""
        if record.levelno < logging.INFO:
            return True
        text = record.getMessage()
        line, place = (record.name, _NUMBER.sub("#", text)[:200]), (record.pathname, record.lineno)
        within = [self._is_within(line, SAME_LINES), self._is_within(place, SAME_PLACE)]
        if not all(within):
            self._kept_back[line] = self._kept_back.get(line, 0) + 1
            return False
        if kept_back := self._kept_back.pop(line, 0):
            record.msg, record.args = f"{text} ({kept_back} more lines like this were kept back)", None
        return True

    def _is_within(self, key: object, most: int) -> bool:
        now = self._clock()
        if now - self._began.get(key, now - WINDOW_S) >= WINDOW_S:
            self._began[key] = now
            self._began.move_to_end(key)
            self._count[key] = 0
            self._forget_the_oldest()
        self._count[key] += 1
        return self._count[key] <= most

    def _forget_the_oldest(self) -> None:
        while len(self._began) > _REMEMBERED:
            key, _ = self._began.popitem(last=False)
            del self._count[key]
            self._kept_back.pop(key, None)
