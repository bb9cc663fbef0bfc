"""The preview page over HTTP: a few viewers at most, on threads of their own that yield to the frame loop.

    /                   the page; a form for the token when one is needed
    /stream?camera=hall multipart JPEG, newest picture first, for as long as the browser reads
    /state              what is seen, in numbers, as JSON

    with PreviewServer(settings.preview, gallery, Access.of(settings.preview)) as server:
        print(server.url)

Pictures are in these streams and nowhere else: no file, no cache (`no-store`), no log. Neither is the token.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import msgspec

from core.errors import ConfigError
from device.preview.access import Access
from device.preview.gallery import Gallery
from device.preview_settings import PreviewSettings

log = logging.getLogger(__name__)

_MOST_CONNECTIONS = 16
_MOST_STREAMS = 6
_MOST_FORM_BYTES = 1024
_SILENCE_S = 10.0  # of a browser in the middle of a request or a picture: it is given up
_WRONG_TOKEN_S = 1.0  # pause after one, so that nobody guesses it
_COMPLAINT_S = 60.0
_SEND_BUFFER = 128 * 1024  # a picture or two: what waits here is old when it is shown
_NICENESS = 10  # the frame loop goes first
_BOUNDARY = "picture"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FILES = {
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - to be told apart from an address that can be opened
_HTML = "text/html; charset=utf-8"


class PreviewServer:
    """See the module. Listens from its making on; start and stop it with `with`.

    Raises:
        ConfigError: the address cannot be listened on.
    """

    def __init__(self, settings: PreviewSettings, gallery: Gallery, access: Access) -> None:
        self._host = settings.host
        try:
            self._server = _Server(settings, gallery, access)
        except OSError as exc:
            raise ConfigError(
                f"[preview] cannot listen on {settings.host}, port {settings.port} ({exc.strerror}); "
                "choose another preview.port"
            ) from exc
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="preview", daemon=True)

    @property
    def url(self) -> str:
        """Where the page is."""
        host = socket.gethostname() if self._host in _EVERYWHERE else self._host
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Bounded in connections, and with what handlers need."""

    daemon_threads = True
    block_on_close = False  # a browser that reads nothing must not hold up the daemon's end

    def __init__(self, settings: PreviewSettings, gallery: Gallery, access: Access) -> None:
        self.address_family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        self.gallery, self.access = gallery, access
        self.stopping = threading.Event()
        self.streams = threading.BoundedSemaphore(_MOST_STREAMS)
        self._connections = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._complained_at = -_COMPLAINT_S
        super().__init__((settings.host, settings.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in the base
        if self._connections.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in the base
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def server_bind(self) -> None:
        """Without asking the network for this machine's name, as `HTTPServer` does, which may take long."""
        TCPServer.server_bind(self)

    def note_wrong_token(self, address: str) -> None:
        """One line a minute at most: somebody tries."""
        now = time.monotonic()
        if now - self._complained_at >= _COMPLAINT_S:
            self._complained_at = now
            log.warning("preview: a wrong token from %s", address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in the base
        del request
        log.debug("preview: the connection from %s failed", client_address[0])


class _Handler(BaseHTTPRequestHandler):
    """One request; the connection ends with it."""

    server: _Server
    timeout = _SILENCE_S

    def version_string(self) -> str:
        return "posefleet"

    def log_message(self, *_: object) -> None:
        """Nothing: what a browser asks for may hold a token that was typed in a wrong place."""

    def do_GET(self) -> None:
        """A page, a stream or the state."""
        address = urlsplit(self.path)
        if address.path in _FILES:
            self._send(*_FILES[address.path])
        elif not self.server.access.admits(self.headers):
            self._ask_for_token(address.path)
        elif address.path == "/":
            self._send("page.html", _HTML)
        elif address.path == "/state":
            self._answer(msgspec.json.encode(self.server.gallery.views()), "application/json")
        elif address.path == "/stream":
            self._stream(parse_qs(address.query).get("camera", [""])[0])
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "There is no such page.")

    def do_POST(self) -> None:
        """The form with the token."""
        length = self.headers.get("Content-Length", "")
        if self.path != "/" or not length.isdecimal() or int(length) > _MOST_FORM_BYTES:
            self._refuse(HTTPStatus.BAD_REQUEST, "This is not the form with the token.")
            return
        form = parse_qs(self.rfile.read(int(length)).decode(errors="replace"))
        if self.server.access.knows(form.get("token", [""])[0].strip()):
            self._answer(b"", _HTML, HTTPStatus.SEE_OTHER, {"Location": "/", "Set-Cookie": self.server.access.cookie})
        else:
            self.server.note_wrong_token(self.client_address[0])
            self.server.stopping.wait(_WRONG_TOKEN_S)
            self._send("token.html", _HTML, HTTPStatus.FORBIDDEN)

    def _ask_for_token(self, path: str) -> None:
        if path == "/" and self.server.access.needs_token:
            self._send("token.html", _HTML, HTTPStatus.UNAUTHORIZED)
            return
        if "Authorization" in self.headers:
            self.server.stopping.wait(_WRONG_TOKEN_S)
        self._refuse(HTTPStatus.FORBIDDEN, "Open the page itself, by the name localhost or with its token.")

    def _stream(self, camera: str) -> None:
        gallery = self.server.gallery
        if camera not in gallery.cameras:
            self._refuse(HTTPStatus.NOT_FOUND, "There is no such camera.")
        elif not self.server.streams.acquire(blocking=False):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, f"{_MOST_STREAMS} viewers are all that one board can serve.")
        else:
            try:
                self._begin(HTTPStatus.OK, f"multipart/x-mixed-replace; boundary={_BOUNDARY}", {})
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
                with gallery.watched(), contextlib.suppress(OSError):  # the browser went away
                    self._send_pictures(gallery.pictures(camera, self.server.stopping))
            finally:
                self.server.streams.release()

    def _send_pictures(self, pictures: Iterator[bytes]) -> None:
        for jpeg in pictures:
            if jpeg:
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
            elif self._is_gone():
                return

    def _is_gone(self) -> bool:
        """A browser says nothing more once it has asked: what comes is the end."""
        with contextlib.suppress(BlockingIOError):
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        return False

    def _send(self, name: str, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        """A file of the page."""
        self._answer(resources.files(__package__).joinpath(name).read_bytes(), kind, status)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._answer(why.encode(), "text/plain; charset=utf-8", status)

    def _answer(
        self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
    ) -> None:
        self._begin(status, kind, {"Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def _begin(self, status: HTTPStatus, kind: str, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **_HEADERS, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
