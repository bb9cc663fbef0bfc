"""Small video files for tests: each picture is as bright as its number says."""

from pathlib import Path

import cv2
import numpy as np

STEP = 4  # of brightness between two pictures: survives JPEG compression


def write_video(path: Path, *, pictures: int, fps: float = 50.0, size: tuple[int, int] = (64, 48)) -> Path:
    """Write an MJPEG video of width x height `size`."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
    assert writer.isOpened()
    for number in range(pictures):
        writer.write(np.full((size[1], size[0], 3), number * STEP, np.uint8))
    writer.release()
    return path


def number_of(image: np.ndarray) -> int:
    """The number of a picture in its video."""
    return round(float(image.mean()) / STEP)
