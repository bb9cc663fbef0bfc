from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.messages import Queue, StageLatency, Status, decode, encode
from core.notify import Notifier
from device.figures import Figures
from device.health import READY_WITHOUT_CAMERA_S, Health, Vitals, make_status
from device.settings import IdentitySettings
from tests.broker import wait_until
from tests.device.world import NotifySocket


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with NotifySocket(tmp_path / "notify") as notify:
        monkeypatch.setenv("NOTIFY_SOCKET", str(notify.path))
        monkeypatch.setenv("WATCHDOG_USEC", "4000000")
        yield notify


def test_ready_comes_after_the_first_judged_frame(systemd: NotifySocket):
    """Looping without a frame is not ready; the first judged frame is, once."""
    health = Health(Notifier(), clock=Clock())
    for _ in range(5):
        health.looped(0)
    assert (systemd.messages, health.state) == ([], "starting")
    for frames in (1, 2, 3):
        health.looped(frames)
    assert health.state == "online"
    health.stopping()
    assert health.state == "stopping"
    wait_until(lambda: systemd.messages == ["READY=1", "STOPPING=1"], "exactly these")


def test_a_camera_that_stays_away_does_not_keep_the_service_from_being_ready(systemd: NotifySocket):
    """Attempts to open the camera make the service ready after a while and feed the watchdog; no attempts do not."""
    clock = Clock()
    health = Health(Notifier(), clock=clock)
    for attempt in range(1, 100):
        clock.now += 0.5
        health.looped(0, attempt)
        if clock.now < 1000.0 + READY_WITHOUT_CAMERA_S:
            assert health.state == "starting"
    assert health.state == "online"
    Notifier().status("no more attempts")
    for _ in range(100):
        clock.now += 0.5
        health.looped(0, 99)
    health.stopping()
    wait_until(lambda: "STOPPING=1" in systemd.messages, "the last message")
    ended = systemd.messages.index("STATUS=no more attempts")
    assert systemd.messages[:ended].count("WATCHDOG=1") >= 40
    assert systemd.messages[ended:].count("WATCHDOG=1") <= 1


def test_the_watchdog_is_fed_only_by_frames(systemd: NotifySocket):
    """Every quarter of WatchdogSec a ping, if a frame was judged since the last; none when frames stop."""
    clock = Clock()
    health = Health(Notifier(), clock=clock)
    for frame in range(1, 101):
        clock.now += 0.1
        health.looped(frame)
    Notifier().status("frames have stopped")
    for _ in range(100):
        clock.now += 0.1
        health.looped(100)
    Notifier().status("frames are back")
    clock.now += 0.1
    health.looped(101)
    health.stopping()
    wait_until(lambda: "STOPPING=1" in systemd.messages, "the last message")
    stopped, back = (
        systemd.messages.index("STATUS=frames have stopped"),
        systemd.messages.index("STATUS=frames are back"),
    )
    assert 8 <= systemd.messages[:stopped].count("WATCHDOG=1") <= 10
    assert systemd.messages[stopped:back].count("WATCHDOG=1") <= 1  # for frames before the stop
    assert systemd.messages[back:] == ["STATUS=frames are back", "WATCHDOG=1", "STOPPING=1"]


def test_without_systemd_nothing_is_said():
    """Outside of systemd the same calls do nothing."""
    health = Health(Notifier(), clock=Clock())
    health.looped(1)
    health.stopping()
    assert health.state == "stopping"


def test_a_status_is_cut_to_what_the_message_allows():
    """However many and long the problems are, the status is a valid message."""
    latency = {"total": StageLatency(p50_ms=1.0, p95_ms=2.0, p99_ms=3.0)}
    vitals = Vitals(
        model="tiny-1",
        model_version=1,
        camera="ok",
        people=1,
        figures=Figures(queue=Queue(events=1, deltas=0), frames=10, fps=15.0, latency=latency),
        learning=None,
        problems=["x" * 1000] * 40,
    )
    status = make_status(IdentitySettings(site="home", name="cam"), "online", datetime.now(UTC), vitals)
    assert decode(encode(status), Status) == status
    assert (status.frames, status.fps, status.latency, status.queue.events) == (10, 15.0, latency, 1)
    assert len(status.problems) == 16
    assert status.software.startswith("posefleet")
