"""What `posefleet device init` writes: a commented configuration, and secrets beside it.

    write(interview(Options(site="home"), TerminalAsker(), config), config)

A password, or a camera's address with one, goes into a file of its own, which nobody else can read. The unit hands what
lies in /etc/posefleet to the service as credentials, for that runs as a user of its own.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigError
from core.files import write_atomically
from core.settings_text import commented, mask
from device.settings import DeviceSettings

PASSWORD_FILE = "mqtt-password"  # noqa: S105 - a file's name; the unit hands the file over as the credential of this name
_SERVICE = Path("/etc/posefleet")
_CAMERAS = "cameras"  # a directory, likewise
_HEAD = """\
# Made by `posefleet device init`. What is commented out has its default. `posefleet device check` tries everything,
# `posefleet device config` shows what is in force.

"""


@dataclass(frozen=True)
class Options:
    """Answers that were given beforehand; None: to be asked."""

    site: str | None = None
    name: str | None = None
    camera: str | None = None
    broker: str | None = None
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    release: Path | None = None
    key: str | None = None
    state_directory: Path | None = None


@dataclass(frozen=True)
class Answers:
    """What to write.

    Attributes:
        values: of the configuration, by section and key.
        password: for a file beside it.
    """

    values: dict[str, dict[str, object]]
    password: str | None = None


def refuse_to_overwrite(config: Path) -> None:
    """See that nothing would be overwritten.

    Raises:
        ConfigError: there is a configuration.
    """
    if config.exists():
        raise ConfigError(f"{config}: is there already; --force writes it anew, or name another with --config")


def write(answers: Answers, config: Path) -> None:
    """Write the configuration and the password.

    Raises:
        ConfigError: that is not possible here.
    """
    values = dict(answers.values)
    secrets = {} if answers.password is None else {PASSWORD_FILE: answers.password}
    if is_of_service(config) and _has_secret(camera := values["camera"]):
        name = values["device"]["name"]
        secrets[f"{_CAMERAS}/{name}"] = str(camera["url"])
        values["camera"] = camera | {"url": f"credential:{name}"}
    # Who has no secret shares the configuration, as the service runs as somebody else.
    secret = any(map(_has_secret, values.values()))
    text = _HEAD + commented(DeviceSettings, values)
    try:
        for name, content in secrets.items():
            write_atomically(config.parent / name, f"{content}\n".encode(), mode=0o600)
        write_atomically(config, text.encode(), mode=0o600 if secret else 0o644)
    except OSError as exc:
        raise ConfigError(
            f"{config}: cannot be written ({exc.strerror}); run it with sudo, or name another with --config"
        ) from exc


def _has_secret(section: Mapping[str, object]) -> bool:
    """Whether there is an address that may hold a password."""
    return any(mask(value) != value for value in section.values())


def is_of_service(config: Path) -> bool:
    """Whether this is the configuration of the packaged service, which gets its secrets from systemd."""
    return config.absolute().parent == _SERVICE


def stand_in_for_systemd(config: Path) -> None:
    """Let a command that somebody runs by hand read the service's secrets from where systemd would take them."""
    if is_of_service(config) and os.access(config.parent / PASSWORD_FILE, os.R_OK):
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(config.parent))
