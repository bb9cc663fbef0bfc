import http.client
import json
import logging
import select
import socket
import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from core.bundle import Bundle
from core.errors import ConfigError
from device.onlookers import Onlookers
from device.preview import Access, Gallery, PreviewServer, server
from device.preview_settings import PreviewSettings
from tests.broker import wait_until
from tests.device.preview.rooms import TOKEN, Room


@pytest.fixture
def room(bundle: Bundle) -> Iterator[Room]:
    with Room(bundle) as served:
        yield served


@pytest.fixture
def closed_room(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(server, "_WRONG_TOKEN_S", 0.05)
    with Room(bundle, token=TOKEN) as served:
        yield served


def pictures(response: http.client.HTTPResponse, number: int) -> list[bytes]:
    """So many JPEGs of a stream."""
    found = []
    for _ in range(number):
        assert response.readline() == b"--picture\r\n"
        assert response.readline() == b"Content-Type: image/jpeg\r\n"
        length = int(response.readline().split()[1])
        assert response.readline() == b"\r\n"
        found.append(response.read(length))
        assert response.readline() == b"\r\n"
    return found


def test_a_browser_gets_a_page_a_stream_and_numbers(room: Room):
    """The page names its files, the stream gives one JPEG after the other, the state tells who is seen."""
    page = room.ask("/")
    assert page.status == 200
    html = page.read().decode()
    for file in ("page.css", "page.js"):
        assert file in html
        assert room.ask(f"/{file}").status == 200
    stream = room.ask("/stream?camera=")
    assert stream.getheader("Content-Type") == "multipart/x-mixed-replace; boundary=picture"
    assert all(jpeg.startswith(b"\xff\xd8") for jpeg in pictures(stream, 3))
    (view,) = json.loads(room.ask("/state").read())
    assert [one["action"] for one in view["people"]] == ["wave"]
    stream.close()
    assert room.ask("/nothing").status == room.ask("/stream?camera=other").status == 404


def test_nobody_is_looked_at_longer_than_somebody_watches(room: Room):
    """When the last browser goes away the gallery stops to look, also when no picture came meanwhile."""
    stream = room.ask("/stream")
    pictures(stream, 1)
    assert room.onlookers.present
    room.stand_still()
    stream.close()
    wait_until(lambda: not room.onlookers.present, "the end of looking")


def test_every_answer_forbids_to_keep_and_to_embed_it(closed_room: Room):
    """Pages, pictures, numbers and refusals are not stored, framed, sniffed or referred to, and run only our script."""
    answers = [
        closed_room.ask("/"),
        closed_room.ask("/state"),
        closed_room.ask("/page.js"),
        closed_room.ask("/", Authorization=f"Bearer {TOKEN}"),
        closed_room.ask("/stream", Authorization=f"Bearer {TOKEN}"),
        closed_room.ask("/", "POST", f"token={TOKEN}"),
    ]
    assert [answer.status for answer in answers] == [401, 403, 200, 200, 200, 303]
    for answer in answers:
        assert answer.getheader("Cache-Control") == "no-store"
        assert answer.getheader("Referrer-Policy") == "no-referrer"
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
        policy = answer.getheader("Content-Security-Policy") or ""
        assert {"default-src 'none'", "frame-ancestors 'none'", "script-src 'self'"} <= set(policy.split("; "))
        assert "python" not in (answer.getheader("Server") or "").lower()
        answer.close()


def test_without_the_token_nothing_is_seen(closed_room: Room, caplog: pytest.LogCaptureFixture):
    """No path shows anything without the token, wrong ones are slow and noted once, and no answer or log holds it."""
    with caplog.at_level(logging.DEBUG):
        for path in ("/state", "/stream", f"/state?token={TOKEN}", "/stream?camera="):
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "posefleet-preview=wrong"}):
                answer = closed_room.ask(path.replace(" ", "+"), **headers)
                assert answer.status == 403
                assert b"wave" not in answer.read()
        for _ in range(3):
            began = time.monotonic()
            answer = closed_room.ask("/", "POST", "token=wrong")
            assert answer.status == 403
            assert time.monotonic() - began >= 0.05
        assert TOKEN not in answer.read().decode()
        assert not closed_room.onlookers.present
    assert caplog.text.count("a wrong token from 127.0.0.1") == 1
    assert TOKEN not in caplog.text
    assert TOKEN.replace(" ", "+") not in caplog.text


def test_the_token_opens_by_form_and_by_header(closed_room: Room):
    """The form gives a cookie and leads to the page; programs bring the token in a header."""
    answer = closed_room.ask("/", "POST", f"token={TOKEN.replace(' ', '+')}")
    assert (answer.status, answer.getheader("Location")) == (303, "/")
    cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]
    page = closed_room.ask("/", Cookie=cookie)
    assert page.status == 200
    assert TOKEN not in page.read().decode() + cookie
    assert closed_room.ask("/state", Cookie=cookie).status == 200
    assert closed_room.ask("/state", Authorization=f"Bearer {TOKEN}").status == 200


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/state", "token=x", {}),
        ("/", "token=" + "x" * 2000, {}),
        ("/", "token=x", {"Content_Length": "-1"}),
        ("/", "token=x", {"Content_Length": "many"}),
    ],
)
def test_a_form_that_is_none_is_refused(closed_room: Room, path: str, body: str, headers: dict[str, str]):
    """Only a small form on the page itself is read."""
    assert closed_room.ask(path, "POST", body, **headers).status == 400


def test_viewers_are_bounded(room: Room):
    """More viewers than a board can serve are told so, and connections above the bound are closed; then it goes on."""
    streams = [room.ask("/stream") for _ in range(6)]
    for stream in streams:
        pictures(stream, 1)
    assert room.ask("/stream").status == 503
    assert room.ask("/state").status == 200
    silent = [socket.create_connection(("127.0.0.1", room.port)) for _ in range(16)]
    wait_until(lambda: len(select.select(silent, [], [], 0)[0]) >= 6, "the end of those that are too many")
    for one in (*silent, *streams):
        one.close()

    def is_served() -> bool:
        try:
            return room.ask("/stream").status == 200
        except (OSError, http.client.HTTPException):
            return False

    wait_until(is_served, "room for another viewer")


def test_stopping_does_not_wait_for_a_browser_that_reads_nothing(bundle: Bundle):
    """The server ends at once although somebody has opened a stream and does not read."""
    with Room(bundle) as served:
        stuck = served.ask("/stream")
        began = time.monotonic()
    assert time.monotonic() - began < 5
    stuck.close()
    wait_until(lambda: not served.onlookers.present, "the end of looking")


def test_a_port_that_is_taken_is_one_clear_error(room: Room):
    """Where something else listens, the error names the address and the key to change."""
    with pytest.raises(ConfigError, match=rf"port {room.port} \(.*\); choose another preview\.port"):
        PreviewServer(PreviewSettings(port=room.port), Gallery(Onlookers(), [""]), Access(None))


def test_the_address_that_is_said_can_be_opened(bundle: Bundle):
    """The page is named by this machine's name when it listens everywhere, and in brackets for IPv6."""
    for host, begin in (
        ("127.0.0.1", "http://127.0.0.1:"),
        ("::1", "http://[::1]:"),
        ("0.0.0.0", f"http://{socket.gethostname()}:"),
    ):
        made = PreviewServer(PreviewSettings(host=host, port=0), Gallery(Onlookers(), [""]), Access(SecretStr(TOKEN)))
        with made:
            assert made.url.startswith(begin)
