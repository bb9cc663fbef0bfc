"""What the broker refuses to take: how long to wait before trying again, and what a person should know.

An access list does not change by itself and a full quota not at once: after a refusal nothing is sent for a while, so
that a device neither floods a broker that does not want it nor loses what is refused.
"""

import logging

log = logging.getLogger(__name__)

AGAIN_S = 30.0


class Setback:
    """For one thread; `problem` may be read by any."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self._until = 0.0

    def note(self, topic: str, reason: str, now: float) -> None:
        """The broker refused a message: wait from now on. One log line for a row of refusals."""
        problem = f"the broker refuses what is sent to {topic} ({reason}); check its access list and its quotas"
        if self.problem is None:
            log.warning("%s; what is refused is kept and tried again", problem)
        self.problem, self._until = problem, now + AGAIN_S

    def waiting(self, now: float) -> bool:
        """Whether to send nothing yet; some time without another refusal ends the setback."""
        if now > self._until + AGAIN_S / 2:
            self.problem = None
        return now < self._until
