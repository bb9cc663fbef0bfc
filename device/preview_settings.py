"""[preview]: the picture with skeletons in a browser, for whoever sets a camera up."""

import ipaddress
from pathlib import Path

from pydantic import Field, field_validator

from core.settings import Section

_LOCALHOST = "localhost"


class PreviewSettings(Section):
    """[preview] the picture with skeletons, in a browser."""

    enabled: bool = False
    """Serve the page while the daemon runs; without it `posefleet device preview` does so for as long as it runs."""
    host: str = "127.0.0.1"
    """The address to listen on. Any but this machine's own needs a token."""
    port: int = Field(default=8099, ge=0, le=65535)
    """The port to listen on; 0 takes a free one."""
    token_file: Path | None = None
    """File with what a viewer must know; the systemd credential `preview-token` is used without it."""

    @field_validator("host")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value != _LOCALHOST:
            try:
                ipaddress.ip_address(value)
            except ValueError as exc:
                raise ValueError("not an address such as 127.0.0.1, ::1 or 0.0.0.0") from exc
        return value

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the page."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether this is an address of this machine that no other reaches."""
    try:
        return host == _LOCALHOST or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
