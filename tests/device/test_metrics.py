"""Numbers for Prometheus: what the status says, on the loopback, under names that are a closed list."""

import re
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from core.bundle import Bundle
from core.errors import ConfigError
from core.messages import Queue, StageLatency, Status
from device.metrics import METRICS, MetricsPage, render
from device.settings import MetricsSettings
from posefleet.broker import LocalBroker, free_port
from tests.broker import Subscriber, wait_until
from tests.device.links import status
from tests.device.world import World

LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="[^"\\]*",?)+)\})? (-?[0-9.e+-]+)')


def parse(page: str) -> dict[tuple[str, str], float]:
    """Samples by name and labels, of a page whose every line is one or a comment about one."""
    samples = {}
    for line in page.splitlines():
        if not line.startswith("# "):
            name, labels, value = LINE.fullmatch(line).groups()
            samples[name, labels or ""] = float(value)
    return samples


def full_status() -> Status:
    latency = {"pose": StageLatency(p50_ms=10.0, p95_ms=20.5, p99_ms=30.0)}
    return status(
        frames=1234567, fps=14.96, people=2, camera="ok", latency=latency, queue=Queue(events=3, deltas=1),
        software="posefleet 0.1.0", model="tiny-1", problems=["one", "another"], degraded=["alternate"],
    )  # fmt: skip


def test_the_page_says_what_the_status_says():
    """Every number of the status is there in base units; every name has its type and a sentence."""
    page = render(full_status(), lost=7, connected=True)
    samples = parse(page)
    assert samples["posefleet_frames_total", ""] == 1234567
    assert samples["posefleet_latency_seconds", 'stage="pose",quantile="0.95"'] == 0.0205
    assert samples["posefleet_info", 'software="posefleet 0.1.0",model="tiny-1"'] == 1
    plain = {"queue_events": 3, "queue_deltas": 1, "events_lost_total": 7, "people": 2, "problems": 2, "degraded": 1}
    assert {name: samples[f"posefleet_{name}", ""] for name in plain} == plain
    assert {name for name, _ in samples} == set(METRICS)
    for name, (kind, _) in METRICS.items():
        assert f"# TYPE {name} {kind}\n" in page
        assert kind == ("counter" if name.endswith("_total") else "gauge")


def test_a_page_of_a_daemon_that_begins_is_well_formed():
    """A status without anything but a state makes a page as well."""
    samples = parse(render(status("starting"), lost=0, connected=False))
    assert samples["posefleet_online", ""] == samples["posefleet_broker_connected", ""] == 0


def test_labels_are_escaped():
    """Quotes, backslashes and line ends in a label do not break out of it."""
    page = render(status(model='a"b\\c\nd'), lost=0, connected=True)
    assert 'model="a\\"b\\\\c\\nd"' in page


def test_only_one_page_is_served_and_a_silent_visitor_holds_nobody_up(monkeypatch: pytest.MonkeyPatch):
    """Another path is 404; somebody who connects and says nothing delays the next visitor for a moment only."""
    monkeypatch.setattr("device.metrics._Handler.timeout", 0.2)
    with MetricsPage(MetricsSettings(enabled=True, port=free_port())) as page:
        page.show(full_status(), lost=0, connected=True)
        base = f"http://127.0.0.1:{page.port}"
        silent = socket.create_connection(("127.0.0.1", page.port))
        with silent, urllib.request.urlopen(f"{base}/metrics", timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert parse(answer.read().decode())
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{base}/frame.jpg", timeout=10)


def test_a_port_that_is_taken_is_said():
    """A port on which somebody listens is an error that names section and remedy."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"\[metrics\] 127.0.0.1:{port} cannot be listened on .*another port"):
            MetricsPage(MetricsSettings(enabled=True, port=port))


def test_a_daemon_serves_them_when_asked_to_and_logs_no_secret(
    tmp_path: Path, bundle: Bundle, broker: LocalBroker, subscriber: Subscriber
):
    """Switched on, a real daemon's numbers grow; however much it logs, no password of broker or camera is among it."""
    world = World(tmp_path, bundle, broker.port)
    (tmp_path / "password").write_text("broker-secret\n")
    port = free_port()
    world.write(
        mqtt={"username": "cam", "password_file": tmp_path / "password"},
        metrics={"enabled": True, "port": port},
        camera={"url": f"rtsp://user:camera-secret@127.0.0.1:{free_port()}/stream"},
    )

    def page() -> dict[tuple[str, str], float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return parse(answer.read().decode())

    with world.run(arguments=("--verbose",)) as daemon:
        wait_until(lambda: "cannot be opened" in daemon.log.read_text(), "a camera that is away", 40)
        wait_until(lambda: page().get(("posefleet_broker_connected", "")) == 1, "the numbers", 40)
        assert page()["posefleet_camera_ok", ""] == 0
        world.write(camera={"url": "rtsp://user:camera-secret@", "width": "rtsp://user:camera-secret@10.0.0.7/"})
        daemon.reload()
        wait_until(lambda: "the old one goes on" in daemon.log.read_text(), "a refused configuration")
        world.write(camera={"url": str(world.video), "width": None})
        daemon.reload()
        wait_until(lambda: "next start only: camera.url" in daemon.log.read_text(), "a changed camera")
        assert daemon.stop() == 0
    said = daemon.log.read_bytes() + b"".join(message.payload for message in subscriber.messages)
    assert b"secret" not in said
    with pytest.raises(OSError, match="refused"):
        page()
