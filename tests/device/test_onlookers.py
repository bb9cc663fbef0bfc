import logging

import numpy as np
import pytest

from core.bundle import Bundle
from device.camera.capture import Frame
from device.classifier import Recogniser
from device.latency.meter import LatencyMeter
from device.onlookers import Onlookers, Sight
from device.settings import EventSettings
from device.vision import Vision
from tests.device.looping import Dancer
from tests.device.sights import sight


class Notes:
    """Remembers what it sees, and fails when told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sights: list[Sight] = []
        self.error = error

    def see(self, seen: Sight) -> None:
        self.sights.append(seen)
        if self.error is not None:
            raise self.error


def test_onlookers_see_while_they_are_there(bundle: Bundle):
    """Whoever has joined sees every frame, until they leave; then nobody is present."""
    onlookers, first, second = Onlookers(), Notes(), Notes()
    assert not onlookers.present
    with onlookers.joined_by(first):
        onlookers.see(sight(bundle))
        with onlookers.joined_by(second):
            onlookers.see(sight(bundle))
        onlookers.see(sight(bundle))
    assert not onlookers.present
    assert (len(first.sights), len(second.sights)) == (3, 1)


def test_an_onlooker_that_fails_disturbs_nobody(bundle: Bundle, caplog: pytest.LogCaptureFixture):
    """A failing onlooker sees no more, the log says so, and the others go on."""
    onlookers, broken, other = Onlookers(), Notes(RuntimeError("no")), Notes()
    with onlookers.joined_by(broken), onlookers.joined_by(other), caplog.at_level(logging.ERROR):
        for _ in range(3):
            onlookers.see(sight(bundle))
    assert (len(broken.sights), len(other.sights)) == (1, 3)
    assert "an onlooker failed" in caplog.text


def test_vision_shows_what_it_judged(bundle: Bundle):
    """A judged frame comes with its people, decisions and running actions; without onlookers nothing is gathered."""
    onlookers, notes = Onlookers(), Notes()
    moments = iter(np.arange(200) / 20.0)
    clock = [0.0]
    vision = Vision(
        Dancer(), Recogniser(bundle), EventSettings(), LatencyMeter(), onlookers=onlookers, clock=lambda: clock[0]
    )

    def judge() -> None:
        clock[0] = float(next(moments))
        vision.process(Frame(np.zeros((48, 64, 3), np.uint8), clock[0] - 0.01, 0))

    judge()
    with onlookers.joined_by(notes):
        for _ in range(120):
            judge()
    judge()
    assert len(notes.sights) == 120
    last = notes.sights[-1]
    assert [len(one.people) for one in notes.sights[-60:]] == [1] * 60
    assert dict(last.doing)[last.people[0][0]][0] == "wave"
    assert last.latency_ms == pytest.approx(10.0)
    assert last.manifest.model == bundle.manifest.model
    decided = [decision for one in notes.sights for decision in one.decisions]
    assert len(decided) > 10
