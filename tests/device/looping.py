"""What a frame loop needs, with doubles for the camera, the estimator and the link; the rest is real."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from core.bundle import Bundle, write_bundle
from core.messages import CurrentAction, Status
from core.notify import Notifier
from device.camera.capture import Frame
from device.classifier import Recogniser
from device.health import Health
from device.latency.governor import Governor, make_ladder
from device.latency.meter import LatencyMeter
from device.learning.learner import Learner
from device.learning.samples import SampleStore
from device.lookouts import Lookout, Lookouts
from device.loop import Parts
from device.outbox.store import Outbox
from device.pose import PoseEstimator
from device.releases import ReleaseClient, ReleaseStore
from device.reporter import Reporter
from device.settings import DeviceSettings
from device.vision import Vision
from tests import people
from tests.device.events import TOPICS


class FakeCamera:
    """Gives a black picture every few milliseconds, or what a test wants."""

    state, problem = "ok", None
    waiting, can_halve = True, False

    def __init__(self) -> None:
        self.attempts = 0
        self.index = -1

    def take(self) -> Frame | None:
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


def loop_settings(directory: Path, bundle: Bundle) -> DeviceSettings:
    """A device in a folder, with a budget that is never exceeded."""
    write_bundle(bundle, directory / "release")
    return DeviceSettings(
        device={"site": "home", "name": "cam", "state_directory": directory},
        model={"directory": directory / "release", "public_key": bundle.signed.key},
        latency={"budget_ms": 5000},
        status={"interval_s": 0.5},
    )


def look(
    camera: object,
    estimator: PoseEstimator,
    bundle: Bundle,
    settings: DeviceSettings,
    meter: LatencyMeter,
    *,
    name: str | None = None,
    numbers: Iterator[int] | None = None,
) -> Lookout:
    """A camera with real eyes but for the estimator."""
    vision = Vision(estimator, Recogniser(bundle, meter=meter), settings.events, meter, camera=name, numbers=numbers)
    return Lookout(camera, vision, name)


@contextmanager
def loop_parts(settings: DeviceSettings, bundle: Bundle, estimator: PoseEstimator) -> Iterator[Parts]:
    """All parts of a loop; nothing is started."""
    directory = settings.device.state_directory
    meter, link = LatencyMeter(), FakeLink()
    store = ReleaseStore(directory, settings.model)
    with (
        Outbox(directory / "outbox.sqlite", 10**7) as outbox,
        SampleStore(directory / "samples.sqlite", 100) as samples,
    ):
        yield Parts(
            lookouts=Lookouts([look(FakeCamera(), estimator, bundle, settings, meter)]),
            meter=meter,
            governor=Governor(make_ladder(settings, camera=False), meter, budget_ms=5000, apply=lambda _workload: None),
            outbox=outbox,
            link=link,
            learner=Learner(
                settings.learning, topics=TOPICS, directory=directory / "learning", samples=samples,
                samples_file=directory / "samples.sqlite", outbox=outbox, key=None, bundle=bundle,
            ),
            store=store,
            releases=ReleaseClient(store, bundle, on_ready=lambda _bundle: None),
            ready=queue.SimpleQueue(),
            reporter=Reporter(settings.device, outbox, link),
            health=Health(Notifier()),
        )  # fmt: skip
