"""Notices a source that repeats one picture: sensors have noise, so the identical picture is no view of a room.

    stillness = Stillness()
    stillness.restart(after_s=4.0)                          # a new handle
    stillness.look(image, captured_at)                      # ALIVE, or FROZEN when it is the same for four seconds

A picture that was given up is remembered: a new handle that shows it again is DOUBTFUL, and no recovery.
"""

from enum import Enum

import numpy as np

from device.camera.sources import Image

_STEP = 8  # of the rows and columns one in so many is compared: noise is everywhere


class Life(Enum):
    """What a picture tells about its source."""

    ALIVE = "alive"
    DOUBTFUL = "doubtful"
    FROZEN = "frozen"


class Stillness:
    """See the module."""

    def __init__(self) -> None:
        self.after_s = 0.0
        self._sample: Image | None = None
        self._since: float | None = None  # when this handle first showed it
        self._given_up = False

    def restart(self, after_s: float) -> None:
        """A new handle, of which the same picture for so long is nothing unusual; 0: for ever."""
        self.after_s, self._since = after_s, None
        if not self._given_up:
            self._sample = None

    def look(self, image: Image, captured_at: float) -> Life:
        """Judge the next picture of a handle."""
        if not self.after_s:
            return Life.ALIVE
        sample = image[::_STEP, ::_STEP]
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._sample, self._since, self._given_up = sample.copy(), captured_at, False
        elif self._since is None:
            self._since = captured_at
        elif captured_at - self._since >= self.after_s:
            self._given_up = True
            return Life.FROZEN
        return Life.DOUBTFUL if self._given_up else Life.ALIVE
