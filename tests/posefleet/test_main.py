"""The front door."""

import subprocess
import sys

import pytest


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "posefleet", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["demo"],
        ["train"],
        ["evaluate"],
        ["convert"],
        ["schema"],
        ["device"],
        ["device", "run"],
        ["device", "check"],
        ["device", "key"],
        ["fleet"],
        ["fleet", "serve"],
        ["fleet", "status"],
        ["fleet", "enrol"],
        ["fleet", "key"],
        ["fleet", "round"],
    ],
    ids=" ".join,
)
def test_every_command_explains_itself(command):
    """--help of every command ends well and says more than its usage."""
    result = run(*command, "--help")
    assert result.returncode == 0
    assert len(result.stdout.split()) > 25


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["train", "nowhere"], "nowhere: no recordings"),
        (["train", "nowhere", "--model", "perceptron"], "perceptron: unknown; choose one of "),
        (["evaluate", "nowhere", "nowhere"], "nowhere"),
        (["convert", "nowhere"], "not a checkpoint"),
        (["demo", "--broker", "rabbit"], "choose mosquitto, amqtt or auto"),
        (["device", "run", "--config", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["fleet", "serve", "--config", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_users_mistake_is_one_line_and_an_exit_code(command, says, tmp_path, monkeypatch):
    """What cannot work says why on one line of stderr, without a traceback, and exits with 1 or 2."""
    monkeypatch.chdir(tmp_path)
    result = run(*command)
    assert result.returncode in {1, 2}
    assert says in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
