"""The video again, with everybody's skeleton, number and action, and a bar for each of them below.

write_annotated(Path("video.mp4"), analysis, Path("out.mp4"))
"""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from core.errors import InputError
from device.drawing import Picture, draw_skeleton
from posefleet.analyse import Analysis, Seen
from posefleet.timeline import Person, Timeline
from training.videos.watching import frames

_CODEC = "mp4v"  # MPEG-4 part 2: OpenCV's wheels write and read it everywhere
_LARGEST = 1280  # pixels of width; a wider video is scaled down
_ROW, _LABEL = 18, 40  # pixels: height of a bar, width of the number before it
_WHITE, _GREY, _DARK = (255, 255, 255), (150, 150, 150), (40, 40, 40)
# RGB, one for each label in turn; the background has none.
_COLOURS = ((76, 175, 80), (0, 188, 210), (156, 39, 176), (255, 193, 7), (33, 150, 243), (244, 67, 54), (233, 30, 99))


def write_annotated(video: Path, analysis: Analysis, out: Path) -> None:
    """Draw what was seen into a copy of the video.

    Raises:
        InputError: the copy cannot be written, or would be the video itself.
    """
    timeline = analysis.timeline
    if out.exists() and out.samefile(video):
        raise InputError(f"{out}: is the video itself; name another file")
    out.parent.mkdir(parents=True, exist_ok=True)
    writer: cv2.VideoWriter | None = None
    try:
        for (moment, image), here in zip(frames(video), analysis.seen, strict=True):
            picture = _annotate(_scaled(image), here, timeline, moment)
            if writer is None:
                size = (picture.shape[1], picture.shape[0])
                fps = timeline.frames / timeline.duration_s
                writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*_CODEC), fps, size)
                if not writer.isOpened():
                    raise InputError(f"{out}: cannot be written as a video; name a writable .mp4 file")
            writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    finally:
        if writer is not None:
            writer.release()


def _scaled(image: Picture) -> Picture:
    """RGB, no wider than allowed, both sides even, as codecs want them."""
    scale = min(1.0, _LARGEST / image.shape[1])
    size = [max(2, round(side * scale / 2) * 2) for side in (image.shape[1], image.shape[0])]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)


def _annotate(image: Picture, here: Seen, timeline: Timeline, moment: float) -> Picture:
    by_number = {person.person: person for person in timeline.people}
    for number, keypoints in here:
        places = keypoints[:, :2] * np.float32(image.shape[0])
        draw_skeleton(image, places, keypoints[:, 3])
        if (person := by_number.get(number)) is not None:
            _name(image, places, person, timeline, moment)
    rows = max(1, len(timeline.people))
    bars = np.full((rows * _ROW + rows * _ROW % 2, image.shape[1], 3), _DARK, np.uint8)
    for row, person in enumerate(timeline.people):
        _bar(bars[row * _ROW : (row + 1) * _ROW], person, timeline)
    cursor = _x(moment, timeline, image.shape[1])
    cv2.line(bars, (cursor, 0), (cursor, bars.shape[0]), _WHITE, 1)
    return np.vstack([image, bars])


def _name(image: Picture, places: npt.NDArray[np.float32], person: Person, timeline: Timeline, moment: float) -> None:
    """Number and action above the head, dark behind white so that it can be read anywhere."""
    action = person.action_at(moment)
    text = f"{person.person}" if action is None else f"{person.person} {action.action}"
    left, top = (
        int(np.clip(value, 0, side - 1)) for value, side in zip(places.min(axis=0), image.shape[1::-1], strict=True)
    )
    spot = (left, max(14, top - 10))
    colour = _WHITE if action is None else _colour(timeline, action.action)
    for shade, thickness in ((_DARK, 4), (colour, 1)):
        cv2.putText(image, text, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.55, shade, thickness, cv2.LINE_AA)


def _bar(row: Picture, person: Person, timeline: Timeline) -> None:
    width = row.shape[1]
    cv2.putText(row, str(person.person), (6, _ROW - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.42, _WHITE, 1, cv2.LINE_AA)
    middle = _ROW // 2
    there = (_x(person.first_seen, timeline, width), middle), (_x(person.last_seen, timeline, width), middle)
    cv2.line(row, *there, _GREY, 1)
    for one in person.actions:
        left, right = _x(one.started_at, timeline, width), _x(one.ended_at, timeline, width)
        cv2.rectangle(row, (left, 2), (right, _ROW - 3), _colour(timeline, one.action), -1)
        cv2.putText(row, one.action, (left + 2, _ROW - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _DARK, 1, cv2.LINE_AA)


def _x(moment: float, timeline: Timeline, width: int) -> int:
    return _LABEL + round(moment / timeline.duration_s * (width - _LABEL - 1))


def _colour(timeline: Timeline, action: str) -> tuple[int, int, int]:
    return _COLOURS[(timeline.labels.index(action) - 1) % len(_COLOURS)]
