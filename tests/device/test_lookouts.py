import itertools
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.bundle import Bundle
from core.errors import PosefleetError
from core.interpreter import Classifier
from core.messages import ActionEvent, decode
from device.camera.capture import Frame
from device.camera.settings import ZoneSettings
from device.latency.meter import LatencyMeter
from device.lookouts import Lookout, Lookouts, make_lookouts
from device.loop import FrameLoop, Parts
from device.settings import DeviceSettings
from tests.broker import wait_until
from tests.device.looping import Dancer, FakeCamera, look, loop_parts, loop_settings
from tests.device.videos import write_video
from tests.people import write_recording

FPS = 15.0


class Still(FakeCamera):
    """Has a picture when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = False

    def take(self) -> Frame | None:
        if not self.waiting:
            return None
        self.waiting = False
        self.index += 1
        return Frame(np.zeros((48, 64, 3), np.uint8), self.index / FPS, self.index)


@pytest.fixture
def settings(tmp_path: Path, bundle: Bundle) -> DeviceSettings:
    return loop_settings(tmp_path, bundle)


def lookouts_of(cameras: dict[str, FakeCamera], bundle: Bundle, settings: DeviceSettings) -> Lookouts:
    meter, numbers = LatencyMeter(), itertools.count(1)
    each = [
        look(camera, Dancer(), bundle, settings, meter, name=name, numbers=numbers) for name, camera in cameras.items()
    ]
    return Lookouts(each)


def test_cameras_have_their_turns(bundle: Bundle, settings: DeviceSettings):
    """Of those that have a picture it is the turn of whose last turn is longest ago; a picture not taken waits."""
    cameras = {"a": Still(), "b": Still(), "c": Still()}
    lookouts = lookouts_of(cameras, bundle, settings)
    seen = []
    for waiting in ("abc", "abc", "ab", "ab", "a", "", "c", "abc"):
        for name in waiting:
            cameras[name].waiting = True
        turn = lookouts.next(timeout_s=0.0)
        seen.append("-" if turn is None else str(turn[0].name))
    assert "".join(seen) == "abcabacb"


def test_the_gravest_state_is_the_devices(bundle: Bundle, settings: DeviceSettings):
    """The state of all is that of the one that is worst off; each has its own beside it."""
    cameras = {"a": Still(), "b": Still()}
    lookouts = lookouts_of(cameras, bundle, settings)
    order = ("lost", "starting", "ended", "resting", "ok")
    for one, other in itertools.product(order, order):
        cameras["a"].state, cameras["b"].state = one, other
        assert lookouts.state == min(one, other, key=order.index)
        assert lookouts.states == {"a": one, "b": other}


def test_one_camera_without_a_name_says_no_names(bundle: Bundle, settings: DeviceSettings):
    """With the one [camera] neither events nor status carry a camera."""
    lookouts = Lookouts([look(Still(), Dancer(), bundle, settings, LatencyMeter())])
    assert lookouts.states is None
    assert lookouts.current() == ("background", 1.0, None, None)


@pytest.fixture
def pair(bundle: Bundle, settings: DeviceSettings):
    """A loop with two cameras at work in a thread: its parts, and the cameras."""
    cameras = {"hall": FakeCamera(), "kitchen": FakeCamera()}
    with loop_parts(settings, bundle, Dancer()) as parts:
        both = replace(parts, lookouts=lookouts_of(cameras, bundle, settings))
        stop = threading.Event()
        thread = threading.Thread(target=FrameLoop(settings, both).run, args=(stop,))
        thread.start()
        yield both, cameras
        stop.set()
        thread.join()


def events(parts: Parts) -> list[ActionEvent]:
    return [decode(entry.payload, ActionEvent) for entry in parts.outbox.pending(99)]


def test_one_camera_is_lost_and_the_other_goes_on(pair: tuple[Parts, dict[str, FakeCamera]]):
    """Events and states are each camera's own: of the lost one they end, of the other nothing changes."""
    parts, cameras = pair
    hall, kitchen = parts.lookouts.each
    wait_until(lambda: {one.camera for one in events(parts)} == {"hall", "kitchen"}, "an event of each", 30)
    cameras["hall"].state, cameras["hall"].problem = "lost", "camera hall (0): no picture for 4 s"
    wait_until(lambda: [one for one in events(parts) if one.kind == "end"], "the end")
    frames = kitchen.vision.frames
    wait_until(lambda: kitchen.vision.frames > frames + 30, "frames of the other")
    assert [(one.camera, one.ended_by) for one in events(parts) if one.kind == "end"] == [("hall", "camera_lost")]
    wait_until(lambda: parts.link.status.cameras == {"hall": "lost", "kitchen": "ok"}, "the status")
    assert parts.link.status.camera == "lost"
    assert parts.link.status.problems == ["camera hall (0): no picture for 4 s"]
    seen = hall.vision.frames
    cameras["hall"].state, cameras["hall"].problem = "ok", None
    wait_until(lambda: hall.vision.frames > seen, "frames of the one that is back")
    people = [(one.camera, one.person) for one in events(parts) if one.kind == "start"]
    assert len({person for _, person in people}) == len(people), "no number is given twice on a device"


def test_what_one_estimator_cannot_judge_stays_with_its_camera(pair: tuple[Parts, dict[str, FakeCamera]]):
    """A camera whose pictures break its estimator is a problem with its name; the other is judged."""
    parts, _ = pair
    hall, kitchen = parts.lookouts.each
    hall.vision._estimator.error = RuntimeError("the graph is broken")
    wait_until(lambda: parts.link.said and parts.link.status.problems, "the problem")
    assert parts.link.status.problems == ["frames of hall cannot be judged: the graph is broken"]
    frames = kitchen.vision.frames
    wait_until(lambda: kitchen.vision.frames > frames + 10, "frames of the other")


def test_a_camera_at_rest_ends_what_goes_on_without_a_complaint(pair: tuple[Parts, dict[str, FakeCamera]]):
    """When a camera goes to rest its events end as `stopped`; the status says `resting` and no problem."""
    parts, cameras = pair
    wait_until(lambda: {one.camera for one in events(parts)} == {"hall", "kitchen"}, "an event of each", 30)
    cameras["kitchen"].state = "resting"
    wait_until(lambda: parts.link.status.cameras == {"hall": "ok", "kitchen": "resting"}, "the status")
    assert [(one.camera, one.ended_by) for one in events(parts) if one.kind == "end"] == [("kitchen", "stopped")]
    assert parts.link.status.problems == []


def make_two(settings: DeviceSettings, directory: Path, bundle: Bundle) -> Lookouts:
    """As the daemon does, of two films."""
    write_recording(directory / "people.npz", (("wave", 4.0),), fps=FPS, seed=5)
    film = write_video(directory / "film.avi", pictures=20)
    camera = {"url": str(film), "zones": {"all": ZoneSettings(polygon=((0, 0), (1, 0), (1, 1), (0, 1)))}}
    several = settings.model_copy(
        update={
            "cameras": {name: type(settings.camera)(**camera) for name in ("hall", "kitchen")},
            "pose": type(settings.pose)(estimator="recording", recording=directory / "people.npz"),
        }
    )
    return make_lookouts(several, bundle, LatencyMeter())


def classifier_of(lookout: Lookout) -> Classifier:
    return lookout.vision.recogniser._classifier


def test_the_classifier_is_shared_and_nothing_else_is(
    settings: DeviceSettings, tmp_path: Path, bundle: Bundle, bundle_factory
):
    """One interpreter serves every camera, after a release, too; estimators and trackers are each camera's own."""
    lookouts = make_two(settings, tmp_path, bundle)
    hall, kitchen = lookouts.each
    before = classifier_of(hall)
    assert before is classifier_of(kitchen)
    assert hall.vision._estimator is not kitchen.vision._estimator
    assert hall.vision._tracker is not kitchen.vision._tracker
    assert lookouts.swap(bundle_factory(2)) == []
    assert classifier_of(hall) is classifier_of(kitchen) is not before
    assert lookouts.manifest.version == 2


def test_a_release_that_does_not_run_changes_no_camera(
    settings: DeviceSettings, tmp_path: Path, bundle: Bundle, bundle_factory, monkeypatch: pytest.MonkeyPatch
):
    """All cameras go on with the release before if the new one cannot be loaded."""
    lookouts = make_two(settings, tmp_path, bundle)

    def fail(_model: bytes) -> None:
        raise PosefleetError("no memory")

    monkeypatch.setattr("device.lookouts.Classifier", fail)
    with pytest.raises(PosefleetError):
        lookouts.swap(bundle_factory(2))
    assert {lookout.vision.recogniser.manifest.version for lookout in lookouts.each} == {1}


def test_events_say_camera_and_zone(settings: DeviceSettings, tmp_path: Path, bundle: Bundle):
    """What a camera with zones sees carries both names."""
    lookouts = make_two(settings, tmp_path, bundle)
    hall = lookouts.each[0]
    picture = np.zeros((48, 64, 3), np.uint8)
    drafts = [draft for n in range(60) for draft in hall.judge(Frame(picture, n / FPS, n))]
    assert {(draft.camera, draft.zone) for draft in [*drafts, *lookouts.end_all("stopped")]} == {("hall", "all")}


def test_two_real_cameras_are_started_and_stopped(settings: DeviceSettings, tmp_path: Path, bundle: Bundle):
    """Frames of both films come through one condition; afterwards no thread of theirs is left."""
    threads = threading.active_count()
    with make_two(settings, tmp_path, bundle) as lookouts:
        seen = set()
        while len(seen) < 2 and (turn := lookouts.next(timeout_s=10.0)) is not None:
            seen.add(turn[0].name)
        assert seen == {"hall", "kitchen"}
    wait_until(lambda: threading.active_count() <= threads, "the end of their threads")


def test_who_waves_last_is_what_is_said(bundle: Bundle, settings: DeviceSettings):
    """The current action is the one that began last, with its camera's name."""
    cameras = {"a": Still(), "b": Still()}
    lookouts = lookouts_of(cameras, bundle, settings)
    first, second = lookouts.each
    for lookout, begin in ((second, 0.0), (first, 2.0)):
        for n in range(60):
            lookout.vision.process(Frame(np.zeros((48, 64, 3), np.uint8), begin + n / FPS, n))
    action, _, since, name = lookouts.current()
    assert (action, name) == ("wave", "a")
    assert since == pytest.approx(2.0, abs=0.5)
