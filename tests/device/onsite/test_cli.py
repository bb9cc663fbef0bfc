import http.client
import re
import signal
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.bundle import Bundle
from core.errors import ConfigError
from device.cli import app
from posefleet.broker import LocalBroker
from tests.broker import Subscriber
from tests.device.events import TOPICS
from tests.device.terminal import Terminal
from tests.device.world import World

QUICK = ("--countdown", "0", "--seconds", "3")


@pytest.fixture
def world(tmp_path: Path, bundle: Bundle, broker: LocalBroker) -> World:
    made = World(tmp_path, bundle, broker.port)
    made.play((("wave", 40.0),))
    return made


def device(*arguments: object, typed: str | None = None) -> Result:
    """A command in this process: they are many, and starting Python takes a second."""
    return CliRunner().invoke(app, list(map(str, arguments)), input=typed)


def windows_of(listing: str, action: str) -> int:
    """How many windows `samples list` tells."""
    rows = [line.split("│")[1:3] for line in listing.splitlines() if line.startswith("│")]
    return sum(int(count) for name, count in rows if name.strip() == action)


def test_a_lesson_without_a_daemon_is_listed_and_forgotten(world: World):
    """Teach looks through the camera by itself; its samples are listed, and forgetting erases them."""
    taught = device("teach", "wave", "--config", world.config, *QUICK, "--yes")
    assert taught.exit_code == 0, taught.output
    kept = int(re.search(r"(\d+) windows of wave were recorded", taught.stdout)[1])
    assert kept >= 2
    assert windows_of(device("samples", "list", "--config", world.config).stdout, "wave") == kept
    recent = device("samples", "forget", "--config", world.config, "--older-than", "1h", "--yes")
    assert recent.stdout == "0 windows were erased\n"
    spared = device("samples", "forget", "--config", world.config, "--all", typed="n\n")
    assert spared.exit_code == 1
    gone = device("samples", "forget", "--config", world.config, "--action", "wave", typed="y\n")
    assert gone.stdout.endswith(f"{kept} windows were erased\n")


def test_a_running_daemon_gives_the_lesson_and_goes_on(world: World, subscriber: Subscriber):
    """With the daemon at work teach goes through it, the teacher decides at the end, and nothing of it is published."""
    with world.run() as daemon:
        subscriber.wait_for(TOPICS.status, lambda payload: b'"state":"online"' in payload)
        spoiled = device("teach", "wave", "--config", world.config, *QUICK, typed="n\n")
        assert "Nothing was kept." in spoiled.stdout
        assert windows_of(device("samples", "list", "--config", world.config).stdout, "wave") == 0
        taught = device("teach", "wave", "--config", world.config, *QUICK, typed="\n")
        assert "Kept; there are" in taught.stdout
        assert windows_of(device("samples", "list", "--config", world.config).stdout, "wave") >= 2
        assert daemon.stop() == 0
    assert "windows of wave are kept" in daemon.log.read_text()
    topics = {message.topic.split("/")[-1] for message in subscriber.messages if message.topic.startswith("posefleet/")}
    assert topics <= {"status", "event", "action"}
    assert max(len(message.payload) for message in subscriber.messages) < 4000


def test_a_preview_lasts_until_ctrl_c(world: World):
    """Preview says where it is, asks others for the token that it prints, and ends with Ctrl-C."""
    command = [sys.executable, "-m", "posefleet", "device", "preview", "--config", str(world.config)]
    with Terminal([*command, "--host", "0.0.0.0", "--port", "0"]) as viewer:
        viewer.wait_for("Ctrl-C ends it.")
        port = int(re.search(r"http://[^/]*:(\d+)/", viewer.shown)[1])
        token = re.search(r"Its token is (\S+)", viewer.shown)[1]
        for headers, status in (({}, 403), ({"Authorization": f"Bearer {token}"}, 200)):
            page = http.client.HTTPConnection("127.0.0.2", port, timeout=20)
            page.request("GET", "/stream", headers=headers)
            assert page.getresponse().status == status
            page.close()
        viewer.process.send_signal(signal.SIGINT)
        assert viewer.wait() == 130
        assert "Traceback" not in viewer.shown


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "--action, --older-than, or --all"),
        (("--all", "--action", "wave"), "--action, --older-than, or --all"),
        (("--older-than", "soon"), "as in 30d, 12h or 15m"),
    ],
)
def test_forget_wants_to_know_what(world: World, arguments: tuple[str, ...], why: str):
    """Nothing is erased by an unclear wish: it is said what is missing."""
    done = device("samples", "forget", "--config", world.config, *arguments)
    assert isinstance(done.exception, ConfigError)
    assert why in str(done.exception)
