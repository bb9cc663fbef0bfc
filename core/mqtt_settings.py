"""The [mqtt] section that every program with a connection has."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from core.settings import Section

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class MqttSettings(Section):
    """[mqtt] where the broker is and who we are to it."""

    host: str = Field(default="localhost", min_length=1)
    """Name or address of the broker."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Port; 8883 with TLS and 1883 without, unless given."""
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    """MQTT version; `auto` speaks 5 and falls back to 3.1.1."""
    tls: bool | None = None
    """Encrypt and check the broker's certificate; on unless the host is this machine."""
    ca_file: Path | None = None
    """Certificate authority to trust instead of the system's."""
    certificate_file: Path | None = None
    """Client certificate, when the broker asks for one."""
    key_file: Path | None = None
    """Private key of the client certificate."""
    username: str | None = None
    """User name, when the broker asks for one."""
    password_file: Path | None = None
    """File with the password; the systemd credential `mqtt-password` is used without it."""
    keepalive_s: int = Field(default=20, ge=2, le=3600)
    """Longest silence before the connection counts as lost."""

    @property
    def uses_tls(self) -> bool:
        """TLS as asked for, or by default when the broker is on another machine."""
        return self.host not in _LOOPBACK if self.tls is None else self.tls

    @property
    def effective_port(self) -> int:
        """The port in use."""
        return self.port or (8883 if self.uses_tls else 1883)

    @property
    def address(self) -> str:
        """host:port, for messages to people."""
        return f"{self.host}:{self.effective_port}"
