"""The published JSON Schemas and AsyncAPI document, generated from `core.messages`; docs/schemas/ holds them."""

import json
from importlib.metadata import version
from pathlib import Path

from core.files import write_atomically
from core.messages import JSON_MESSAGES, json_schema
from posefleet.asyncapi import to_json


def all_schemas() -> str:
    """Every message type's schema, as one JSON object by type name."""
    return json.dumps({kind.__name__: json_schema(kind) for kind in JSON_MESSAGES}, indent=2)


def write_schemas(directory: Path) -> list[Path]:
    """Write `<type>.schema.json` for every message type, and `asyncapi.json`."""
    asyncapi = directory / "asyncapi.json"
    write_atomically(asyncapi, asyncapi_document().encode())
    paths = [asyncapi]
    for kind in JSON_MESSAGES:
        path = directory / f"{_tag(kind)}.schema.json"
        write_atomically(path, (json.dumps(json_schema(kind), indent=2) + "\n").encode())
        paths.append(path)
    return paths


def asyncapi_document() -> str:
    """The AsyncAPI document of this version."""
    return to_json(version("posefleet"))


def _tag(kind: type) -> str:
    return str(kind.__struct_config__.tag)  # type: ignore[attr-defined]
