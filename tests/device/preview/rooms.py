"""A preview that is served, and somebody who waves before its camera all the time."""

import http.client
import threading
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from core.bundle import Bundle
from device.onlookers import Onlookers
from device.preview import Access, Gallery, PreviewServer
from device.preview_settings import PreviewSettings
from tests.device.sights import sight

TOKEN = "correct horse battery"


class Room:
    """Use it with `with`, and ask it over HTTP."""

    def __init__(self, bundle: Bundle, *, token: str | None = None, host: str = "127.0.0.1") -> None:
        self.onlookers = Onlookers()
        access = Access(None if token is None else SecretStr(token))
        self.server = PreviewServer(PreviewSettings(host=host, port=0), Gallery(self.onlookers, [""]), access)
        self.port = int(self.server.url.rstrip("/").rsplit(":", 1)[1])
        self._bundle = bundle
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._judge)

    def __enter__(self) -> Self:
        self.server.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stand_still()
        self._thread.join()
        self.server.__exit__(None, None, None)

    def stand_still(self) -> None:
        """From now on the camera gives no pictures."""
        self._stop.set()

    def _judge(self) -> None:
        while not self._stop.wait(0.02):
            self.onlookers.see(sight(self._bundle))

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, *, host: str = "127.0.0.1", **headers: str
    ) -> http.client.HTTPResponse:
        """The answer to a request; an underscore in a header's name stands for a dash."""
        connection = http.client.HTTPConnection(host, self.port, timeout=20)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse()
