"""What of a picture is looked at, and which way up: turned, then mirrored, then cropped.

framing = Framing(settings)
image = framing.apply(image)            # the same picture where nothing is to be done
"""

import numpy as np

from device.camera.settings import CameraSettings
from device.camera.sources import Image


class Framing:
    """See the module."""

    def __init__(self, settings: CameraSettings) -> None:
        self._quarters = -settings.rotate // 90  # numpy turns the other way round
        self._mirror = settings.mirror
        self._crop = settings.crop
        self._idle = not settings.rotate and not settings.mirror and settings.crop == (0.0, 0.0, 1.0, 1.0)

    def apply(self, image: Image) -> Image:
        """(H, W, 3) -> the part that is looked at, in one piece of memory as models want it."""
        if self._idle:
            return image
        framed = np.rot90(image, self._quarters)
        if self._mirror:
            framed = framed[:, ::-1]
        height, width = framed.shape[:2]
        left, top, right, bottom = self._crop
        # Rounded outwards: a picture of few pixels keeps at least one.
        rows = slice(int(top * height), int(np.ceil(bottom * height)))
        columns = slice(int(left * width), int(np.ceil(right * width)))
        return np.ascontiguousarray(framed[rows, columns])
