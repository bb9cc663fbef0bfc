"""Judged frames made of formulas, for whoever looks on."""

import time

import numpy as np

from core.bundle import Bundle
from core.window import Window
from device.camera.capture import Frame
from device.classifier import Decision
from device.onlookers import Sight
from tests import people

SIZE = (240, 320)


def sight(
    bundle: Bundle,
    *,
    tracks: tuple[int, ...] = (1,),
    at: float | None = None,
    windows: tuple[tuple[float, float], ...] = (),
    camera: str = "",
    latency_ms: float = 20.0,
    shade: int = 90,
) -> Sight:
    """Somebody who waves for every track, in a grey room.

    Args:
        windows: begin and end of each that the frame completes, all of the first track.
    """
    moment = time.monotonic() if at is None else at
    image = np.full((*SIZE, 3), shade, np.uint8)
    labels = bundle.manifest.labels
    sure = np.eye(len(labels), dtype=np.float32)[labels.index("wave")]
    return Sight(
        camera=camera,
        frame=Frame(image, moment, 0),
        people=tuple((track, people.pose_at("wave", moment, seed=track)) for track in tracks),
        decisions=tuple(
            Decision(tracks[0], sure, 0.0, Window(np.full((32, 15, 4), begin, np.float32), begin, end))
            for begin, end in windows
        ),
        doing=dict.fromkeys(tracks[:1], ("wave", 0.9)),
        manifest=bundle.manifest,
        latency_ms=latency_ms,
    )
