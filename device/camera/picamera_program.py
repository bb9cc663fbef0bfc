"""Runs on the system's Python, where Raspberry Pi OS has picamera2 with libcamera: writes pictures to standard output.

    /usr/bin/python3 -I device/camera/picamera_program.py --camera 0 --width 640 --height 480

Imports nothing of Posefleet. What it writes, little-endian, is read by `device.camera.picamera`:

- a picture: `PIC1`, width and height (uint16), length (uint32), then the rows of blue, green and red bytes;
- or, once, why there is none: `ERR1`, 0, 0, length, then UTF-8 text.

It ends when nobody reads any more, or with its standard input.
"""

import argparse
import os
import struct
import sys
import threading
from typing import Any

HEADER = struct.Struct("<4sHHI")
PICTURE, ERROR = b"PIC1", b"ERR1"


def main() -> int:
    """Give pictures until the pipe is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("--camera", 0), ("--width", 640), ("--height", 480)):
        parser.add_argument(name, type=int, default=default)
    options = parser.parse_args()
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        _give(_open(options.camera, (options.width, options.height)))
    except BrokenPipeError:
        os._exit(0)  # closing libcamera in good order may hang, and flushing to nobody complains
    except Exception as exc:  # noqa: BLE001 - whatever libcamera raises is told to whoever reads
        text = f"{type(exc).__name__}: {exc}".encode()[:300]
        sys.stdout.buffer.write(HEADER.pack(ERROR, 0, 0, len(text)) + text)
        sys.stdout.buffer.flush()
        return 1
    return 0


def _open(number: int, size: tuple[int, int]) -> Any:  # noqa: ANN401 - picamera2 is only known on a board
    from picamera2 import Picamera2  # type: ignore[import-not-found]

    camera = Picamera2(number)
    # libcamera's RGB888 lies in memory as blue, green, red.
    camera.configure(camera.create_video_configuration(main={"size": size, "format": "RGB888"}))
    camera.start()
    return camera


def _give(camera: Any) -> None:  # noqa: ANN401 - as above
    output = sys.stdout.buffer
    while True:
        picture = camera.capture_array("main")
        height, width = picture.shape[:2]
        data = picture.tobytes()
        output.write(HEADER.pack(PICTURE, width, height, len(data)))
        output.write(data)
        output.flush()


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
