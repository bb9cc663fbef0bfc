import stat
import sys
import tomllib
from pathlib import Path

import pytest

from core.bundle import Bundle
from core.errors import ConfigError
from core.messages import Status, decode
from posefleet.broker import LocalBroker
from tests.broker import Subscriber
from tests.device.onsite.test_cli import device
from tests.device.terminal import Terminal
from tests.device.world import Daemon, World

PASSWORD = "Xy7-of-this-test"


@pytest.fixture
def world(tmp_path: Path, bundle: Bundle, broker: LocalBroker) -> World:
    return World(tmp_path, bundle, broker.port)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "posefleet", "device", *map(str, arguments)]


def test_a_few_answers_lead_from_nothing_to_a_running_daemon(
    world: World, broker: LocalBroker, subscriber: Subscriber, tmp_path: Path
):
    """With fewer than ten answers at a terminal there is a config that passes every check, and its daemon is online."""
    config = tmp_path / "new" / "board.toml"
    with Terminal(command("init", "--config", config, "--state-directory", tmp_path / "state")) as terminal:
        terminal.answer("Place (a house, a ward) [home]: ")
        terminal.answer("This board's name there", "kitchen")
        terminal.answer("Camera", str(tmp_path / "no film.avi"))
        terminal.wait_for("no such file")
        terminal.answer("Camera", str(world.video))
        terminal.wait_for("pictures of 64x48")
        terminal.answer("MQTT broker (host or host:port) [localhost]: ", f"127.0.0.1:{broker.port}")
        terminal.answer("User at the broker", "anna")
        terminal.answer("Password (not shown): ", PASSWORD)  # the space comes when nothing is shown any more
        terminal.wait_for("lets us in")
        terminal.answer("Directory of a release", str(world.release))
        terminal.wait_for("tiny-1 knows background, clap, squat, wave")
        terminal.answer("The operator's public key")
        assert terminal.wait() == 0, terminal.shown
        assert terminal.answers < 10
        assert sum(line.startswith("ok  ") for line in terminal.shown.splitlines()) == 6
        assert PASSWORD not in terminal.shown
    text = config.read_text()
    assert PASSWORD not in text
    secret = config.parent / "mqtt-password"
    assert (secret.read_text(), stat.S_IMODE(secret.stat().st_mode)) == (f"{PASSWORD}\n", 0o600)
    assert tomllib.loads(text)["mqtt"]["password_file"] == str(secret)
    assert "# Longest silence before the connection counts as lost.\n# keepalive_s = 20\n" in text
    with Daemon(tuple(command("run", "--config", config)), tmp_path / "log", {}) as daemon:
        subscriber.wait_for("posefleet/v1/home/kitchen/status", lambda one: decode(one, Status).state == "online")
        assert daemon.stop() == 0


def test_without_a_terminal_options_and_defaults_are_the_answers(world: World, broker: LocalBroker, tmp_path: Path):
    """`--yes` asks nothing and ends as the checks do; a config is kept unless it is forced to be written anew."""
    config = tmp_path / "board.toml"
    arguments = (
        "init", "--config", config, "--state-directory", tmp_path / "state", "--name", "hall", "--camera", world.video,
        "--release", world.release, "--broker",
    )  # fmt: skip
    refused = device(*arguments, f"127.0.0.1:{broker.port}")
    assert isinstance(refused.exception, ConfigError)
    assert "say --yes" in str(refused.exception)
    assert not config.exists()
    done = device(*arguments, f"127.0.0.1:{broker.port}", "--yes")
    assert done.exit_code == 0, done.output
    written = tomllib.loads(config.read_text())
    assert written["device"]["name"] == "hall"
    assert written["model"]["public_key"] == world.sections["model"]["public_key"]
    again = device(*arguments, "127.0.0.1:1", "--yes")
    assert isinstance(again.exception, ConfigError)
    assert "--force writes it anew" in str(again.exception)
    assert tomllib.loads(config.read_text()) == written
    forced = device(*arguments, "127.0.0.1:1", "--yes", "--force")
    assert forced.exit_code == 1
    assert "FAIL  broker" in forced.stdout
    assert tomllib.loads(config.read_text())["mqtt"]["port"] == 1


def test_config_shows_what_is_in_force(world: World, monkeypatch: pytest.MonkeyPatch):
    """File, environment and defaults together are printed, without the password of the camera's address."""
    world.write(camera={"url": f"rtsp://anna:{PASSWORD}@10.0.0.7/stream"})
    monkeypatch.setenv("POSEFLEET_MQTT__KEEPALIVE_S", "33")
    done = device("config", "--config", world.config)
    shown = tomllib.loads(done.stdout)
    assert shown["mqtt"]["keepalive_s"] == 33
    assert shown["camera"]["url"] == "rtsp://***@10.0.0.7/stream"
    assert PASSWORD not in done.output
