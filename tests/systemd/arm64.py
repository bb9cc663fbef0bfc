"""The arm64 package on an emulated processor: does a board see in a film what this machine sees?

    systemd/deb/build arm64
    python -m tests.systemd.arm64 dist/posefleet_*_arm64.deb --model demo/release --video short.mp4

It needs root, mmdebstrap, qemu-user-static and patience: a frame takes ten seconds or more, so give it a film of a few
seconds. Nothing is installed under emulation, only unpacked; the package's own programs run there. The daemon is
started for its first judged frames; as it would drop most frames of a film, actions are compared with `posefleet
analyse`, which judges every frame the same way.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from core.bundle import signer_of

EMULATOR = Path("/usr/bin/qemu-aarch64-static")
PACKAGES = ("python3.11", "ca-certificates", "libstdc++6", "dash", "coreutils")
DAEMON_S = 300.0


def main() -> int:
    """Exit code 0 if both see the same actions."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="a release that knows the actions of the film")
    parser.add_argument("--video", type=Path, required=True)
    parser.add_argument("--tree", type=Path, default=Path("/var/tmp/posefleet-arm64"), help="made anew each time")
    arguments = parser.parse_args()
    tree: Path = arguments.tree
    console = Console()
    unpack(tree, arguments.package)
    shutil.copy(EMULATOR, tree / "usr/bin")
    shutil.copytree(arguments.model, tree / "release")
    shutil.copy(arguments.video, tree / "film.avi")
    console.print(
        "machine:", emulated(tree, "/usr/bin/python3.11", "-c", "import platform; print(platform.machine())").strip()
    )
    console.print("daemon:", first_frame(tree, signer_of(arguments.model)))
    here = seen([sys.executable, "-m", "posefleet", "analyse", str(arguments.video), "--model", str(arguments.model)])
    there = seen(
        command(tree, "/opt/posefleet/bin/python3", "-m", "posefleet", "analyse", "/film.avi", "--model", "/release")
    )
    console.print("here: ", here)
    console.print("there:", there)
    return 0 if [action for action, _, _ in here] == [action for action, _, _ in there] else 1


def unpack(tree: Path, package: Path) -> None:
    """Debian's files and ours, without running any of them."""
    shutil.rmtree(tree, ignore_errors=True)
    include = f"--include={','.join(PACKAGES)}"
    subprocess.run(
        ["mmdebstrap", "--quiet", "--arch=arm64", "--variant=extract", include, "bookworm", str(tree)], check=True
    )
    subprocess.run(["dpkg-deb", "-x", str(package), str(tree)], check=True)


def command(tree: Path, *arguments: str) -> list[str]:
    """A command line that runs in the tree on the emulated processor."""
    return ["chroot", str(tree), str(EMULATOR), *arguments]


def emulated(tree: Path, *arguments: str) -> str:
    """What a program says."""
    return subprocess.run(command(tree, *arguments), capture_output=True, text=True, check=True).stdout


def first_frame(tree: Path, public_key: str) -> str:
    """The daemon's own words about its run, after its first judged frames."""
    (tree / "device.toml").write_text(
        '[device]\nsite = "home"\nname = "arm"\nstate_directory = "/state"\n[camera]\nurl = "/film.avi"\nloop = true\n'
        f'[model]\ndirectory = "/release"\npublic_key = "{public_key}"\n[mqtt]\nport = 1\n'
    )
    run = command(tree, "/opt/posefleet/bin/python3", "-m", "posefleet", "device", "run", "--config", "/device.toml")
    log = tree / "daemon.log"
    with log.open("wb") as out:
        daemon = subprocess.Popen(run, stderr=out)
        deadline = time.monotonic() + DAEMON_S
        while b"pictures of" not in log.read_bytes() and time.monotonic() < deadline and daemon.poll() is None:
            time.sleep(1)
        time.sleep(20)
        daemon.terminate()
        daemon.wait(120)
    return next((line for line in log.read_text().splitlines() if "frames judged" in line), log.read_text()[-500:])


def seen(run: list[str]) -> list[tuple[str, float, float]]:
    """Actions with start and end, in order, of whoever is seen longest."""
    done = subprocess.run([*run, "--json"], capture_output=True, text=True, check=True)
    people = json.loads(done.stdout)["people"]
    longest = max(people, key=lambda person: len(person["actions"]))
    return [(one["action"], one["started_at"], one["ended_at"]) for one in longest["actions"]]


if __name__ == "__main__":
    sys.exit(main())
