import queue
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.bundle import Bundle, write_bundle
from core.errors import PosefleetError
from core.messages import CurrentAction, Status
from core.notify import Notifier
from device.camera import Frame
from device.classifier import Recogniser
from device.governor import Governor, make_ladder
from device.health import Health
from device.latency import LatencyMeter
from device.learner import Learner
from device.loop import FrameLoop, Parts
from device.outbox import Outbox
from device.releases import ReleaseClient, ReleaseStore
from device.reporter import Reporter
from device.samples import SampleStore
from device.settings import DeviceSettings
from device.vision import Vision
from tests import people
from tests.broker import wait_until
from tests.device.events import TOPICS


class FakeCamera:
    """Gives a black picture every few milliseconds, or what a test wants."""

    state, problem = "ok", None

    def __init__(self) -> None:
        self.index = -1

    def next(self, timeout_s: float) -> Frame | None:
        time.sleep(0.005)
        if self.state != "ok":
            return None
        self.index += 1
        return Frame(np.zeros((48, 64, 3), np.uint8), time.monotonic(), self.index)


class Dancer:
    """A pose estimator that sees somebody wave, or fails."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def estimate(self, image: np.ndarray, captured_at: float) -> list:
        if self.error is not None:
            raise self.error
        return [people.pose_at("wave", captured_at, seed=5)]

    def adapt(self, effort: object) -> None:
        pass

    def close(self) -> None:
        pass


class FakeLink:
    """Remembers what is said."""

    def __init__(self) -> None:
        self.said: list[Status | CurrentAction] = []

    def say(self, message: Status | CurrentAction) -> None:
        self.said.append(message)

    def announce(self, entities: object) -> None:
        pass

    def wake(self) -> None:
        pass

    def say_goodbye(self, timeout_s: float) -> bool:
        return False

    @property
    def status(self) -> Status:
        return [one for one in self.said if isinstance(one, Status)][-1]


@pytest.fixture
def settings(tmp_path: Path, bundle: Bundle) -> DeviceSettings:
    write_bundle(bundle, tmp_path / "release")
    return DeviceSettings(
        device={"site": "home", "name": "cam", "state_directory": tmp_path},
        model={"directory": tmp_path / "release", "public_key": bundle.signed.key},
        latency={"budget_ms": 5000},
        status={"interval_s": 0.5},
    )


@pytest.fixture
def parts(tmp_path: Path, bundle: Bundle, settings: DeviceSettings):
    meter, link = LatencyMeter(), FakeLink()
    store = ReleaseStore(tmp_path, settings.model)
    with (
        Outbox(tmp_path / "outbox.sqlite", 10**7) as outbox,
        SampleStore(tmp_path / "samples.sqlite", 100) as samples,
    ):
        yield Parts(
            camera=FakeCamera(),
            vision=Vision(Dancer(), Recogniser(bundle, meter=meter), settings.events, meter),
            meter=meter,
            governor=Governor(make_ladder(settings, camera=False), meter, budget_ms=5000, apply=lambda _workload: None),
            outbox=outbox,
            link=link,
            learner=Learner(
                settings.learning, topics=TOPICS, directory=tmp_path / "learning", samples=samples,
                samples_file=tmp_path / "samples.sqlite", outbox=outbox, key=None, bundle=bundle,
            ),
            store=store,
            releases=ReleaseClient(store, bundle, on_ready=lambda _bundle: None),
            ready=queue.SimpleQueue(),
            reporter=Reporter(settings.device, outbox, link),
            health=Health(Notifier()),
        )  # fmt: skip


@pytest.fixture
def running(settings: DeviceSettings, parts: Parts):
    """The loop at work in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=FrameLoop(settings, parts).run, args=(stop,))
    thread.start()
    wait_until(lambda: parts.vision.frames > 3, "frames")
    yield parts
    stop.set()
    thread.join()


def test_a_frame_that_cannot_be_judged_costs_only_itself(running: Parts):
    """An estimator that fails is a problem in the status; frames are not counted; it may recover."""
    estimator = running.vision._estimator
    estimator.error = RuntimeError("the graph is broken")
    wait_until(lambda: "frames cannot be judged: the graph is broken" in running.link.status.problems, "the problem")
    frames = running.vision.frames
    assert not running.vision.frames > frames + 1
    estimator.error = None
    wait_until(lambda: running.link.status.problems == [], "recovery")
    assert running.vision.frames > frames


def test_a_lost_camera_ends_what_goes_on(running: Parts):
    """When the camera is lost, running events end as `camera_lost`, and the status says what is wrong."""
    wait_until(running.outbox.running_events, "an event")
    running.camera.problem, running.camera.state = "camera 0: no picture for 5 s", "lost"
    wait_until(lambda: not running.outbox.running_events(), "its end")
    wait_until(lambda: running.link.status.camera == "lost", "the status")
    assert running.link.status.problems == ["camera 0: no picture for 5 s"]


def test_a_release_that_fails_at_the_last_moment_changes_nothing(
    running: Parts, bundle_factory, monkeypatch: pytest.MonkeyPatch
):
    """A release that cannot be swapped in is marked bad, and the old one goes on."""

    def fail(_bundle: Bundle) -> None:
        raise PosefleetError("no memory")

    monkeypatch.setattr(running.vision, "swap", fail)
    running.ready.put(bundle_factory(2))
    wait_until(lambda: running.store.bad() == {2: "no memory"}, "the mark")
    assert running.vision.recogniser.manifest.version == 1
    monkeypatch.undo()
    running.ready.put(bundle_factory(3))
    wait_until(lambda: running.link.status.model_version == 3, "release 3")


def test_the_end_is_said_in_order(settings: DeviceSettings, parts: Parts):
    """At the end running events end as `stopped`, and `stopping` is the last status."""
    stop = threading.Event()
    thread = threading.Thread(target=FrameLoop(settings, parts).run, args=(stop,))
    thread.start()
    wait_until(parts.outbox.running_events, "an event")
    stop.set()
    thread.join()
    assert not parts.outbox.running_events()
    assert parts.link.status.state == "stopping"
    states = [one.state for one in parts.link.said if isinstance(one, Status)]
    assert states[0] in {"starting", "online"}
    assert [one.action for one in parts.link.said if isinstance(one, CurrentAction)][-1] == "background"
