"""`posefleet` on a machine whose clocks go slower: for an emulated board, whose seconds are minutes.

    python3 slow_clock.py 250 device run --config device.toml

To the program a film then plays at its usual rate and a picture takes as long as on a real board, so nothing is left
out, and its messages speak of the slow clocks. Only the standard library and the package itself are needed.
"""

import datetime as dt
import sys
import threading
import time

_SLOWER = float(sys.argv.pop(1))
_REAL, _monotonic, _wait, _sleep = dt.datetime, time.monotonic, threading.Condition.wait, time.sleep
_began, _began_at = _monotonic(), time.time()


def _passed_s() -> float:
    return (_monotonic() - _began) / _SLOWER


class _SlowDatetime(_REAL):
    """Makes real datetimes, of a slow now."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return _REAL.fromtimestamp(time.time(), tz)

    @classmethod
    def fromtimestamp(cls, moment: float, tz: dt.tzinfo | None = None) -> dt.datetime:
        return _REAL.fromtimestamp(moment, tz)

    @classmethod
    def fromisoformat(cls, text: str) -> dt.datetime:
        return _REAL.fromisoformat(text)


def _slow_wait(self: threading.Condition, timeout: float | None = None) -> bool:
    return _wait(self, None if timeout is None else timeout * _SLOWER)


# Before anybody imports them by name, or keeps them as a default.
time.monotonic = lambda: _began + _passed_s()
time.time = lambda: _began_at + _passed_s()
time.sleep = lambda seconds: _sleep(seconds * _SLOWER)
threading._time = time.monotonic  # type: ignore[attr-defined]
threading.Condition.wait = _slow_wait  # type: ignore[method-assign]

import device.daemon  # noqa: E402 - every module with its own name for `datetime` must be there
from posefleet.__main__ import main  # noqa: E402

for _module in list(sys.modules.values()):
    if getattr(_module, "__name__", "").startswith("device.") and getattr(_module, "datetime", None) is _REAL:
        _module.datetime = _SlowDatetime

if __name__ == "__main__":
    assert device.daemon
    sys.exit(main())
