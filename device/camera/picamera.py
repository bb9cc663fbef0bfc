"""picamera2 behind the face of an OpenCV handle: a process of the system's Python, pictures over a pipe.

picamera2 and libcamera come with Raspberry Pi OS and only for its own Python, so they cannot be imported here. What the
process sends is bounded before memory is taken for it, a picture that does not come within the time allowed is an
error, and the process ends with this one whatever happens: its input is a pipe that only we hold.

    capture = PicameraCapture(Source.parse("picamera2"), settings)
    while capture.grab(): ok, image = capture.retrieve()
    capture.release()
"""

import os
import select
import subprocess
import time
from pathlib import Path

import numpy as np

from core.errors import UnavailableError
from device.camera.picamera_program import ERROR, HEADER, PICTURE
from device.camera.settings import CameraSettings
from device.camera.sources import STREAM_TIMEOUT_S, Image, Source

COMMAND = ("/usr/bin/python3", "-I", str(Path(__file__).with_name("picamera_program.py")))
_MOST_BYTES = 7680 * 4320 * 3  # of a picture, as large as the settings allow
_LONGEST_ERROR = 400
_AT_ONCE = 2**20
_END_S = 1.0


class PicameraCapture:
    """See the module.

    Raises:
        UnavailableError: the process cannot be started.
    """

    def __init__(self, source: Source, settings: CameraSettings) -> None:
        self._source = source
        self._timeout_s = max(STREAM_TIMEOUT_S, settings.lost_after_s)
        options = {"camera": source.address, "width": settings.width, "height": settings.height}
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        try:
            self._process = subprocess.Popen(
                [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as exc:
            raise UnavailableError(f"{source.title}: {COMMAND[0]} cannot be started ({exc.strerror})") from exc
        assert self._process.stdout is not None
        self._pipe = self._process.stdout.fileno()
        self._ready = select.poll()
        self._ready.register(self._pipe, select.POLLIN)
        self._image: Image | None = None

    def grab(self) -> bool:
        """Wait for the next picture; False when there will be none.

        Raises:
            UnavailableError: the process says why it has none, or what it sends is no picture.
        """
        deadline = time.monotonic() + self._timeout_s
        header = self._read(HEADER.size, deadline)
        if header is None:
            return False
        kind, width, height, length = HEADER.unpack(header)
        if kind == ERROR and length <= _LONGEST_ERROR:
            text = bytes(self._read(length, deadline) or b"").decode(errors="replace")
            raise UnavailableError(
                f"{self._source.title}: {text}; is python3-picamera2 installed, the camera plugged in?"
            )
        if kind != PICTURE or not 0 < length <= _MOST_BYTES or length != width * height * 3:
            raise UnavailableError(f"{self._source.title}: the camera's process sends no pictures")
        data = self._read(length, deadline)
        if data is None:
            return False
        self._image = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        return True

    def retrieve(self) -> tuple[bool, Image | None]:
        """The picture that was grabbed, (H, W, 3) BGR."""
        return self._image is not None, self._image

    def release(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.terminate()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self, size: int, deadline: float) -> bytearray | None:
        """Exactly so many bytes; None at the end of the pipe, or when they do not come in time."""
        data = bytearray(size)
        view, filled = memoryview(data), 0
        while filled < size:
            ready = self._ready.poll(max(0.0, deadline - time.monotonic()) * 1000)
            got = os.readv(self._pipe, [view[filled : filled + _AT_ONCE]]) if ready else 0
            if not got:
                return None
            filled += got
        return data
