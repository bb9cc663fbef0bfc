import re
import threading
from pathlib import Path

import pytest

from core.bundle import Bundle
from core.errors import PosefleetError
from core.messages import CurrentAction, Status
from device.loop import FrameLoop, Parts
from device.settings import DeviceSettings
from tests.beside import beside
from tests.broker import wait_until
from tests.device.looping import Dancer, loop_parts, loop_settings


@pytest.fixture
def settings(tmp_path: Path, bundle: Bundle) -> DeviceSettings:
    return loop_settings(tmp_path, bundle)


@pytest.fixture
def parts(bundle: Bundle, settings: DeviceSettings):
    with loop_parts(settings, bundle, Dancer()) as everything:
        yield everything


@pytest.fixture
def running(settings: DeviceSettings, parts: Parts):
    """The loop at work in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=FrameLoop(settings, parts).run, args=(stop,))
    thread.start()
    wait_until(lambda: parts.lookouts.frames > 3, "frames")
    yield parts
    stop.set()
    thread.join()


def test_a_frame_that_cannot_be_judged_costs_only_itself(running: Parts):
    """An estimator that fails is a problem in the status; frames are not counted; it may recover."""
    estimator = running.lookouts.each[0].vision._estimator
    estimator.error = RuntimeError("the graph is broken")
    wait_until(lambda: "frames cannot be judged: the graph is broken" in running.link.status.problems, "the problem")
    frames = running.lookouts.frames
    assert not running.lookouts.frames > frames + 1
    estimator.error = None
    wait_until(lambda: running.link.status.problems == [], "recovery")
    assert running.lookouts.frames > frames


def test_a_lost_camera_ends_what_goes_on(running: Parts):
    """When the camera is lost, running events end as `camera_lost`, and the status says what is wrong."""
    wait_until(running.outbox.running_events, "an event")
    camera = running.lookouts.each[0].camera
    camera.problem, camera.state = "camera 0: no picture for 5 s", "lost"
    wait_until(lambda: not running.outbox.running_events(), "its end")
    wait_until(lambda: running.link.status.camera == "lost", "the status")
    assert running.link.status.problems == ["camera 0: no picture for 5 s"]


def test_events_that_were_given_up_are_a_problem(running: Parts):
    """The status says how many, and when the last was."""
    wait_until(lambda: running.outbox.pending(1), "an event")
    running.outbox.discard(running.outbox.pending(1)[0].id)
    wait_until(lambda: running.link.status.problems, "the problem")
    assert re.match(r"events were lost .* full: 1, the last at 20..-..-.. ..:.. UTC", running.link.status.problems[0])


def test_figures_and_the_budget_they_are_held_against_are_said_together(settings: DeviceSettings, parts: Parts):
    """A status has no figures at first; with them comes the problem that their 95th percentile is above the budget."""
    changes = {"latency": {"budget_ms": 0.01}, "status": {"interval_s": 0.5, "figures_s": 1.0}}
    tight = DeviceSettings(**settings.model_dump(exclude=set(changes)) | changes)
    with beside(lambda stop: FrameLoop(tight, parts).run(stop)):
        wait_until(lambda: parts.link.said and parts.link.status.latency, "figures")
        wait_until(lambda: parts.link.status.problems, "the problem")
    said = [one for one in parts.link.said if isinstance(one, Status)]
    assert said[0].frames is None
    for one in said:
        p95_ms = one.latency["total"].p95_ms if one.latency else 0.0
        assert any("longer than the budget of 0.01 ms" in problem for problem in one.problems) == (p95_ms > 0.01)


def test_a_release_that_fails_at_the_last_moment_changes_nothing(
    running: Parts, bundle_factory, monkeypatch: pytest.MonkeyPatch
):
    """A release that cannot be swapped in is marked bad, and the old one goes on."""

    def fail(_bundle: Bundle) -> None:
        raise PosefleetError("no memory")

    monkeypatch.setattr(running.lookouts, "swap", fail)
    running.ready.put(bundle_factory(2))
    wait_until(lambda: running.store.bad() == {2: "no memory"}, "the mark")
    assert running.lookouts.manifest.version == 1
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
