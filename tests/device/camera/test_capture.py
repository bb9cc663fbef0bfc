"""Cameras give the newest picture with its time, notice loss, and heal."""

import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

import device.camera.feeds
from core.errors import InputError
from device.camera.capture import Camera, Frame, probe
from device.camera.settings import CameraSettings
from device.camera.sources import Source
from tests.device.handles import PATIENCE_S, Handle, wait_until
from tests.device.videos import number_of, write_video


def frames_of(camera: Camera) -> list[Frame]:
    """Every frame that a file gives until it ends."""
    frames = []
    while (frame := camera.next(timeout_s=2.0)) is not None:
        frames.append(frame)
    return frames


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


@pytest.mark.parametrize("then", [None, RuntimeError("a driver's own error")])
def test_every_attempt_gets_a_new_handle(monkeypatch, then):
    """A handle that failed, by saying no or by raising, is released and never used again."""
    handles = [Handle(3, then), Handle(0, then), Handle(10_000, None)]
    opened: list[Handle] = []

    def open_next(_source: Source, **_options: float) -> Handle:
        opened.append(handles[len(opened)])
        return opened[-1]

    monkeypatch.setattr(device.camera.feeds, "open_capture", open_next)
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
    monkeypatch.setattr(device.camera.feeds, "open_capture", lambda _source, **_options: handle)
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

    monkeypatch.setattr(device.camera.feeds, "open_capture", open_one)
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
    camera = Camera(CameraSettings(url=str(video)))
    camera.adapt(every=3, halved=True)
    with camera:
        frames = frames_of(camera)
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert [number_of(frame.image) % 3 for frame in frames] == [2] * len(frames)


def test_pictures_are_framed_as_the_settings_say(tmp_path):
    """Turned and cropped pictures are what is handed out."""
    video = write_video(tmp_path / "film.avi", pictures=5, size=(96, 64))
    assert probe(CameraSettings(url=str(video), rotate=90, crop=(0.0, 0.0, 1.0, 0.5))).image.shape == (48, 64, 3)


class Day:
    """A wall clock that is set by hand."""

    def __init__(self, hour: int) -> None:
        self.hour = hour

    def __call__(self) -> datetime:
        return datetime(2026, 1, 1, self.hour, 30)  # noqa: DTZ001 - local time, whatever it is


def test_a_camera_at_rest_is_closed(monkeypatch):
    """While it rests its handle is given back, no picture is kept, and attempts say that it is well."""
    opened: list[Handle] = []

    def open_next(_source: Source, **_options: float) -> Handle:
        opened.append(Handle(10_000, None))
        return opened[-1]

    monkeypatch.setattr(device.camera.feeds, "open_capture", open_next)
    day = Day(21)
    with Camera(CameraSettings(url="0", frozen_after_s=0, rest=("22:00-06:00",)), now=day) as camera:
        wait_until(camera, lambda: camera.state == "ok")
        day.hour = 23
        wait_until(camera, lambda: camera.state == "resting" and opened[0].released)
        assert not camera.waiting
        assert camera.problem is None
        attempts = camera.attempts
        wait_until(camera, lambda: camera.attempts > attempts)
        assert len(opened) == 1
        day.hour = 6
        wait_until(camera, lambda: camera.state == "ok")
        assert len(opened) == 2


def test_a_probe_looks_whatever_the_schedule_says(tmp_path):
    """Whoever asks for a picture gets one in the hours of rest, too."""
    video = write_video(tmp_path / "film.avi", pictures=5)
    assert probe(CameraSettings(url=str(video), rest=("00:00-24:00",))).image.size


def test_a_handle_that_takes_its_time_is_waited_for(monkeypatch):
    """A stream that needs longer to open than a loss needs to be noticed is lost meanwhile, and is not given up."""
    opening = threading.Event()
    opened: list[Handle] = []

    def open_slowly(_source: Source, **_options: float) -> Handle:
        opening.wait(PATIENCE_S)
        opened.append(Handle(10_000, None))
        return opened[-1]

    monkeypatch.setattr(device.camera.feeds, "open_capture", open_slowly)
    with Camera(CameraSettings(url="0", lost_after_s=0.2, frozen_after_s=0)) as camera:
        wait_until(camera, lambda: camera.state == "lost")
        opening.set()
        wait_until(camera, lambda: camera.state == "ok")
    assert len(opened) == 1


class Hanging(Handle):
    """Gives pictures, then nothing for as long as a test wants, then pictures again."""

    def __init__(self) -> None:
        super().__init__(10_000, None)
        self.goes = threading.Event()
        self.goes.set()

    def grab(self) -> bool:
        return self.goes.wait(9 * PATIENCE_S) and super().grab()


def test_a_handle_that_was_given_up_gives_no_more_pictures(monkeypatch):
    """However many hang, whoever goes on again is closed and followed by another handle, whose loss is noticed, too."""
    opened: list[Hanging] = []

    def open_next(_source: Source, **_options: float) -> Handle:
        opened.append(Hanging())
        return opened[-1]

    monkeypatch.setattr(device.camera.feeds, "open_capture", open_next)
    with Camera(CameraSettings(url="0", lost_after_s=0.2, frozen_after_s=0)) as camera:
        for _ in range(3):  # as many as are left hanging at once
            wait_until(camera, lambda: camera.state == "ok")
            opened[-1].goes.clear()
            wait_until(camera, lambda: camera.state == "lost")
        opened[2].goes.set()
        wait_until(camera, lambda: len(opened) == 4 and camera.state == "ok")
        assert opened[2].released
        opened[3].goes.clear()
        wait_until(camera, lambda: camera.state == "lost")
        for handle in opened:
            handle.goes.set()


def test_several_cameras_can_share_who_waits_for_them(tmp_path):
    """A condition that cameras share is notified of the pictures of each, with their names in messages."""
    fresh = threading.Condition()
    video = write_video(tmp_path / "film.avi", pictures=5)
    with (
        Camera(CameraSettings(url=str(video)), name="film", fresh=fresh) as film,
        Camera(CameraSettings(url=str(tmp_path / "none.avi")), name="none", fresh=fresh) as none,
    ):
        with fresh:
            assert fresh.wait_for(lambda: film.waiting, PATIENCE_S)
        wait_until(none, lambda: none.state == "lost")
        assert str(none.problem).startswith("camera none (")
