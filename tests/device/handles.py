"""Capture handles that do as they are told, and waiting for what a camera makes of them."""

import time
from collections.abc import Callable

import cv2
import numpy as np

from device.camera.capture import Camera

PATIENCE_S = 15.0  # for what takes a fraction of it unless the machine is busy


def wait_until(camera: Camera, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, (camera.state, camera.problem)
        camera.next(timeout_s=0.05)


class Handle:
    """An OpenCV capture handle that works for a while and then does what it is told."""

    def __init__(self, pictures: int, then: Exception | None) -> None:
        self._left, self._then = pictures, then
        self._size: dict[int, float] = {}
        self.decoded = 0
        self.released = False

    def grab(self) -> bool:
        time.sleep(0.01)
        self._left -= 1
        if self._left < 0 and self._then is not None:
            raise self._then
        return self._left >= 0

    def retrieve(self) -> tuple[bool, np.ndarray]:
        self.decoded += 1
        rows, columns = (
            int(self._size.get(which, 4)) for which in (cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH)
        )
        return True, np.zeros((rows, columns, 3), np.uint8)

    def set(self, which: int, value: float) -> bool:
        self._size[which] = value
        return True

    def release(self) -> None:
        self.released = True
