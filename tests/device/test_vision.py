"""A frame's way through the device: from pictures to events, with a real model and people made of formulas."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from core.bundle import Bundle, seal
from core.signing import SigningKey
from core.skeleton import Pose
from device.camera.capture import Frame
from device.classifier import Decision, Recogniser
from device.events import EventDraft
from device.latency.meter import TOTAL, LatencyMeter
from device.pose.recording import RecordingEstimator
from device.settings import EventSettings
from device.vision import Vision
from tests import people
from tests.people import write_recording

BLANK = np.zeros((4, 4, 3), np.uint8)
FPS = 15.0
BEGAN = 1000.0  # seconds on the monotonic clock
SCRIPT = (("background", 4.0), ("wave", 4.0), ("background", 4.0), ("squat", 4.0), ("background", 4.0))


class Film:
    """A camera, an estimator and a clock over one script: everything that a Vision needs, without waiting."""

    def __init__(self, directory: Path, bundle: Bundle, script: Sequence[tuple[str, float]] = SCRIPT) -> None:
        path = directory / "recording.npz"
        self.seconds = write_recording(path, script, fps=FPS, seed=77)
        self.meter = LatencyMeter()
        self.now = BEGAN
        recogniser = Recogniser(bundle, meter=self.meter)
        estimator = RecordingEstimator(path)
        self.vision = Vision(estimator, recogniser, EventSettings(), self.meter, clock=lambda: self.now)
        self._index = 0

    def play(self, seconds: float | None = None, *, lag: float = 0.02) -> list[EventDraft]:
        """The next seconds of the film; each frame is decided upon `lag` seconds after its capture."""
        drafts: list[EventDraft] = []
        for _ in range(round((seconds or self.seconds) * FPS)):
            captured_at = BEGAN + self._index / FPS
            self.now = captured_at + lag
            drafts += self.vision.process(Frame(BLANK, captured_at, self._index))
            self._index += 1
        return drafts


def kinds(drafts: Sequence[EventDraft]) -> list[tuple[str, str]]:
    return [(draft.kind, draft.action) for draft in drafts]


def test_a_film_gives_the_events_of_its_script(tmp_path, bundle):
    """Each action that is performed is one start and one end, within a second of the truth."""
    film = Film(tmp_path, bundle)
    drafts = film.play()
    assert kinds(drafts) == [("start", "wave"), ("end", "wave"), ("start", "squat"), ("end", "squat")]
    for draft, (start, end) in zip(drafts[1::2], [(4, 8), (12, 16)], strict=True):
        assert draft.started_at - BEGAN == pytest.approx(start, abs=1)
        assert draft.ended_at is not None
        assert draft.ended_at - BEGAN == pytest.approx(end, abs=1)
        assert draft.ended_by == "finished"
    assert film.vision.frames == round(film.seconds * FPS)
    assert film.vision.people == 1


def test_the_current_action_follows(tmp_path, bundle):
    """While an action is reported it is the current one, since it truly began; before and after it is background."""
    film = Film(tmp_path, bundle)
    film.play(4)
    assert film.vision.current()[0] == "background"
    film.play(3.5)
    action, confidence, since = film.vision.current()
    assert action == "wave"
    assert confidence > 0.6
    assert since == pytest.approx(BEGAN + 4, abs=1)
    film.play(4)
    assert film.vision.current() == ("background", 1.0, None)


def test_who_leaves_in_an_action_ends_it_when_last_seen(tmp_path, bundle):
    """When a person walks out of the picture the event ends then, because they left; nothing is kept of them."""
    film = Film(tmp_path, bundle, (("background", 4.0), ("wave", 4.0), ("nobody", 4.0)))
    drafts = film.play()
    assert kinds(drafts) == [("start", "wave"), ("end", "wave")]
    assert drafts[1].ended_by == "person_left"
    assert drafts[1].ended_at == pytest.approx(BEGAN + 8 - 1 / FPS)
    assert film.vision.people == 0
    assert not film.vision.recogniser._buffers


@pytest.mark.parametrize("ended_by", ["camera_lost", "stopped"])
def test_no_event_outlasts_the_newest_frame(tmp_path, bundle, ended_by):
    """If the camera is lost events end with its last frame, however late that is noticed; then people are new."""
    film = Film(tmp_path, bundle)
    (start,) = film.play(7)
    (end,) = film.vision.end_all(BEGAN + 60, ended_by)
    assert (end.id, end.ended_by) == (start.id, ended_by)
    assert end.ended_at == pytest.approx(BEGAN + 7 - 1 / FPS)
    assert film.vision.people == 0
    later = film.play()
    assert later
    assert all(draft.track > start.track and draft.started_at >= end.ended_at for draft in later)


def test_a_new_release_takes_over_between_two_frames(tmp_path, bundle_factory):
    """In the middle of an action another version takes over: no frame is lost, and the event goes on under its id."""
    film = Film(tmp_path, bundle_factory(1))
    drafts = film.play(7)
    assert film.vision.swap(bundle_factory(2)) == []
    assert film.vision.recogniser.manifest.version == 2
    drafts += film.play(4)
    assert kinds(drafts) == [("start", "wave"), ("end", "wave")]
    assert drafts[0].id == drafts[1].id
    assert film.vision.frames == round(11 * FPS)


def test_a_release_with_other_labels_ends_what_runs(tmp_path, bundle):
    """An action that the new release does not mean by that name cannot go on."""
    labels = ("background", "applause", "crouch", "greeting")
    key = SigningKey.generate()
    other = seal(msgspec.structs.replace(bundle.manifest, version=2, labels=labels), bundle.files, key)
    film = Film(tmp_path, bundle)
    film.play(7)
    (end,) = film.vision.swap(other)
    assert (end.kind, end.action) == ("end", "wave")
    assert "crouch" in {draft.action for draft in film.play(11)}


def test_latency_is_from_capture_to_decision(tmp_path, bundle):
    """The total of a frame is its age when its decision is there; every stage is measured beside it."""
    film = Film(tmp_path, bundle)
    film.play(3, lag=0.03)
    summary = film.meter.summary()
    assert summary[TOTAL].p50_ms == pytest.approx(30)
    assert set(summary) == {"capture", "pose", "tracking", "features", "classifier", "events", TOTAL}


def test_everything_but_the_pose_is_quick(tmp_path, bundle):
    """What is ours in a frame stays far below the five milliseconds that would be felt, even on a busy machine."""
    film = Film(tmp_path, bundle)
    film.play()
    summary = film.meter.summary()
    assert sum(summary[stage].p50_ms for stage in ("tracking", "features", "classifier", "events")) < 5


def test_closing_gives_back_the_estimator(tmp_path, bundle):
    """Closing reaches the estimator, once."""
    film = Film(tmp_path, bundle)
    closed = []
    film.vision._estimator.close = lambda: closed.append(True)
    film.vision.close()
    assert closed == [True]


class Cups:
    """A detector of things that always sees one cup; counts how often it is asked to look."""

    classes = ("phone", "cup")

    def __init__(self) -> None:
        self.looks = 0

    def update(self, image: np.ndarray, captured_at: float) -> np.ndarray:
        self.looks += 1
        return self.slots()

    def slots(self, near: object = None) -> np.ndarray:
        return np.array([[0.0] * 5, [0.7, 0.5, 0.1, 0.2, 0.9]], np.float32)


class Listening(Recogniser):
    """A recogniser that keeps the boxes it is given; its release looks at objects if so told."""

    def __init__(self, bundle: Bundle, objects: tuple[str, ...]) -> None:
        super().__init__(bundle)
        self._objects = objects
        self.boxes: list[np.ndarray | None] = []

    @property
    def manifest(self) -> SimpleNamespace:
        real = self.bundle.manifest
        features = SimpleNamespace(objects=self._objects)
        return SimpleNamespace(features=features, model=real.model, thresholds=real.thresholds, labels=real.labels)

    def push(self, track: int, captured_at: float, pose: Pose, boxes: np.ndarray | None = None) -> list[Decision]:
        self.boxes.append(boxes)
        return []


def look_once(recogniser: Listening, things: Cups | None) -> np.ndarray | None:
    estimator = SimpleNamespace(estimate=lambda _image, at: [people.pose_at("wave", at)])
    vision = Vision(estimator, recogniser, EventSettings(), LatencyMeter(), things=things)
    vision.process(Frame(BLANK, BEGAN, 0))
    (boxes,) = recogniser.boxes
    return boxes


def test_a_release_gets_the_things_it_looks_at_in_its_own_order(bundle, caplog):
    """Boxes come in the release's order, zeros for what the detector does not know, and the log says what that is."""
    things = Cups()
    boxes = look_once(Listening(bundle, ("cup", "lamp", "phone")), things)
    assert boxes.tolist() == [pytest.approx([0.7, 0.5, 0.1, 0.2, 0.9]), [0.0] * 5, [0.0] * 5]
    assert things.looks == 1
    assert "release tiny-1 also looks at lamp; see [objects]" in caplog.text


def test_nobody_looks_for_things_in_vain(bundle, caplog):
    """A release that looks at people only costs no detection; without a detector the release's boxes are unknown."""
    things = Cups()
    assert look_once(Listening(bundle, ()), things) is None
    assert things.looks == 0
    assert not caplog.text
    assert look_once(Listening(bundle, ("cup",)), None) is None
    assert "also looks at cup" in caplog.text
