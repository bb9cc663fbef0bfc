"""A recording as a moving picture: the skeleton, left and right in two colours, with time and label.

write_gif(recording, Path("wave.gif"))
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.skeleton import Array, Pose
from device.drawing import MIDDLE, Picture, draw_skeleton
from training.datasets.checks.frames import found_frames
from training.datasets.recording import Recording

_HEIGHT = 320  # pixels
_MARGIN = 0.08  # of the height
_FEWEST_PX, _MOST_PX = 120, 640  # width
_LONGEST = 600  # frames: a minute at ten a second
_FASTEST = 20  # frames per second; viewers slow anything faster down
_SEEN = 0.1
_BACKGROUND = (250, 250, 250)


def write_gif(recording: Recording, path: Path) -> int:
    """Draw a recording; returns the number of pictures.

    Raises:
        InputError: nobody is ever in it.
    """
    from PIL import Image

    pictures = list(draw(recording))
    step_s = float(np.median(np.diff(recording.times))) if len(recording.times) > 1 else 0.5
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = [Image.fromarray(one).quantize(colors=32) for one in pictures]
    milliseconds = round(1000 * step_s * _every(recording))
    first.save(path, format="GIF", save_all=True, append_images=others, duration=max(milliseconds, 20), loop=0)
    return len(pictures)


def draw(recording: Recording) -> Iterator[Picture]:
    """Pictures (H, W, 3) uint8 RGB of a recording, no more than twenty a second, the first minute of it."""
    found = found_frames(recording)
    if not found.any():
        raise InputError(f"{recording.name}: nobody is found in any frame; there is nothing to show")
    scale, offset, width = _view(recording, found)
    for frame in range(0, len(recording.times), _every(recording))[:_LONGEST]:
        joints = _core15(recording, frame) if found[frame] else None
        label = recording.classes[recording.labels[frame]]
        text = f"{recording.times[frame]:6.2f} s  {label}"
        yield _picture(None if joints is None else joints[:, :2] * scale + offset, joints, width, text)


def _every(recording: Recording) -> int:
    if len(recording.times) < 2 or recording.stills:  # noqa: PLR2004 - a rate needs two
        return 1
    return max(1, round(1 / float(np.median(np.diff(recording.times))) / _FASTEST))


def _core15(recording: Recording, frame: int) -> Array:
    row = recording.joints[frame]
    return Pose(row[:, :3].copy(), row[:, 3].copy(), recording.layout).core15


def _view(recording: Recording, found: npt.NDArray[np.bool_]) -> tuple[float, Array, int]:
    """Scale and offset from the recording's unit to pixels, and the width, so that everything is always in view."""
    seen = np.concatenate([_core15(recording, int(frame)) for frame in np.flatnonzero(found)])
    seen = seen[seen[:, 3] > _SEEN] if (seen[:, 3] > _SEEN).any() else seen
    low, high = np.percentile(seen[:, :2], 0.5, axis=0), np.percentile(seen[:, :2], 99.5, axis=0)
    room = _HEIGHT * (1 - 2 * _MARGIN)
    scale = float(
        min(room / max(high[1] - low[1], 1e-6), (_MOST_PX - 2 * _MARGIN * _HEIGHT) / max(high[0] - low[0], 1e-6))
    )
    width = int(np.clip((high[0] - low[0]) * scale + 2 * _MARGIN * _HEIGHT, _FEWEST_PX, _MOST_PX))
    middle = (low + high) / 2
    return scale, np.array([width / 2, _HEIGHT / 2], np.float32) - (middle * scale).astype(np.float32), width


def _picture(places: Array | None, joints: Array | None, width: int, text: str) -> Picture:
    import cv2

    picture: Picture = np.full((_HEIGHT, width, 3), _BACKGROUND, np.uint8)
    if places is not None and joints is not None:
        draw_skeleton(picture, places, joints[:, 3])
    cv2.putText(picture, text, (6, _HEIGHT - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.4, MIDDLE, 1, cv2.LINE_AA)
    return picture
