"""`device run` under a wall clock that a test sets: as many seconds off the real one as a file says.

    python -m tests.device.set_clock OFFSET_FILE run --config device.toml

Only the wall clock moves, as when somebody or NTP sets it; the monotonic clock goes on, as the kernel's does.
"""

import datetime as dt
import sys
import time
from pathlib import Path

_REAL, _real_time = dt.datetime, time.time
_OFFSET = Path(sys.argv.pop(1))


def _offset_s() -> float:
    return float(_OFFSET.read_text())


class _SetDatetime(_REAL):
    """Makes real datetimes, of another now."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return _REAL.now(tz) + dt.timedelta(seconds=_offset_s())

    @classmethod
    def fromtimestamp(cls, moment: float, tz: dt.tzinfo | None = None) -> dt.datetime:
        return _REAL.fromtimestamp(moment, tz)

    @classmethod
    def fromisoformat(cls, text: str) -> dt.datetime:
        return _REAL.fromisoformat(text)


time.time = lambda: _real_time() + _offset_s()

import device.daemon  # noqa: E402 - every module with its own name for `datetime` must be there
from device.cli import app  # noqa: E402

for _module in list(sys.modules.values()):
    if getattr(_module, "__name__", "").startswith("device.") and getattr(_module, "datetime", None) is _REAL:
        _module.datetime = _SetDatetime

if __name__ == "__main__":
    assert device.daemon
    app()
