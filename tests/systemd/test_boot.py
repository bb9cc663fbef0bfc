"""The Debian package under a real systemd: installed, started, stopped, killed, and without its camera.

Minutes long, so only `make boot` runs it (POSEFLEET_BOOT=1).
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from core.bundle import Bundle, write_bundle
from tests.broker import wait_until
from tests.systemd.container import Container, fresh_tree, missing

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.skipif("POSEFLEET_BOOT" not in os.environ, reason="set POSEFLEET_BOOT=1, or run: make boot"),
    pytest.mark.skipif(missing() is not None, reason=f"needs {missing()}"),
]

ROOT = Path(__file__).parents[2]
UNIT = "posefleet-device"
FILM = "/var/lib/films/film.avi"
CONFIG = """\
[device]
site = "home"
name = "cam"
[camera]
url = "credential:film"
loop = true
[model]
directory = "/etc/posefleet/release"
public_key = "%s"
[mqtt]
host = "127.0.0.1"
username = "home.cam"
[status]
interval_s = 1.0
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle):
    directory = tmp_path_factory.mktemp("boot")
    subprocess.run([ROOT / "systemd/deb/build", "amd64", str(directory)], check=True)
    (package,) = directory.glob("*.deb")
    tree = fresh_tree(directory)
    (tree / "package.deb").write_bytes(package.read_bytes())
    subprocess.run(["chroot", tree, "dpkg", "-i", "/package.deb"], check=True)
    write_bundle(bundle, tree / "etc/posefleet/release")
    (tree / "etc/posefleet/device.toml").write_text(CONFIG % bundle.signed.key)
    (tree / "etc/posefleet/mqtt-password").write_text("s3cret-of-this-test")
    (tree / "etc/posefleet/cameras/film").write_text(FILM)
    _render(tree / FILM.lstrip("/"))
    # A watchdog that a test can wait for, and the broker of the board.
    for unit, text in {
        f"{UNIT}.service.d/quick.conf": "[Service]\nWatchdogSec=8\nRestartSec=1\n",
        "broker.service": "[Service]\nExecStart=/usr/sbin/mosquitto -c /etc/broker.conf\n",
    }.items():
        path = tree / "etc/systemd/system" / unit
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tree / "etc/broker.conf").write_text(
        "listener 1883 127.0.0.1\nallow_anonymous false\npassword_file /etc/broker.passwords\nuser root\n"
    )
    secret = (tree / "etc/posefleet/mqtt-password").read_text()
    subprocess.run(["mosquitto_passwd", "-c", "-b", tree / "etc/broker.passwords", "home.cam", secret], check=True)
    with Container(tree) as running:
        running.run("systemctl", "start", "broker")
        yield running


def _render(path: Path) -> None:
    """Some seconds of somebody who waves."""
    from training.synthesis import random_footage, write_clip

    write_clip(random_footage("anna", 0, ("wave",), seed=1), path.parent).video.rename(path)


@pytest.fixture
def started(machine: Container) -> Container:
    machine.run("systemctl", "reset-failed", UNIT)
    machine.run("systemctl", "restart", UNIT)
    assert machine.property(UNIT, "ActiveState") == "active", machine.run("journalctl", "-u", UNIT, "--no-pager")
    return machine


def status(machine: Container) -> str:
    """The device's retained status, read with the board's own password."""
    secret = machine.run("cat", "/etc/posefleet/mqtt-password")
    topic = "posefleet/v1/home/cam/status"
    return machine.run(
        "mosquitto_sub", "-h", "127.0.0.1", "-u", "home.cam", "-P", secret, "-t", topic, "-C", "1", "-W", "3"
    )


def restarts(machine: Container) -> int:
    return int(machine.property(UNIT, "NRestarts"))


def test_it_starts_and_is_ready_when_a_frame_was_judged(started: Container):
    """`systemctl start` returns when the first frame was judged; password and camera's address came as credentials."""
    journal = started.run("journalctl", "-u", UNIT, "--no-pager")
    assert "connected to the broker" in journal
    assert "s3cret-of-this-test" not in journal
    wait_until(lambda: '"state":"online"' in status(started), "online")
    wait_until(lambda: re.search(r'"frames":[1-9]', status(started)), "the first figures", 40)


def test_root_s_commands_find_the_camera_s_address(machine: Container):
    """What the service gets from systemd, a command that root runs reads where it lies."""
    assert f'url = "{FILM}"' in machine.run("posefleet", "device", "config")


def test_a_stopped_process_is_restarted_by_the_watchdog(started: Container):
    """After SIGSTOP no ping comes, and systemd starts it anew."""
    before = restarts(started)
    started.run("systemctl", "kill", "-s", "STOP", UNIT)
    wait_until(lambda: restarts(started) > before, "a restart", 60)
    assert "watchdog" in started.run("journalctl", "-u", UNIT, "--no-pager")
    wait_until(lambda: started.property(UNIT, "ActiveState") == "active", "running again", 60)


def test_a_killed_process_is_restarted(started: Container):
    """After kill -9 systemd starts it anew."""
    before = restarts(started)
    started.run("systemctl", "kill", "-s", "KILL", UNIT)
    wait_until(lambda: restarts(started) > before, "a restart", 60)
    wait_until(lambda: started.property(UNIT, "ActiveState") == "active", "running again", 60)
    assert restarts(started) == before + 1


def test_without_its_camera_it_runs_and_says_so(machine: Container):
    """A V4L2 camera that is not there: running, without restarts, with `camera lost` and the reason in the status."""
    machine.run("sed", "-i", 's#^url = .*#url = "0"#', "/etc/posefleet/device.toml")
    try:
        machine.run("systemctl", "restart", UNIT)
        before = restarts(machine)
        wait_until(lambda: '"camera":"lost"' in status(machine), "the status", 60)
        subprocess.run(["sleep", "20"], check=True)  # longer than two watchdogs
        assert machine.property(UNIT, "ActiveState") == "active"
        assert restarts(machine) == before
        assert "camera" in machine.run("journalctl", "-u", UNIT, "-n", "20", "--no-pager")
    finally:
        machine.run("sed", "-i", 's#^url = .*#url = "credential:film"#', "/etc/posefleet/device.toml")


def test_nothing_is_writable_outside_of_its_state(started: Container):
    """Whoever gets hold of the service can write its state and its own temporary files, and nothing else."""
    pid = started.property(UNIT, "MainPID")
    user = started.run("stat", "-c", "%u", f"/proc/{pid}").strip()
    inside = ("nsenter", "-t", pid, "-m", "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
    found = started.run(*inside, "find", "/", "-path", "/proc", "-prune", "-o", "-writable", "-type", "d", "-print")
    own = ("/var/lib/private/posefleet-device", "/tmp", "/var/tmp", "/dev/shm")
    writable = [path for path in found.splitlines() if path.startswith("/")]
    assert any(path.startswith(own[0]) for path in writable)
    assert [path for path in writable if not path.startswith(own)] == []
    assert started.run("stat", "-c", "%a", "/var/lib/private/posefleet-device").strip() == "700"


@pytest.mark.parametrize(("unit", "limit"), [("posefleet-device", 1.7), ("posefleet-fleet", 1.3)])
def test_exposure_is_low(machine: Container, unit: str, limit: float):
    """`systemd-analyze security` rates both services as well protected."""
    told = machine.run("systemd-analyze", "security", "--no-pager", f"{unit}.service")
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found
    assert float(found.group(1)) <= limit
