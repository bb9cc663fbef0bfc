"""Who looks on while frames are judged: the preview page, a lesson. Nothing of it leaves the board.

    onlookers = Onlookers()                     # one for the whole daemon; `device.vision` shows it every judged frame
    with onlookers.joined_by(lesson): ...

`see` runs on the loop's thread, between two frames: it takes a note and no more. While nobody looks on, a frame costs
one question.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from core.bundle import Manifest
from core.skeleton import Pose
from device.camera.capture import Frame
from device.classifier import Decision

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sight:
    """One judged frame.

    Attributes:
        camera: its name.
        people: track and pose of everybody who is seen.
        decisions: on the windows that this frame completed, mostly none.
        doing: the action of every track that has a reported one, and how sure that is.
        manifest: of the release that judged.
        latency_ms: from capture to here.
    """

    camera: str  # empty: the only one
    frame: Frame
    people: tuple[tuple[int, Pose], ...]
    decisions: tuple[Decision, ...]
    doing: Mapping[int, tuple[str, float]]
    manifest: Manifest
    latency_ms: float


class Onlooker(Protocol):
    """Takes notes of what is seen."""

    def see(self, sight: Sight) -> None:
        """Look at one judged frame; quickly, and without changing it."""
        ...


class Onlookers:
    """See the module. They may come and go from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._present: tuple[Onlooker, ...] = ()

    @property
    def present(self) -> bool:
        """Whether anybody looks on."""
        return bool(self._present)

    @contextmanager
    def joined_by(self, onlooker: Onlooker) -> Iterator[None]:
        """Show everything to one more, for as long as this lasts."""
        with self._lock:
            self._present = (*self._present, onlooker)
        try:
            yield
        finally:
            self._drop(onlooker)

    def see(self, sight: Sight) -> None:
        """Show a judged frame to everybody."""
        for onlooker in self._present:
            try:
                onlooker.see(sight)
            except Exception:  # whoever looks on must not disturb what they look at
                log.exception("an onlooker failed and sees no more")
                self._drop(onlooker)

    def _drop(self, onlooker: Onlooker) -> None:
        with self._lock:
            self._present = tuple(one for one in self._present if one is not onlooker)
