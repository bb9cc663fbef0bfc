"""Settings as text: a commented file to start from, and what is in force, both from the models themselves.

    text = commented(DeviceSettings, {"device": {"site": "home", "name": "kitchen"}})
    print(effective(settings))

- Every field is there, with its docstring as a comment; what has its default is commented out. The text of valid values
  is a valid configuration.
- What is shown to people has no secret: users, passwords and keys in addresses are masked.
"""

import json
import re
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

_WIDTH = 110
_MASK = "***"
_USER = re.compile(r"(?<=://).*@")  # to the last @: a careless password may hold one, or a slash
_QUERY = re.compile(r"(?<=\?).*")
_TITLE = re.compile(r"^\[.*?\],?\s*")


def commented(kind: type[BaseModel], values: Mapping[str, Mapping[str, object]]) -> str:
    """A whole configuration file with these values, and every other key commented out.

    Args:
        kind: the settings.
        values: by section and key.
    """
    blocks = [block for name, field in kind.model_fields.items() for block in _section(name, field, values.get(name))]
    return "\n\n".join(blocks) + "\n"


def effective(settings: BaseModel) -> str:
    """Everything that is in force, as TOML; what was not set says so, and secrets are masked."""
    return "\n\n".join(_in_force(settings, "")) + "\n"


def to_toml(value: object) -> str:
    """A value as TOML writes it.

    Raises:
        TypeError: TOML has no such value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str | PurePath):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(to_toml(one) for one in value)}]"
    raise TypeError(f"{type(value).__name__} has no place in a configuration")


def mask(value: object) -> object:
    """The value without what is nobody's business."""
    if isinstance(value, SecretStr):
        return _MASK
    if isinstance(value, str) and "://" in value:
        return _QUERY.sub(_MASK, _USER.sub(f"{_MASK}@", value))
    return value


def _section(name: str, field: FieldInfo, values: Mapping[str, object] | None) -> Iterator[str]:
    """A section with its fields, then those below it; one that needs names of the user's own as an example."""
    model, is_named = _model_of(field)
    if model is None:
        raise TypeError(f"{name} is no section; settings consist of sections")
    if is_named:
        yield from _example(f"{name}.NAME", model, field.description or "")
        return
    title = _TITLE.sub("", model.__doc__ or "").strip()
    lines = [*_comment(title[:1].upper() + title[1:]), f"[{name}]"]
    below: list[str] = []
    for key, inner in model.model_fields.items():
        nested, _ = _model_of(inner)
        if nested is None:
            lines += ["", *_entry(key, inner, values or {})]
        else:
            below += _example(f"{name}.{key}.NAME", nested, inner.description or "")
    yield "\n".join(lines)
    yield from below


def _entry(key: str, field: FieldInfo, values: Mapping[str, object]) -> Iterator[str]:
    yield from _comment(field.description or "")
    if values.get(key) is not None:
        yield f"{key} = {to_toml(values[key])}"
    elif field.is_required() or field.default is None:
        yield f"# {key} ="
    else:
        yield f"# {key} = {to_toml(field.default)}"


def _example(path: str, model: type[BaseModel], description: str) -> Iterator[str]:
    keys = [key for key, inner in model.model_fields.items() if _model_of(inner)[0] is None]
    yield "\n".join([*_comment(description), f"# [{path}]", *_comment(f"keys: {', '.join(keys)}")])


def _comment(text: str) -> Iterator[str]:
    yield from textwrap.wrap(" ".join(text.split()), _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _model_of(field: FieldInfo) -> tuple[type[BaseModel] | None, bool]:
    """The model that a field holds, if it does, and whether it holds several by name."""
    options = typing.get_args(field.annotation)
    if typing.get_origin(field.annotation) is dict:
        return options[1], True
    candidates = options if isinstance(field.annotation, types.UnionType) else (field.annotation,)
    models = [one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)]
    return (models[0] if models else None), False


def _in_force(model: BaseModel, path: str) -> Iterator[str]:
    lines: list[str] = []
    below: list[str] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        inner = f"{path}.{name}" if path else name
        if isinstance(value, BaseModel):
            below += _in_force(value, inner)
        elif isinstance(value, dict):
            below += [block for key, one in value.items() for block in _in_force(one, f"{inner}.{key}")]
        elif value is None:
            lines.append(f"# {name} is not set")
        else:
            mark = "" if name in model.model_fields_set else "  # default"
            lines.append(f"{name} = {to_toml(mask(value))}{mark}")
    if path:
        yield "\n".join([f"[{path}]", *lines])
    yield from below
