import threading
import time

import cv2
import msgspec
import numpy as np
import pytest

from core.bundle import Bundle
from device.onlookers import Onlookers
from device.preview import Gallery, gallery
from tests.broker import wait_until
from tests.device.sights import SIZE, sight


@pytest.fixture
def onlookers() -> Onlookers:
    return Onlookers()


def shade(jpeg: bytes) -> int:
    """How bright the room is, in a corner where nobody is."""
    return int(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[-5, -5].mean().round())


def test_nothing_is_kept_while_nobody_watches(onlookers: Onlookers, bundle: Bundle):
    """The gallery looks only while it is watched, and forgets the picture with the last viewer."""
    made = Gallery(onlookers, [""])
    assert not onlookers.present
    with made.watched():
        with made.watched():
            assert onlookers.present
        onlookers.see(sight(bundle))
        assert made.views()[0].age_s is not None
    assert not onlookers.present
    assert made.views()[0].age_s is None
    assert made._kept == {}


def test_pictures_show_what_was_judged_newest_first(onlookers: Onlookers, bundle: Bundle):
    """A viewer gets the newest frame as JPEG with people drawn in it; frames in between are skipped."""
    made, stop = Gallery(onlookers, [""]), threading.Event()
    with made.watched():
        pictures = made.pictures("", stop)
        for one in (50, 100, 150):
            onlookers.see(sight(bundle, shade=one))
        first = next(pictures)
        assert shade(first) == 150
        drawn = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
        assert drawn.shape == (*SIZE, 3)
        assert (np.abs(drawn.astype(int) - 150).max(axis=2) > 60).sum() > 200
        onlookers.see(sight(bundle, shade=200, tracks=()))
        nobody = cv2.imdecode(np.frombuffer(next(pictures), np.uint8), cv2.IMREAD_COLOR)
        assert np.abs(nobody.astype(int) - 200).max() < 5
        stop.set()
        assert list(pictures) == []


def test_a_viewer_without_pictures_hears_of_it(onlookers: Onlookers, monkeypatch: pytest.MonkeyPatch):
    """Where no picture comes for a while the viewer gets an empty one, to see whether anybody is still there."""
    monkeypatch.setattr(gallery, "_WAIT_S", 0.01)
    made = Gallery(onlookers, [""])
    with made.watched():
        assert next(made.pictures("", threading.Event())) == b""


def test_a_picture_is_drawn_once_for_all(onlookers: Onlookers, bundle: Bundle, monkeypatch: pytest.MonkeyPatch):
    """Several viewers of one frame cost one drawing; nobody's picture is drawn when nobody takes it."""
    drawn = []
    monkeypatch.setattr(gallery, "draw", lambda one: drawn.append(one) or np.zeros((*SIZE, 3), np.uint8))
    made = Gallery(onlookers, [""])
    with made.watched():
        viewers = [made.pictures("", threading.Event()) for _ in range(3)]
        for _ in range(5):
            onlookers.see(sight(bundle))
        assert len({next(viewer) for viewer in viewers}) == 1
    assert len(drawn) == 1


def test_the_frame_loop_waits_for_no_viewer(onlookers: Onlookers, bundle: Bundle, monkeypatch: pytest.MonkeyPatch):
    """While a picture is being drawn, for as long as that takes, frames go on being seen."""
    drawing, go_on = threading.Event(), threading.Event()

    def draw(_: object) -> np.ndarray:
        drawing.set()
        assert go_on.wait(20)
        return np.zeros((*SIZE, 3), np.uint8)

    monkeypatch.setattr(gallery, "draw", draw)
    made = Gallery(onlookers, [""])
    with made.watched():
        onlookers.see(sight(bundle))
        pictures = made.pictures("", threading.Event())
        viewer = threading.Thread(target=lambda: next(pictures))
        viewer.start()
        assert drawing.wait(20)
        for _ in range(100):
            onlookers.see(sight(bundle))
        assert viewer.is_alive()
        go_on.set()
        viewer.join(20)


def test_the_state_tells_numbers_and_no_keypoints(onlookers: Onlookers, bundle: Bundle):
    """People, actions, probabilities, rate and latency are told; the JSON has no field for a joint or a pixel."""
    made = Gallery(onlookers, ["hall", "yard"])
    with made.watched():
        now = time.monotonic()
        for number in range(21):
            moment = now - 2 + number / 10
            windows = ((moment - 2, moment),) if number == 10 else ()
            onlookers.see(
                sight(bundle, at=moment, tracks=(2, 1), windows=windows, camera="hall", latency_ms=20.0 + number)
            )
        hall, yard = made.views()
    assert (hall.camera, hall.model, hall.labels) == ("hall", bundle.manifest.model, bundle.manifest.labels)
    assert [(one.person, one.action, one.confidence) for one in hall.people] == [(1, None, 0.0), (2, "wave", 0.9)]
    assert hall.people[0].probabilities == []
    assert hall.people[1].probabilities == [0.0, 0.0, 0.0, 1.0]
    assert hall.fps == pytest.approx(10.0, abs=0.1)
    assert (hall.latency_ms, hall.latency_p95_ms) == (40.0, pytest.approx(np.percentile(np.arange(20, 41), 95)))
    assert (yard.age_s, yard.people) == (None, [])
    fields = set(msgspec.to_builtins(hall)) | {key for one in msgspec.to_builtins(hall)["people"] for key in one}
    assert fields == {
        "camera", "model", "labels", "people", "fps", "latency_ms", "latency_p95_ms", "age_s",
        "person", "action", "confidence", "probabilities",
    }  # fmt: skip


def test_who_left_is_no_longer_in_the_state(onlookers: Onlookers, bundle: Bundle):
    """Probabilities of somebody who left are forgotten: their number is not somebody else's."""
    made = Gallery(onlookers, [""])
    with made.watched():
        onlookers.see(sight(bundle, tracks=(1,), windows=((0.0, 1.0),)))
        onlookers.see(sight(bundle, tracks=()))
        onlookers.see(sight(bundle, tracks=(1,)))
        assert made.views()[0].people[0].probabilities == []


def test_threads_that_watch_and_leave_leave_nothing_behind(onlookers: Onlookers, bundle: Bundle):
    """Viewers who come and go at once from many threads end with nobody present."""
    made = Gallery(onlookers, [""])

    def watch() -> None:
        for _ in range(50):
            with made.watched():
                onlookers.see(sight(bundle))

    threads = [threading.Thread(target=watch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: not onlookers.present)
    assert not any(thread.is_alive() for thread in threads)
