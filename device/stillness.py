"""Notices a source that repeats one picture: sensors have noise, so the identical picture is no view of a room.

    stillness = Stillness()
    stillness.restart(after_s=4.0)                          # a new handle
    if stillness.look(image, captured_at): ...              # the same for four seconds by now

A picture that was given up is remembered: a new handle that shows it again is no recovery.
"""

import numpy as np

from device.sources import Image

_STEP = 8  # of the rows and columns one in so many is compared: noise is everywhere


class Stillness:
    """See the module."""

    def __init__(self) -> None:
        self.after_s = 0.0
        self._sample: Image | None = None
        self._since = 0.0
        self._frozen = False

    def restart(self, after_s: float) -> None:
        """A new handle, of which the same picture for so long is nothing unusual; 0: for ever."""
        self.after_s = after_s
        if not self._frozen:
            self._sample = None

    def look(self, image: Image, captured_at: float) -> bool:
        """Whether the source has stood still for too long, this picture included."""
        if not self.after_s:
            return False
        sample = image[::_STEP, ::_STEP]
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._sample, self._since, self._frozen = sample.copy(), captured_at, False
        self._frozen = self._frozen or captured_at - self._since >= self.after_s
        return self._frozen
