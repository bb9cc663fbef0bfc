"""Cameras give the newest picture with its time, notice loss, and heal."""

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import device.feeds
from core.errors import InputError
from device.camera import Camera, Frame, probe
from device.camera_settings import CameraSettings
from device.sources import Source
from tests.device.mjpeg import MjpegCamera, mjpeg_camera
from tests.device.videos import number_of, write_video

PATIENCE_S = 15.0  # for what takes a fraction of it unless the machine is busy


def frames_of(camera: Camera) -> list[Frame]:
    """Every frame that a file gives until it ends."""
    frames = []
    while (frame := camera.next(timeout_s=2.0)) is not None:
        frames.append(frame)
    return frames


def wait_until(camera: Camera, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, (camera.state, camera.problem)
        camera.next(timeout_s=0.05)


@pytest.mark.parametrize(
    ("url", "kind", "address"),
    [
        ("0", "device", "0"),
        ("/dev/video2", "device", "/dev/video2"),
        ("rtsp://10.0.0.7/stream", "stream", "rtsp://10.0.0.7/stream"),
        ("https://cam.local/mjpg", "stream", "https://cam.local/mjpg"),
        ("file:///tmp/film.avi", "file", "/tmp/film.avi"),
        ("films/0.avi", "file", "films/0.avi"),
    ],
)
def test_a_url_says_what_kind_of_camera_it_is(url, kind, address):
    """An index, a device node, a network address and a file are told apart by the URL alone."""
    assert Source.parse(url) == Source(kind, address)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://anna:secret@cam/1",
        "rtsp://secret@cam/1",
        "http://cam/v?password=secret",
        "http://a:se@secret@cam/v?t=secret",
    ],
)
def test_messages_name_a_camera_without_its_credentials(url):
    """User, password and query of an address are in no name, the host is."""
    name = Source.parse(url).name
    assert "secret" not in name
    assert "cam" in name


def test_a_file_plays_at_its_own_rate_in_real_time(tmp_path):
    """Picture n of a file was captured n/fps after the first, and the file takes as long as it lasts."""
    video = write_video(tmp_path / "film.avi", pictures=20, fps=50)
    began = time.monotonic()
    with Camera(CameraSettings(url=str(video))) as camera:
        frames = frames_of(camera)
    assert time.monotonic() - began >= 19 / 50
    assert frames[-1].index == 19
    for frame in frames:
        assert number_of(frame.image) == frame.index
        assert frame.captured_at - frames[0].captured_at == pytest.approx((frame.index - frames[0].index) / 50)


def test_a_file_ends_once(tmp_path):
    """After the last picture the camera has ended, says so, and makes nobody wait."""
    video = write_video(tmp_path / "film.avi", pictures=3)
    with Camera(CameraSettings(url=str(video))) as camera:
        assert frames_of(camera)
        began = time.monotonic()
        assert camera.next(timeout_s=5.0) is None
        assert time.monotonic() - began < 1.0
        assert camera.state == "ended"
        assert camera.problem is not None
        assert "film.avi" in camera.problem


def test_a_looped_file_goes_on_without_a_pause(tmp_path):
    """The first picture of the next turn comes one step after the last of the one before; numbers keep growing."""
    video = write_video(tmp_path / "film.avi", pictures=5, fps=50)
    with Camera(CameraSettings(url=str(video), loop=True)) as camera:
        frames = [frame for _ in range(14) if (frame := camera.next(timeout_s=2.0))]
        assert camera.state == "ok"
    assert frames[-1].index >= 13
    for frame in frames:
        assert number_of(frame.image) == frame.index % 5
        assert frame.captured_at - frames[0].captured_at == pytest.approx((frame.index - frames[0].index) / 50)


def test_a_slow_reader_gets_the_newest_picture(tmp_path):
    """Whoever comes late gets the picture of now, not of then; what was skipped is counted."""
    video = write_video(tmp_path / "film.avi", pictures=40, fps=50)
    with Camera(CameraSettings(url=str(video), loop=True)) as camera:
        first = camera.next(timeout_s=PATIENCE_S)
        assert first is not None
        time.sleep(0.3)  # being slow is what this test is about
        second = camera.next(timeout_s=PATIENCE_S)
        assert second is not None
        assert second.index >= first.index + 5
        assert camera.dropped == first.index + second.index - first.index - 1
        third = camera.next(timeout_s=PATIENCE_S)
        assert third is not None
        assert third.index > second.index, "a frame is handed out once"


def broken_videos(directory: Path) -> dict[str, Path]:
    garbage = directory / "garbage.avi"
    garbage.write_bytes(bytes(range(256)) * 40)
    empty = directory / "empty.avi"
    empty.touch()
    film = write_video(directory / "whole.avi", pictures=30)
    no_frames = directory / "headers.avi"
    no_frames.write_bytes(film.read_bytes()[:600])
    return {"missing": directory / "missing.avi", "garbage": garbage, "empty": empty, "cut": no_frames}


@pytest.mark.parametrize("kind", ["missing", "garbage", "empty", "cut"])
def test_a_probe_says_what_is_wrong_with_a_file(tmp_path, kind):
    """A file that is missing, no video, empty or cut off gives one clear sentence that names it, soon."""
    path = broken_videos(tmp_path)[kind]
    began = time.monotonic()
    with pytest.raises(InputError) as caught:
        probe(CameraSettings(url=str(path)), timeout_s=10)
    assert time.monotonic() - began < 8
    assert path.name in str(caught.value)
    assert ("no such file" in str(caught.value)) == (kind == "missing")


def test_a_probe_takes_one_picture(tmp_path):
    """From a camera that works a probe returns a picture."""
    video = write_video(tmp_path / "film.avi", pictures=5, size=(96, 64))
    assert probe(CameraSettings(url=str(video))).image.shape == (64, 96, 3)


def test_a_camera_that_is_not_there_is_lost_and_keeps_its_password(caplog):
    """A refused connection is a lost camera, soon; neither its problem nor the log has the password."""
    url = "http://anna:secret@127.0.0.1:9/video?token=secret"
    with Camera(CameraSettings(url=url, lost_after_s=0.5)) as camera:
        wait_until(camera, lambda: camera.state == "lost")
        assert camera.problem is not None
        assert "127.0.0.1:9" in camera.problem
        assert "secret" not in camera.problem + caplog.text
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9") as caught:
        probe(CameraSettings(url=url, lost_after_s=0.5), timeout_s=0.5)
    assert "secret" not in str(caught.value)


def unplug_and_wait(server: MjpegCamera, camera: Camera) -> None:
    server.unplug()
    wait_until(camera, lambda: camera.state == "lost")
    server.plug_in()


def freeze_and_wait(server: MjpegCamera, camera: Camera) -> None:
    server.freeze()
    wait_until(camera, lambda: camera.state == "lost")


@pytest.mark.parametrize("fault", [unplug_and_wait, freeze_and_wait])
def test_a_network_camera_that_fails_comes_back_by_itself(fault):
    """Restarted or frozen with its connection open: it is lost, then gives new pictures over a new connection."""
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


class Handle:
    """An OpenCV capture handle that works for a while and then does what it is told."""

    def __init__(self, pictures: int, then: Exception | None) -> None:
        self._left, self._then = pictures, then
        self._size: dict[int, float] = {}
        self.decoded = 0
        self.released = False

    def grab(self) -> bool:
        time.sleep(0.01)
        self._left -= 1
        if self._left < 0 and self._then is not None:
            raise self._then
        return self._left >= 0

    def retrieve(self) -> tuple[bool, np.ndarray]:
        self.decoded += 1
        rows, columns = (
            int(self._size.get(which, 4)) for which in (cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH)
        )
        return True, np.zeros((rows, columns, 3), np.uint8)

    def set(self, which: int, value: float) -> bool:
        self._size[which] = value
        return True

    def release(self) -> None:
        self.released = True


@pytest.mark.parametrize("then", [None, RuntimeError("a driver's own error")])
def test_every_attempt_gets_a_new_handle(monkeypatch, then):
    """A handle that failed, by saying no or by raising, is released and never used again."""
    handles = [Handle(3, then), Handle(0, then), Handle(10_000, None)]
    opened: list[Handle] = []

    def open_next(_source: Source, **_options: float) -> Handle:
        opened.append(handles[len(opened)])
        return opened[-1]

    monkeypatch.setattr(device.feeds, "open_capture", open_next)
    with Camera(CameraSettings(url="0", lost_after_s=0.5, frozen_after_s=0)) as camera:
        wait_until(camera, lambda: len(opened) == 3 and camera.state == "ok")
        assert [handle.released for handle in opened] == [True, True, False]
    deadline = time.monotonic() + PATIENCE_S
    while not opened[2].released:
        assert time.monotonic() < deadline, "closing the camera releases its handle"
        time.sleep(0.01)


def test_fewer_pictures_are_not_even_decoded(monkeypatch):
    """Asked for every third picture, a camera decodes one in three, and none of them counts as dropped."""
    handle = Handle(10_000, None)
    monkeypatch.setattr(device.feeds, "open_capture", lambda _source, **_options: handle)
    with Camera(CameraSettings(url="0", frozen_after_s=0)) as camera:
        camera.adapt(every=3, halved=False)
        first = camera.next(timeout_s=PATIENCE_S)
        decoded, grabbed = handle.decoded, handle._left
        wait_until(camera, lambda: handle._left <= grabbed - 60)
        share = (handle.decoded - decoded) / (grabbed - handle._left)
        assert first is not None
        assert share == pytest.approx(1 / 3, abs=0.05)
        assert camera.dropped <= 1


def test_a_v4l2_camera_gives_the_size_it_is_asked_for(monkeypatch):
    """Pictures have the size of the settings, half of it while so asked, and it again afterwards; the handle stays."""
    opened: list[Handle] = []

    def open_one(_source: Source, **_options: float) -> Handle:
        opened.append(Handle(10_000, None))
        return opened[-1]

    monkeypatch.setattr(device.feeds, "open_capture", open_one)
    with Camera(CameraSettings(url="0", width=800, height=600, frozen_after_s=0)) as camera:
        for halved, shape in ((False, (600, 800, 3)), (True, (300, 400, 3)), (False, (600, 800, 3))):
            camera.adapt(every=1, halved=halved)
            wait_until_shape(camera, shape)
    assert len(opened) == 1


def wait_until_shape(camera: Camera, shape: tuple[int, ...]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (frame := camera.next(timeout_s=PATIENCE_S)) is None or frame.image.shape != shape:
        assert time.monotonic() < deadline, "pictures of the size asked for"


def test_only_a_camera_of_the_board_can_give_smaller_pictures(tmp_path):
    """A stream or a file has been decoded before it could be made smaller: it says that it cannot."""
    assert Camera(CameraSettings(url="0")).can_halve
    assert not Camera(CameraSettings(url="rtsp://cam/1")).can_halve
    video = write_video(tmp_path / "film.avi", pictures=9, fps=50)
    with Camera(CameraSettings(url=str(video))) as camera:
        camera.adapt(every=3, halved=True)
        frames = frames_of(camera)
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert [number_of(frame.image) % 3 for frame in frames] == [2] * len(frames)
