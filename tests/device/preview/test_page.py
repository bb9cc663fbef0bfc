import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from core.bundle import Bundle
from device.drawing import LEFT, RIGHT
from tests.device.preview.rooms import TOKEN, Room

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium")

PATIENCE = 5  # visits: virtual time may run ahead of the first picture on a busy machine


@pytest.fixture
def room(bundle: Bundle) -> Iterator[Room]:
    with Room(bundle) as served:
        yield served


def visit(url: str, directory: Path) -> tuple[str, cv2.typing.MatLike]:
    """What the page says after its scripts have run, and what it looks like."""
    picture = directory / "page.png"
    page = subprocess.run(
        [
            str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,700",
            f"--user-data-dir={directory / 'profile'}", "--virtual-time-budget=3000",
            f"--screenshot={picture}", "--dump-dom", url,
        ],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return re.sub(r"<[^>]+>", " ", page.stdout), cv2.imread(str(picture))


def share_of(picture: cv2.typing.MatLike, colour: tuple[int, int, int]) -> float:
    """How much of the picture has about this colour (RGB)."""
    low, high = ([value + change for value in colour[::-1]] for change in (-30, 30))
    return float(cv2.inRange(picture, tuple(low), tuple(high)).mean() / 255)


def test_the_page_shows_skeleton_person_action_and_latency(room: Room, tmp_path: Path):
    """In a real browser both sides of the skeleton are to be seen, and person, action, bars and latency to be read."""
    for _ in range(PATIENCE):
        text, picture = visit(room.server.url, tmp_path)
        if "Person" in text and min(share_of(picture, side) for side in (LEFT, RIGHT)) > 0.0005:
            break
    assert "Person 1: wave (90 %)" in text
    assert "20 ms from capture to decision (95 % within 20 ms)" in text
    assert "tiny-1" in text
    assert min(share_of(picture, side) for side in (LEFT, RIGHT)) > 0.0005


def test_from_another_address_the_page_shows_a_form_only(bundle: Bundle, tmp_path: Path):
    """Through another of the machine's addresses a browser without the token sees the form, and no skeleton."""
    other = "127.0.0.2"
    with socket.socket() as probe:
        probe.bind((other, 0))
    with Room(bundle, token=TOKEN, host="0.0.0.0") as room:
        text, picture = visit(f"http://{other}:{room.port}/", tmp_path)
        assert "Token of this board" in text
        assert "Person" not in text
        assert max(share_of(picture, side) for side in (LEFT, RIGHT)) < 0.0001
        assert room.ask("/stream", host=other).status == 403
    with Room(bundle) as room, pytest.raises(ConnectionRefusedError):
        room.ask("/", host=other)
