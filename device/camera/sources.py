"""What a camera URL means, and OpenCV handles for it. A handle that failed once never recovers: open another.

source = Source.parse("rtsp://user:password@10.0.0.7/stream")
capture = open_capture(source)
source.title                            # camera rtsp://10.0.0.7/stream: what messages and logs may say
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.errors import InputError, UnavailableError

Image = npt.NDArray[np.uint8]

_DEFAULT_FPS = 25.0  # for files that do not say
_FEWEST_FPS, _MOST_FPS = 1.0, 240.0  # what a file may claim
STREAM_TIMEOUT_S = 5.0  # for opening a stream; a read that lasts longer than this has failed, too
_OPENCV_ERRORS = 2  # log level of OpenCV: errors and worse
_PICAMERA = re.compile(r"picamera2(?::(\d))?")


@dataclass(frozen=True)
class Source:
    """What a camera URL means.

    Attributes:
        address: an index, a path or a URL; may hold a password, so it goes into no message: see `title`.
        camera: the camera's name, where there are several.
    """

    kind: Literal["device", "file", "stream", "picamera2"]
    address: str = field(repr=False)
    camera: str | None = None

    @property
    def name(self) -> str:
        """The address as messages may say it: without user, password and query, for some of them leave the device."""
        if self.kind == "picamera2":
            return f"picamera2:{self.address}"
        if self.kind != "stream":
            return self.address
        # After the last @: a careless password may hold an @, a / or a ? itself.
        scheme, _, rest = self.address.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].split('?')[0]}"

    @property
    def title(self) -> str:
        """The camera as a sentence begins."""
        return f"camera {self.name}" if self.camera is None else f"camera {self.camera} ({self.name})"

    def without_secrets(self, text: str) -> str:
        """A text of somebody else's, a library's for example, as messages may say it."""
        return text.replace(self.address, self.name) if self.kind == "stream" else text

    @classmethod
    def parse(cls, url: str, camera: str | None = None) -> "Source":
        """A V4L2 index or node, an rtsp:// or http(s):// address, `picamera2` with or without a number, or a file."""
        if url.isdecimal() or url.startswith("/dev/"):
            return cls("device", url, camera)
        if match := _PICAMERA.fullmatch(url):
            return cls("picamera2", match[1] or "0", camera)
        if "://" in url and not url.startswith("file://"):
            return cls("stream", url, camera)
        return cls("file", url.removeprefix("file://"), camera)


def check_file(source: Source) -> None:
    """Raise an InputError if the source is a file that is not there."""
    path = Path(source.address)
    if source.kind == "file" and not path.is_file():
        raise InputError(f"{source.title}: no such file; set its url to a video, an index or an address")


def read_file(source: Source) -> Iterator[tuple[Image, float]]:
    """The pictures of a video file, each with the file's frames per second; no pacing."""
    import cv2

    capture = open_capture(source)
    try:
        fps = capture.get(cv2.CAP_PROP_FPS)
        rate = fps if _FEWEST_FPS <= fps <= _MOST_FPS else _DEFAULT_FPS
        while True:
            ok, image = capture.read()
            if not ok:
                return
            yield image, rate
    finally:
        capture.release()


def open_capture(source: Source, *, read_timeout_s: float = STREAM_TIMEOUT_S) -> Any:  # noqa: ANN401 - OpenCV has no useful types
    """An OpenCV capture handle.

    Args:
        source: anything but picamera2, which has a handle of its own: `device.camera.picamera`.
        read_timeout_s: a stream that gives nothing for so long has ended.

    Raises:
        UnavailableError: nothing is there, or it is no camera or video.
    """
    # RTSP over UDP loses packets silently and shows smeared pictures: TCP unless the owner says otherwise.
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # quiet: one line of ours instead of many for every attempt
    import cv2

    cv2.setLogLevel(_OPENCV_ERRORS)
    # With more threads FFmpeg decodes as many pictures at once: each is that much older when it comes out.
    one_thread = [cv2.CAP_PROP_N_THREADS, 1]
    if source.kind == "device":
        # Named, as the other backends each write a line to the log when there is no such camera.
        capture = cv2.VideoCapture(int(source.address) if source.address.isdecimal() else source.address, cv2.CAP_V4L2)
    elif source.kind == "stream":
        limits = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            int(STREAM_TIMEOUT_S * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            int(max(read_timeout_s, STREAM_TIMEOUT_S) * 1000),
        ]
        capture = cv2.VideoCapture(source.address, cv2.CAP_FFMPEG, [*limits, *one_thread])
    else:
        # Other backends guess: numbered pictures, playlists.
        capture = cv2.VideoCapture(source.address, cv2.CAP_FFMPEG, one_thread)
    if not capture.isOpened():
        capture.release()
        what = "is not a video that can be read" if source.kind == "file" else "cannot be opened"
        raise UnavailableError(f"{source.title}: {what}; check its url")
    return capture


def resize_capture(capture: Any, size: tuple[int, int]) -> None:  # noqa: ANN401 - as above
    """Ask a V4L2 camera for pictures of (width, height); it gives the nearest that it can, or what it gave before."""
    import cv2

    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])


def codes_every_picture(capture: Any) -> bool:  # noqa: ANN401 - as above
    """Whether a stream codes each picture by itself: only then does the same picture twice mean the same view twice."""
    import cv2

    return int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True) in {b"MJPG", b"mjpg", b"jpeg"}
