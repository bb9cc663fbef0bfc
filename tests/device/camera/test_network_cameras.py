"""Cameras on the network are lost, freeze and come back; what they need to let us in stays here."""

import threading
import time

import numpy as np
import pytest

import device.camera.feeds
from core.errors import InputError
from device.camera.capture import Camera, probe
from device.camera.settings import CameraSettings
from device.camera.sources import Source
from tests.device.handles import PATIENCE_S, wait_until
from tests.device.mjpeg import MjpegCamera, mjpeg_camera
from tests.device.servers import CameraServer, has_rtsp, mjpeg_server, rtsp_server


def test_a_camera_that_is_not_there_is_lost_and_keeps_its_password(caplog, capfd):
    """A refused connection is a lost camera, soon; neither its problem nor the log nor OpenCV's has the password."""
    url = "http://anna:secret@127.0.0.1:9/video?token=secret"
    with Camera(CameraSettings(url=url, lost_after_s=0.5)) as camera:
        wait_until(camera, lambda: camera.state == "lost")
        assert camera.problem is not None
        assert "127.0.0.1:9" in camera.problem
        assert "secret" not in camera.problem + caplog.text
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9") as caught:
        probe(CameraSettings(url=url, lost_after_s=0.5), timeout_s=0.5)
    assert "secret" not in str(caught.value) + "".join(capfd.readouterr())


def test_a_foreign_error_is_logged_without_the_password(monkeypatch, caplog):
    """A library that fails with the address in its own text does not bring the password into the log."""
    url = "rtsp://anna:secret@cam/1?token=secret"

    def fail(_source: Source, **_options: float) -> None:
        raise RuntimeError(f"can't capture {url}")

    monkeypatch.setattr(device.camera.feeds, "open_capture", fail)
    with Camera(CameraSettings(url=url)) as camera:
        wait_until(camera, lambda: camera.state == "lost")
    assert "can't capture rtsp://cam/1" in caplog.text
    assert "secret" not in f"{caplog.text} {camera.problem}"


class Stored:
    """A stream's handle with pictures in store; the number of each is its brightness."""

    def __init__(self, stored: int) -> None:
        self._stored, self._number = stored, -1

    def get(self, _which: int) -> float:
        return float(int.from_bytes(b"h264", "little"))

    def grab(self) -> bool:
        self._number += 1
        if self._number >= self._stored:
            time.sleep(0.05)
        return True

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, np.full((48, 64, 3), self._number, np.uint8)

    def release(self) -> None:
        """Hold nothing."""


def test_what_a_stream_had_in_store_is_not_taken_for_new(monkeypatch):
    """Pictures that came while the stream was opened, and now come at once, are passed over."""
    monkeypatch.setattr(device.camera.feeds, "open_capture", lambda _source, **_options: Stored(30))
    with Camera(CameraSettings(url="rtsp://cam/1")) as camera:
        frame = camera.next(PATIENCE_S)
    assert frame is not None
    assert 30 <= frame.image.min() < 35
    assert frame.index == 0


def unplug_and_wait(server: MjpegCamera, camera: Camera) -> None:
    server.unplug()
    wait_until(camera, lambda: camera.state == "lost")
    server.plug_in()


def freeze_and_wait(server: MjpegCamera, camera: Camera) -> None:
    server.freeze()
    wait_until(camera, lambda: camera.state == "lost")


def repeat_and_wait(server: MjpegCamera, camera: Camera) -> None:
    server.stand_still()
    wait_until(camera, lambda: camera.state == "lost")
    assert "the same picture for 0.6 s" in str(camera.problem)
    attempts = camera.attempts
    wait_until(camera, lambda: camera.state != "lost" or camera.attempts >= attempts + 1)
    assert camera.state == "lost", "the same picture over a new connection is no recovery"
    server.stand_still(still=False)


@pytest.mark.parametrize("fault", [unplug_and_wait, freeze_and_wait, repeat_and_wait])
def test_a_network_camera_that_fails_comes_back_by_itself(fault):
    """Restarted, frozen with its connection open or repeating one picture: lost, then new pictures, newly connected."""
    with mjpeg_camera() as server, Camera(CameraSettings(url=server.url, lost_after_s=0.6)) as camera:
        wait_until(camera, lambda: camera.state == "ok")
        before = camera.next(timeout_s=PATIENCE_S)
        assert before is not None
        fault(server, camera)
        wait_until(camera, lambda: camera.state == "ok")
        after = camera.next(timeout_s=PATIENCE_S)
        assert after is not None
        assert after.captured_at > before.captured_at
        assert camera.problem is None


def restarted(server: CameraServer, camera: Camera) -> None:
    server.kill()
    wait_until(camera, lambda: camera.state == "lost")
    server.start()


def stopped(server: CameraServer, camera: Camera) -> None:
    server.freeze()
    wait_until(camera, lambda: camera.state == "lost")
    server.thaw()


SERVERS = [
    mjpeg_server,
    pytest.param(rtsp_server, marks=pytest.mark.skipif(not has_rtsp(), reason="needs Debian's GStreamer RTSP server")),
]


@pytest.mark.parametrize("make_server", SERVERS)
def test_real_servers_may_die_and_freeze_again_and_again(make_server):
    """Killed and stopped in turns, a server gives new pictures every time; no thread and no open file is left over."""
    with make_server() as server, Camera(CameraSettings(url=server.url, lost_after_s=1.5)) as camera:
        wait_until(camera, lambda: camera.state == "ok")
        threads = threading.active_count()
        for fault in (restarted, stopped, restarted):
            fault(server, camera)
            back = time.monotonic()
            wait_until(camera, lambda: camera.state == "ok")
            frame = camera.next(PATIENCE_S)
            assert frame is not None
            assert frame.captured_at > back
        wait_until(camera, lambda: threading.active_count() <= threads)
