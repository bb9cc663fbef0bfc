"""One settings style for both services: TOML, one model per section, every error at once, "did you mean".

Unknown keys are refused. Environment variables win over the file: POSEFLEET_MQTT__HOST sets [mqtt] host. Secrets are
`SecretStr` and come from a file or a systemd credential, never from a command line.

    class DeviceSettings(Settings): mqtt: MqttSettings ...
    settings = load_settings(DeviceSettings, Path("device.toml"))
"""

import difflib
import os
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from core.errors import ConfigError

ENV_PREFIX = "POSEFLEET_"
_MAX_CONFIG_BYTES = 256 * 1024
_ADDRESS = re.compile(r"://[^'\"]*")


class Section(BaseModel):
    """Base of every section: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Settings(BaseSettings):
    """Base of a service's whole configuration."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        use_attribute_docstrings=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file (which arrives as keyword arguments)."""
        del settings_cls, dotenv_settings, file_secret_settings  # two sources are enough to explain
        return env_settings, init_settings


S = TypeVar("S", bound=Settings)


def load_settings(kind: type[S], path: Path) -> S:
    """Read a TOML file, apply the environment, check everything.

    Raises:
        ConfigError: one line a problem, each with the section, the key, what is wrong and what was probably meant.
    """
    values = _read_toml(path)
    try:
        return kind(**values)
    except ValidationError as exc:
        problems = [_explain(error, kind, path) for error in exc.errors()]
        raise ConfigError("\n".join(problems)) from exc


def credential(name: str) -> SecretStr | None:
    """A secret that systemd handed to this service (LoadCredential=), or None."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if not directory or not (file := Path(directory) / name).is_file():
        return None
    secret = file.read_text(encoding="utf-8").strip()
    return SecretStr(secret) if secret else None  # a package installs an empty file, as systemd wants there to be one


def read_secret(path: Path) -> SecretStr:
    """A secret in a file of its own.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except OSError as exc:
        raise ConfigError(f"{path}: the secret cannot be read ({exc.strerror})") from exc


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_CONFIG_BYTES:
            raise ConfigError(f"{path}: larger than {_MAX_CONFIG_BYTES} bytes; this is no configuration")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); name another file with --config") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: not valid TOML: {exc}") from exc


def _explain(error: ErrorDetails, kind: type[BaseModel], path: Path) -> str:
    location = [str(part) for part in error["loc"]]
    place = f"{path}: {_dotted(location)}"
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown key{_did_you_mean(location, kind)}"
    if error["type"] == "missing":
        return f"{place}: missing; add it to the file or set {ENV_PREFIX}{'__'.join(location).upper()}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message}{_found(error['input'])}"


def _found(value: object) -> str:
    """What the file says; addresses may hold a password, so only their beginning is shown."""
    if isinstance(value, Mapping | BaseModel):
        return ""
    return f" (found {_ADDRESS.sub('://...', repr(value))})"


def _dotted(location: list[str]) -> str:
    if not location:
        return "the configuration"
    return f"[{'.'.join(location[:-1])}] {location[-1]}" if len(location) > 1 else location[0]


def _did_you_mean(location: list[str], kind: type[BaseModel]) -> str:
    *sections, key = location
    model: type[BaseModel] = kind
    names = iter(sections)
    for section in names:
        inner = _section(model, section)
        if inner is None:
            inner = _named_section(model, section)
            next(names, None)  # its name, as in [cameras.hall]
        if inner is None:
            return ""
        model = inner
    close = difflib.get_close_matches(key, model.model_fields, n=1, cutoff=0.55)
    if close:
        return f"; did you mean {close[0]!r}?"
    elsewhere = [name for name, section in _sections(kind) if key in section.model_fields]
    if elsewhere:
        return f"; did you mean [{elsewhere[0]}] {key}?"
    return f"; known here: {', '.join(sorted(model.model_fields))}"


def _sections(kind: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name in kind.model_fields:
        section = _section(kind, name)
        if section is not None:
            yield name, section


def _section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model class of a field, looking through Optional."""
    field = model.model_fields.get(name)
    if field is None:
        return None
    annotation = field.annotation
    options = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    return next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _named_section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model class of each value, if a field holds several sections by name."""
    field = model.model_fields.get(name)
    options = typing.get_args(field.annotation) if field is not None else ()
    return next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)
