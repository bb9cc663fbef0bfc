"""What a service tells systemd (sd_notify(3)); silent where there is no systemd."""

import os
import time

import sdnotify


class Notifier:
    """READY, RELOADING, WATCHDOG, STATUS and STOPPING on the socket that NOTIFY_SOCKET names."""

    def __init__(self) -> None:
        self._notifier = sdnotify.SystemdNotifier()

    @property
    def watchdog_interval_s(self) -> float | None:
        """Half of WatchdogSec=, the recommended time between pings; None when there is no watchdog."""
        limit_us = os.environ.get("WATCHDOG_USEC", "")
        if not limit_us.isdecimal() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
            return None
        return int(limit_us) / 2_000_000

    def ready(self) -> None:
        """The service does its job now."""
        self._notifier.notify("READY=1")

    def reloading(self) -> None:
        """The configuration is read again; `ready` ends it."""
        now_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._notifier.notify(f"RELOADING=1\nMONOTONIC_USEC={now_us}")

    def watchdog(self) -> None:
        """The service still does its job."""
        self._notifier.notify("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._notifier.notify(f"STATUS={text}")

    def stopping(self) -> None:
        """The service is about to end, in good order."""
        self._notifier.notify("STOPPING=1")
