"""A camera on the network, as many cheap ones are: JPEG pictures in a multipart HTTP response, on the loopback."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

_BETWEEN_S = 0.02


Show = Callable[[int], bytes]
"""The JPEG file that is shown as number so-and-so."""


def _grey(grey: int) -> bytes:
    return cv2.imencode(".jpg", np.full((120, 160, 3), grey, np.uint8))[1].tobytes()


_GREYS = [_grey(grey) for grey in range(64, 192, 8)]


def _show_greys(number: int) -> bytes:
    return _GREYS[number % len(_GREYS)]


def _part(picture: bytes) -> bytes:
    return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(picture), picture)


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, show: Show = _show_greys, between_s: float = _BETWEEN_S) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.show, self.between_s = show, between_s
        self.stopping = threading.Event()
        self.flowing = threading.Event()
        self.flowing.set()
        self.moving, self.number = True, 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        flowing = self.server.flowing
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        while not self.server.stopping.wait(self.server.between_s):
            if flowing.is_set():
                self.wfile.write(_part(self.server.show(self.server.number)))
                self.server.number += self.server.moving

    def log_message(self, *arguments: Any) -> None:
        """Keep the test's output clean."""


class MjpegCamera:
    """Can be unplugged (connections close, the port refuses) and plugged in again, or freeze with connections open."""

    def __init__(self, show: Show = _show_greys, between_s: float = _BETWEEN_S) -> None:
        self._show, self._between_s = show, between_s
        self._server = _Server(0, show, between_s)
        self.port = self._server.server_address[1]
        self._serve()

    @property
    def url(self) -> str:
        return f"http://anna:secret@127.0.0.1:{self.port}/video?token=secret"

    def _serve(self) -> None:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def plug_in(self) -> None:
        self._server = _Server(self.port, self._show, self._between_s)
        self._serve()

    def freeze(self) -> None:
        """Connections that are open now never give another picture; new ones do."""
        self._server.flowing.clear()
        self._server.flowing = threading.Event()
        self._server.flowing.set()

    def stand_still(self, *, still: bool = True) -> None:
        """Give the same picture for ever, or new ones again."""
        self._server.moving = not still


@contextlib.contextmanager
def mjpeg_camera(show: Show = _show_greys, between_s: float = _BETWEEN_S) -> Iterator[MjpegCamera]:
    camera = MjpegCamera(show, between_s)
    try:
        yield camera
    finally:
        camera.unplug()


def main(port: int) -> None:
    """As a process of its own, see `tests.device.servers`; SIGUSR1 lets it stand still, or go on."""
    server = _Server(port)

    def toggle(_number: int, _frame: object) -> None:
        server.moving = not server.moving

    signal.signal(signal.SIGUSR1, toggle)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
