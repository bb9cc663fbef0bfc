"""The cameras that Linux knows: their numbers and names.

for device in video_devices(): print(device.index, device.name)
"""

from dataclasses import dataclass
from pathlib import Path

_CLASS = Path("/sys/class/video4linux")


@dataclass(frozen=True)
class VideoDevice:
    """One /dev/videoN from which pictures may come."""

    index: int
    name: str


def video_devices(directory: Path = _CLASS) -> list[VideoDevice]:
    """The first node of every device, by number; the others hold what is no picture, such as metadata.

    Args:
        directory: where the kernel lists them.
    """
    found = []
    for entry in directory.glob("video*"):
        number = entry.name.removeprefix("video")
        if number.isdecimal() and _read(entry / "index") in {"", "0"}:
            found.append(VideoDevice(int(number), _read(entry / "name") or entry.name))
    return sorted(found, key=lambda device: device.index)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
