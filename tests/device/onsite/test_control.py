import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import InputError, UnavailableError
from device.onsite.control import Address, Keep, Listener, Look, Refused, Reply, Request, Talk, Teach, call, replies
from tests.broker import wait_until


class Echo:
    """Answers every request with an address that says what it was."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def serve(self, talk: Talk) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            while (request := talk.hear(Request)) is not None:
                talk.say(Address(url=repr(request)))
        finally:
            with self._lock:
                self.running -= 1


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def state(tmp_path: Path, echo: Echo) -> Iterator[Path]:
    # The name of a socket may have 107 bytes; a state directory may have more.
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with Listener(deep, echo.serve):
        yield deep


def test_messages_arrive_as_they_were(state: Path):
    """A conversation may have several requests and answers, however long the path of the state directory is."""
    with call(state) as talk:
        for request in (Teach(action="wave", seconds=4.5), Keep(), Look(port=0)):
            talk.say(request)
            assert talk.hear(Reply, 5) == Address(url=repr(request))


def test_only_the_owner_may_talk(state: Path):
    """The socket has mode 0600."""
    assert stat.S_IMODE((state / "control.sock").stat().st_mode) == 0o600


def test_a_conversation_ends_with_its_connection(state: Path, echo: Echo):
    """When the caller is gone the daemon's side ends; when the daemon ends, the caller hears it."""
    with call(state) as talk:
        talk.say(Keep())
        assert talk.hear(Reply, 5)
        assert echo.running == 1
    wait_until(lambda: echo.running == 0, "the end of the conversation")


def test_rubbish_ends_only_its_own_conversation(state: Path, echo: Echo):
    """What is no message, or too long for one, closes that connection; the next is served."""
    for rubbish in (b"{}\n", b"\xff\xfe\n", b'{"type":"Teach","action":""}\n', b"x" * 100_000):
        with call(state) as talk:
            try:
                talk._connection.sendall(rubbish)
            except OSError:
                continue  # closed in the middle of it
            assert talk.hear(Reply, 5) is None
    with call(state) as talk:
        talk.say(Keep())
        assert talk.hear(Reply, 5)


def test_only_a_few_may_talk_at_once(state: Path, echo: Echo):
    """Connections above the bound are closed at once."""
    talks = [call(state) for _ in range(8)]
    opened = [talk.__enter__() for talk in talks]
    for talk in opened:
        try:
            talk.say(Keep())
        except OSError:
            continue
    answers = [talk.hear(Reply, 5) for talk in opened]
    assert sum(answer is not None for answer in answers) == echo.most == 4
    for talk in talks:
        talk.__exit__(None, None, None)


def test_without_a_daemon_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No socket, or one that a killed daemon left behind, is an error that names the directory."""
    with pytest.raises(UnavailableError, match="no daemon"), call(tmp_path):
        pass
    left = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(tmp_path)
    left.bind("control.sock")
    left.close()
    with pytest.raises(UnavailableError, match="no daemon"), call(tmp_path):
        pass
    with Listener(tmp_path, Echo().serve), call(tmp_path) as talk:
        talk.say(Keep())
        assert talk.hear(Reply, 5)
    assert not (tmp_path / "control.sock").exists()


def test_refusals_and_silence_are_errors(tmp_path: Path):
    """A refusal raises what the daemon says, as a mistake or not; a daemon that ends is one that may come back."""
    answers: list[object] = [
        Refused(why="no such action", mistake=True),
        Refused(why="no picture", mistake=False),
        None,
    ]

    def serve(talk: Talk) -> None:
        answer = answers.pop(0)
        if answer is not None:
            talk.say(answer)

    with Listener(tmp_path, serve):
        for kind, text in ((InputError, "no such"), (UnavailableError, "no picture"), (UnavailableError, "ended")):
            with call(tmp_path) as talk, pytest.raises(kind, match=text):
                next(replies(talk, 5))
