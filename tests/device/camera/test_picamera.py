"""The real program runs as a process of its own, on a stand-in for the picamera2 package that only boards have."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

import device.camera.picamera
from core.errors import UnavailableError
from device.camera import picamera_program
from device.camera.capture import Camera
from device.camera.picamera import PicameraCapture
from device.camera.settings import CameraSettings
from device.camera.sources import Source
from tests.broker import wait_until

SOURCE = Source.parse("picamera2:1", "hall")
SETTINGS = CameraSettings(url="picamera2:1", width=320, height=240)
STAND_IN = """
import time
import numpy as np

class Picamera2:
    def __init__(self, number):
        assert number == 1
        self.number = 0

    def create_video_configuration(self, main):
        return main

    def configure(self, main):
        assert main["format"] == "RGB888"
        self.size = main["size"]

    def start(self):
        {start}

    def capture_array(self, name):
        {capture}
        time.sleep(0.01)
        self.number += 1
        return np.full((self.size[1], self.size[0], 3), self.number % 200, np.uint8)
"""


def program(directory: Path, monkeypatch: pytest.MonkeyPatch, *, start: str = "pass", capture: str = "pass") -> None:
    """Let the program find a picamera2 that does this."""
    (directory / "picamera2.py").write_text(STAND_IN.format(start=start, capture=capture))
    run = f"import sys; sys.path[:0] = [{str(directory)!r}, {str(Path(picamera_program.__file__).parent)!r}]; "
    monkeypatch.setattr(
        device.camera.picamera,
        "COMMAND",
        (sys.executable, "-c", run + "import picamera_program; sys.exit(picamera_program.main())"),
    )


def test_pictures_come_through_the_pipe_as_they_are(tmp_path, monkeypatch):
    """Size and pixels are those of the camera, in order; releasing ends the process."""
    program(tmp_path, monkeypatch)
    capture = PicameraCapture(SOURCE, SETTINGS)
    try:
        for number in (1, 2, 3):
            assert capture.grab()
            ok, image = capture.retrieve()
            assert ok
            assert np.array_equal(image, np.full((240, 320, 3), number, np.uint8))
    finally:
        capture.release()
    assert capture._process.returncode is not None


def test_a_camera_of_this_kind_is_one_like_any_other(tmp_path, monkeypatch):
    """Behind a Camera it gives the newest picture, and none of its processes outlives it."""
    program(tmp_path, monkeypatch)
    captures: list[PicameraCapture] = []
    opened = PicameraCapture.__init__

    def note(self: PicameraCapture, source: Source, settings: CameraSettings) -> None:
        opened(self, source, settings)
        captures.append(self)

    monkeypatch.setattr(PicameraCapture, "__init__", note)
    with Camera(SETTINGS) as camera:
        frame = camera.next(10.0)
        assert frame is not None
        assert frame.image.shape == (240, 320, 3)
        assert abs(time.monotonic() - frame.captured_at) < 1
    wait_until(lambda: captures[0]._process.returncode is not None, "the end of the process")


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("raise RuntimeError('Camera __init__ sequence did not complete.')", "RuntimeError: Camera __init__ sequence"),
        ("raise IndexError('x' * 9999)", "IndexError: xxx"),
    ],
)
def test_what_libcamera_complains_of_is_said(tmp_path, monkeypatch, start, says):
    """The camera's own error arrives, cut to a sensible length, with the camera's name and what to do."""
    program(tmp_path, monkeypatch, start=start)
    capture = PicameraCapture(SOURCE, SETTINGS)
    try:
        with pytest.raises(
            UnavailableError, match=r"camera hall \(picamera2:1\): .*is python3-picamera2 installed"
        ) as caught:
            capture.grab()
    finally:
        capture.release()
    assert says in str(caught.value)
    assert len(str(caught.value)) < 500


def test_without_the_package_it_is_said_what_to_install(monkeypatch):
    """A Python without picamera2 gives one sentence that names the package."""
    monkeypatch.setattr(device.camera.picamera, "COMMAND", (sys.executable, *device.camera.picamera.COMMAND[1:]))
    capture = PicameraCapture(SOURCE, SETTINGS)
    try:
        with pytest.raises(UnavailableError, match="No module named 'picamera2'; is python3-picamera2 installed"):
            capture.grab()
    finally:
        capture.release()


def test_a_python_that_is_not_there_is_named(monkeypatch):
    """Without the system's Python the error names its path."""
    monkeypatch.setattr(device.camera.picamera, "COMMAND", ("/nowhere/python3",))
    with pytest.raises(UnavailableError, match="/nowhere/python3 cannot be started"):
        PicameraCapture(SOURCE, SETTINGS)


HEADER = picamera_program.HEADER


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n",
        HEADER.pack(b"PIC1", 320, 240, 2**32 - 1),
        HEADER.pack(b"PIC1", 65535, 65535, 65535 * 65535 * 3 % 2**32),
        HEADER.pack(b"PIC1", 320, 240, 320 * 240),
        HEADER.pack(b"PIC1", 0, 0, 0),
        HEADER.pack(b"ERR1", 0, 0, 10**6),
    ],
)
def test_what_is_no_picture_is_refused_before_memory_is_taken(monkeypatch, sent):
    """A header that is not one, or promises more than a picture can have, ends the attempt."""
    write = f"import sys; sys.stdout.buffer.write({sent!r}); sys.stdout.flush(); sys.stdin.read()"
    monkeypatch.setattr(device.camera.picamera, "COMMAND", (sys.executable, "-c", write))
    capture = PicameraCapture(SOURCE, SETTINGS)
    try:
        with pytest.raises(UnavailableError, match="sends no pictures"):
            capture.grab()
    finally:
        capture.release()


@pytest.mark.parametrize("then", ["sys.exit()", "sys.stdin.read()"])
def test_half_a_picture_is_none(monkeypatch, then):
    """A process that ends, or hangs, in the middle of a picture has given none; nobody waits longer than allowed."""
    sent = HEADER.pack(b"PIC1", 320, 240, 320 * 240 * 3) + b"half"
    write = f"import sys; sys.stdout.buffer.write({sent!r}); sys.stdout.flush(); {then}"
    monkeypatch.setattr(device.camera.picamera, "COMMAND", (sys.executable, "-c", write))
    monkeypatch.setattr(device.camera.picamera, "STREAM_TIMEOUT_S", 0.3)
    capture = PicameraCapture(SOURCE, SETTINGS.model_copy(update={"lost_after_s": 0.3}))
    try:
        assert not capture.grab()
    finally:
        capture.release()


def test_the_process_ends_with_the_one_that_reads(tmp_path, monkeypatch):
    """Whoever reads is gone, however it ended: the program ends by itself, though its camera hangs."""
    program(tmp_path, monkeypatch, capture="time.sleep(60)")
    capture = PicameraCapture(SOURCE, SETTINGS)
    process = capture._process
    process.stdin.close()
    process.stdout.close()
    assert process.wait(10) == 0
