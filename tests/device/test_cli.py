import subprocess
import sys
from pathlib import Path

import pytest

from core.bundle import Bundle
from core.signing import SigningKey
from posefleet.broker import LocalBroker
from tests.device.world import World


def posefleet(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "posefleet", "device", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def world(tmp_path: Path, bundle: Bundle, broker: LocalBroker) -> World:
    return World(tmp_path, bundle, broker.port)


def test_check_prints_a_line_a_check_and_exits_by_the_worst(world: World):
    """`device check` says ok, FAIL or skip for each check, exits non-zero when one fails, and shows no traceback."""
    good = posefleet("check", "--config", world.config)
    assert (good.returncode, good.stderr) == (0, "")
    assert [line.split()[0] for line in good.stdout.splitlines()] == ["ok"] * 6
    world.write(camera={"url": str(world.directory / "nothing.mp4")})
    bad = posefleet("check", "--config", world.config)
    assert bad.returncode == 2
    assert [line.split()[0] for line in bad.stdout.splitlines()] == ["ok", "ok", "FAIL", "skip", "ok", "ok"]
    assert "Traceback" not in bad.stdout + bad.stderr


@pytest.mark.parametrize("command", ["run", "check", "key"])
def test_a_missing_config_is_one_line(command: str, tmp_path: Path):
    """Without a config every command says so in one line and exits with 2."""
    done = posefleet(command, "--config", tmp_path / "none.toml")
    assert done.returncode == 2
    assert "cannot be read (No such file or directory)" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_key_prints_the_public_key_and_keeps_it(world: World):
    """`device key` makes the key at the first call, private to its owner, and prints the same one ever after."""
    first, second = posefleet("key", "--config", world.config), posefleet("key", "--config", world.config)
    assert first.stdout == second.stdout == SigningKey.load(world.state / "device.key").public + "\n"
    assert (world.state / "device.key").stat().st_mode & 0o777 == 0o600


def test_run_with_a_forged_release_is_one_clear_line(world: World):
    """A daemon whose only release was signed by somebody else does not start, and says why."""
    world.write(model={"public_key": SigningKey.generate().public})
    done = posefleet("run", "--config", world.config)
    assert done.returncode == 1
    assert "the release is signed by key" in done.stderr
    assert "Traceback" not in done.stderr
