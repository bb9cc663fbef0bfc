"""A board as a directory: Debian 12 and the package, unpacked for any processor, whose programs an emulator runs.

    board = unpack(Path("posefleet_0.1.0_arm64.deb"), "arm64", Path("/var/tmp/board"))
    subprocess.run(board.command("/opt/posefleet/bin/python3", "-c", "import platform; print(platform.machine())"))

Nothing is installed, and there is neither /proc nor /dev: what the packages would do there is the container's test.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnavailableError

_EMULATORS = {"amd64": None, "arm64": Path("/usr/bin/qemu-aarch64-static")}
_PACKAGES = ("python3.11", "ca-certificates", "libstdc++6", "dash", "coreutils")
# The quick kernels of the TFLite runtime want to know their processor, and stay unused where they cannot: here are two
# cores as a Raspberry Pi 4 has them.
_CORE = """\
processor	: {number}
Features	: fp asimd evtstrm crc32 cpuid
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x0
CPU part	: 0xd08
CPU revision	: 3

"""


@dataclass(frozen=True)
class Board:
    """See the module."""

    tree: Path
    emulator: Path | None

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs there."""
        emulator = () if self.emulator is None else (str(self.emulator),)
        return ["chroot", str(self.tree), *emulator, *arguments]


def unpack(package: Path, architecture: str, tree: Path) -> Board:
    """A board in `tree`, made anew, without running any of its programs.

    Raises:
        UnavailableError: root, mmdebstrap or the emulator is missing, or a package cannot be had.
    """
    emulator = _EMULATORS[architecture]
    if emulator is not None and not emulator.exists():
        raise UnavailableError(f"{emulator} is missing; install qemu-user-static")
    shutil.rmtree(tree, ignore_errors=True)
    tree.parent.mkdir(parents=True, exist_ok=True)
    include = f"--include={','.join(_PACKAGES)}"
    debian = ["mmdebstrap", "--quiet", f"--arch={architecture}", "--variant=extract", include, "bookworm", str(tree)]
    try:
        subprocess.run(debian, check=True)
        subprocess.run(["dpkg-deb", "-x", str(package), str(tree)], check=True)
    except (OSError, subprocess.CalledProcessError) as exc:
        raise UnavailableError(f"{tree}: Debian and {package} cannot be unpacked: {exc}") from exc
    _describe_processor(tree, None if emulator is None else "".join(_CORE.format(number=number) for number in range(2)))
    if emulator is not None:
        shutil.copy(emulator, tree / "usr/bin")
    return Board(tree, emulator)


def _describe_processor(tree: Path, cores: str | None) -> None:
    (tree / "proc").mkdir(exist_ok=True)
    (tree / "proc/cpuinfo").write_text(cores or Path("/proc/cpuinfo").read_text())
    cpus = Path("sys/devices/system/cpu")
    (tree / cpus).mkdir(parents=True)
    for name in ("possible", "present"):
        (tree / cpus / name).write_text("0-1\n" if cores else ("/" / cpus / name).read_text())
