"""A machine with a real systemd as PID 1 and nothing but Debian in it, for tests of the package.

It needs root, systemd-nspawn and mmdebstrap; building the tree takes minutes once and is kept in the user's cache.

    with Container(fresh_tree(tmp_path)) as machine:
        machine.run("systemctl", "start", "posefleet-device")
"""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.broker import wait_until

_SCRIPT = Path(__file__).with_name("boot.sh")
_PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "libpam-systemd", "python3.11", "ca-certificates", "libstdc++6"),
    *("mosquitto", "mosquitto-clients"),
)
# Nothing in a container needs these, and they slow its start.
_MASKED = (
    *("systemd-timesyncd.service", "systemd-networkd.service", "systemd-resolved.service", "apt-daily.timer"),
    *("apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer", "e2scrub_reap.service", "mosquitto.service"),
)


def missing() -> str | None:
    """What this machine lacks to boot another one, or None."""
    if os.geteuid() != 0:
        return "root"
    return next((tool for tool in ("systemd-nspawn", "mmdebstrap", "dpkg-deb") if shutil.which(tool) is None), None)


def fresh_tree(directory: Path) -> Path:
    """A copy of a small Debian 12."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "posefleet-tests" / "bookworm"
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        unfinished = cache.with_suffix(f".{os.getpid()}")
        include = f"--include={','.join(_PACKAGES)}"
        subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", include, "bookworm", str(unfinished)], check=True)
        unfinished.rename(cache)
    tree = directory / "tree"
    subprocess.run(["cp", "-a", "--reflink=auto", str(cache), str(tree)], check=True)
    (tree / "etc/machine-id").write_text("")
    for unit in _MASKED:
        (tree / "etc/systemd/system" / unit).symlink_to("/dev/null")
    return tree


class Container:
    """A booted tree; `run` executes a command in it."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._log = tree.with_name("console.log")
        self._leader = ""

    def __enter__(self) -> Self:
        command = ["unshare", "--mount", "--propagation", "private", "bash", str(_SCRIPT), str(self._tree)]
        self._process = subprocess.Popen(
            [*command, str(self._log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        word, _, leader = self._process.stdout.readline().strip().partition(" ")
        assert word == "leader", self._log.read_text() if self._log.exists() else "no namespace could be made"
        self._leader = leader
        wait_until(lambda: self.run("systemctl", "is-system-running").strip() in {"running", "degraded"}, "boot", 60)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def run(self, *command: str) -> str:
        """What a command says on both streams, whatever its exit code."""
        enter = ["nsenter", "-t", self._leader, "-m", "-u", "-i", "-n", "-p", "-C"]
        done = subprocess.run([*enter, *command], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def property(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", unit, "-p", name, "--value").strip()
