"""Somebody on the board talks to the running daemon: one line of JSON a message, over a socket in its state directory.

    with Listener(state, serve): ...                    # in the daemon; `serve(talk)` runs on a thread of its own
    with call(state) as talk:                           # in a command; UnavailableError: no daemon runs
        talk.say(Teach(action="wave"))
        progress = talk.hear(Reply)

The socket has mode 0600: only the daemon's user and root may talk. A conversation ends with its connection, and what
was asked for ends with it.
"""

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self, TypeVar, cast

import msgspec
from msgspec import Meta

from core.errors import InputError, UnavailableError

log = logging.getLogger(__name__)

_SOCKET = "control.sock"
_LONGEST = 4096  # bytes of a line
_MOST_TALKS = 4
_END_S = 2.0


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of everything that is said."""


class Teach(_Message, frozen=True, kw_only=True):
    """Watch somebody do an action, and keep what was seen if a `Keep` follows."""

    action: Annotated[str, Meta(min_length=1, max_length=64)]
    countdown_s: Annotated[float, Meta(ge=0, le=60)] = 5.0
    seconds: Annotated[float, Meta(gt=0, le=300)] = 10.0
    camera: str | None = None
    new: bool = False  # also an action that the release does not know


class Keep(_Message, frozen=True, kw_only=True):
    """Yes, keep what was recorded."""


class Look(_Message, frozen=True, kw_only=True):
    """Serve the preview for as long as this conversation lasts; None: as the settings say."""

    host: str | None = None
    port: int | None = None
    token: str | None = None


class Progress(_Message, frozen=True, kw_only=True):
    """How a lesson goes; `people` are seen now."""

    phase: Literal["countdown", "recording"]
    left_s: float
    people: int
    windows: int


class Recorded(_Message, frozen=True, kw_only=True):
    """A lesson is over; `crowded` windows showed more than one person and are left out."""

    windows: int
    crowded: int


class Kept(_Message, frozen=True, kw_only=True):
    """What was recorded is stored; `total` windows of this action are there now."""

    windows: int
    total: int


class Address(_Message, frozen=True, kw_only=True):
    """The preview is there."""

    url: str


class Refused(_Message, frozen=True, kw_only=True):
    """It cannot be done; `why` is for a person. A `mistake` of theirs does not go away by itself."""

    why: str
    mistake: bool


Request = cast("type[Teach | Keep | Look]", Teach | Keep | Look)
Reply = cast("type[Progress | Recorded | Kept | Address | Refused]", Progress | Recorded | Kept | Address | Refused)
M = TypeVar("M")


class Talk:
    """One end of a conversation."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")

    def say(self, message: _Message) -> None:
        """Send a message.

        Raises:
            OSError: the other end is gone.
        """
        self._connection.sendall(msgspec.json.encode(message) + b"\n")

    def hear(self, kind: type[M], timeout_s: float | None = None) -> M | None:
        """The next message; None when the other end is gone or silent for so long.

        Raises:
            ValueError: it is no such message.
        """
        self._connection.settimeout(timeout_s)
        try:
            line = self._lines.readline(_LONGEST)
        except OSError:
            return None
        finally:
            with contextlib.suppress(OSError):
                self._connection.settimeout(None)
        return msgspec.json.decode(line, type=kind) if line else None

    def close(self) -> None:
        """End it, also for a thread that listens."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._lines.close()
        self._connection.close()


class Listener:
    """The daemon's end; start and stop it with `with`.

    Args:
        serve: leads one conversation; what it raises ends only that.

    Raises:
        OSError: on entering, when the socket cannot be made.
    """

    def __init__(self, state: Path, serve: Callable[[Talk], None]) -> None:
        self._state, self._serve = state, serve
        self._server = socket.socket(socket.AF_UNIX)
        self._open: dict[Talk, threading.Thread] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="control", daemon=True)

    def __enter__(self) -> Self:
        (self._state / _SOCKET).unlink(missing_ok=True)  # of a daemon that was killed: this one is alone here
        os.fchmod(self._server.fileno(), 0o600)  # the file gets this mode from its first moment on
        with _address(self._state) as address:
            self._server.bind(address)
        self._server.listen()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        (self._state / _SOCKET).unlink(missing_ok=True)
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(_END_S)
        with self._lock:
            running = dict(self._open)
        for talk, thread in running.items():
            talk.close()
            thread.join(_END_S)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the server was closed
            while True:
                talk = Talk(self._server.accept()[0])
                thread = threading.Thread(target=self._lead, args=(talk,), name="control talk", daemon=True)
                with self._lock:
                    room = len(self._open) < _MOST_TALKS
                    if room:
                        self._open[talk] = thread
                if room:
                    thread.start()
                else:
                    talk.close()

    def _lead(self, talk: Talk) -> None:
        try:
            self._serve(talk)
        except (OSError, ValueError) as exc:
            log.debug("a conversation ended: %s", exc)
        except Exception:
            log.exception("a conversation on the control socket failed")
        finally:
            talk.close()
            with self._lock:
                self._open.pop(talk, None)


@contextmanager
def call(state: Path) -> Iterator[Talk]:
    """Talk to the daemon that uses this state directory.

    Raises:
        UnavailableError: none does.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        with _address(state) as address:
            connection.connect(address)
    except OSError as exc:
        connection.close()
        raise UnavailableError(f"{state}: no daemon that runs here answers ({exc.strerror})") from exc
    talk = Talk(connection)
    try:
        yield talk
    finally:
        talk.close()


@contextmanager
def _address(state: Path) -> Iterator[str]:
    """The socket's address: through a handle, for the name of a socket may have 107 bytes and a path more."""
    handle = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{_SOCKET}"
    finally:
        os.close(handle)


def replies(talk: Talk, timeout_s: float) -> Iterator[Progress | Recorded | Kept | Address]:
    """Replies as they come.

    Raises:
        InputError: the daemon refuses, for a mistake in what was asked.
        UnavailableError: it refuses for now, is gone or says nothing for so long.
    """
    while True:
        reply = talk.hear(Reply, timeout_s)
        if reply is None:
            raise UnavailableError("the daemon ended in the middle of it; see its log")
        if isinstance(reply, Refused):
            raise InputError(reply.why) if reply.mistake else UnavailableError(reply.why)
        yield reply
