"""[camera], or one [cameras.NAME] for each of several: where pictures come from, and what of them is looked at.

[cameras.hall]
url = "rtsp://10.0.0.7/stream"
rotate = 90
rest = ["22:00-06:00"]

[cameras.hall.zones.door]
polygon = [[0.0, 0.4], [0.5, 0.4], [0.5, 1.0], [0.0, 1.0]]
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from core.errors import ConfigError
from core.settings import Section, credential, read_secret
from core.topics import check_name
from device.camera.schedule import Period

_CREDENTIAL = "credential:"
_ADDRESSES = Path("/etc/posefleet/cameras")  # what the unit hands over, by name; root's commands look here themselves
_LEAST_CROP = 0.05  # of the picture's width and height: less shows nobody

Share = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Share, Share]
Part = Literal["feet", "hips"]


class ZoneSettings(Section):
    """[camera.zones.NAME] a part of the picture."""

    polygon: tuple[Point, ...] = Field(min_length=3, max_length=32)
    """Its corners, each [x, y] in shares of the picture that is looked at (turned and cropped), from the top left."""
    part: Part = "feet"
    """What of a person must be inside: feet say where somebody stands; hips are asked instead where no foot is seen."""


class CameraSettings(Section):
    """[camera] where pictures come from."""

    url: str = Field(default="0", min_length=1, repr=False)
    """A V4L2 index (0), an rtsp:// or http:// address, a video file, or `picamera2` (`picamera2:1` for the second). An
    address with a password is better kept out of this file: `credential:NAME` stands for what the packaged service gets
    from systemd, out of /etc/posefleet/cameras/NAME."""
    width: int = Field(default=640, ge=160, le=7680)
    """Of a V4L2 camera's or picamera2's pictures; it takes the nearest that it can. Streams and files have their own
    size."""
    height: int = Field(default=480, ge=120, le=4320)
    """Likewise. Pose models see 224 to 256 pixels of a person: more than 480 rows help only far away."""
    loop: bool = False
    """Start a video file again when it ends."""
    lost_after_s: float = Field(default=4.0, gt=0, le=600)
    """No new picture for so long: the camera counts as lost and is opened again."""
    frozen_after_s: float | None = Field(default=None, ge=0, le=3600)
    """The identical picture for so long counts as lost, too: a real sensor has noise. 0 switches it off. Unset it is
    `lost_after_s` where every picture is coded by itself (V4L2, MJPEG, picamera2), 30 s in other streams, whose coding
    repeats a quiet picture honestly for a while, and off for files."""
    rotate: Literal[0, 90, 180, 270] = 0
    """Turn pictures clockwise by so many degrees, for a camera that hangs on its side or head."""
    mirror: bool = False
    """Swap left and right, for a camera that gives mirrored pictures; after turning."""
    crop: tuple[Share, Share, Share, Share] = (0.0, 0.0, 1.0, 1.0)
    """Look at this region only: left, top, right and bottom in shares of the turned picture."""
    rest: tuple[str, ...] = Field(default=(), max_length=16)
    """When not to look at all, in local time: ["22:00-06:00"]. The camera is closed then, and status says `resting`."""
    zones: dict[str, ZoneSettings] = Field(default={}, max_length=16)
    """Where a person must be for an action to count; without any it counts everywhere."""

    @field_validator("url")
    @classmethod
    def _is_looked_up(cls, value: str) -> str:
        if not value.startswith(_CREDENTIAL):
            return value
        name = check_name(value.removeprefix(_CREDENTIAL))
        try:
            # As systemd names what it finds in a directory.
            address = credential(f"cameras_{name}") or read_secret(_ADDRESSES / name)
        except ConfigError as exc:
            raise ValueError(f"{exc}; it holds the camera's address, for root and the service") from exc
        return address.get_secret_value()

    @field_validator("crop")
    @classmethod
    def _is_a_region(cls, value: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        left, top, right, bottom = value
        if right - left < _LEAST_CROP or bottom - top < _LEAST_CROP:
            raise ValueError(
                f"left, top, right, bottom must grow by at least {_LEAST_CROP}, as in [0.0, 0.2, 1.0, 1.0]"
            )
        return value

    @field_validator("rest")
    @classmethod
    def _are_periods(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            Period.parse(text)
        return value

    @field_validator("zones")
    @classmethod
    def _have_names(cls, value: dict[str, ZoneSettings]) -> dict[str, ZoneSettings]:
        for name in value:
            check_name(name)
        return value
