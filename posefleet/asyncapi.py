"""What travels over MQTT, as an AsyncAPI 3.0 document: channels, who sends and receives, schemas and examples.

It is generated from `core.messages` and `core.topics`, so it cannot say anything else than the programs do. Source:
the AsyncAPI specification 3.0.0 and its MQTT bindings 0.2.0.

    posefleet schema --asyncapi > asyncapi.json
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from core import topics
from core.messages import (
    ActionEvent,
    CurrentAction,
    Message,
    Receipt,
    RoundClosed,
    RoundOpen,
    SignedManifest,
    Status,
    encode,
    json_schema,
)
from posefleet.examples import EXAMPLES

Side = Literal["device", "fleet"]


@dataclass(frozen=True)
class _Channel:
    """A topic; `messages` is empty for binary chunks, which `core.chunks` describes."""

    name: str
    address: str
    sender: Side
    retained: bool
    summary: str
    messages: tuple[type[Message], ...] = ()


_DEVICE = f"{topics.ROOT}/{{site}}/{{device}}"
_CHANNELS = (
    _Channel("event", f"{_DEVICE}/event", "device", retained=False, summary="Actions start, go on and end.",
             messages=(ActionEvent,)),
    _Channel("action", f"{_DEVICE}/action", "device", retained=True, summary="What is being done now.",
             messages=(CurrentAction,)),
    _Channel("status", f"{_DEVICE}/status", "device", retained=True, summary="How the device is; also its last will.",
             messages=(Status,)),
    _Channel("delta", f"{_DEVICE}/delta/{{round}}/{{number}}", "device", retained=False,
             summary="A signed, compressed weight delta, in chunks."),
    _Channel("inbox", f"{_DEVICE}/inbox", "fleet", retained=False, summary="Receipts for deltas.",
             messages=(Receipt,)),
    _Channel("rounds", f"{topics.ROOT}/rounds/{{group}}", "fleet", retained=True,
             summary="The open round of a group, or how it ended.", messages=(RoundOpen, RoundClosed)),
    _Channel("release", f"{topics.ROOT}/releases/{{channel}}/manifest", "fleet", retained=True,
             summary="The newest release, signed.", messages=(SignedManifest,)),
    _Channel("release_files", f"{topics.ROOT}/releases/{{channel}}/chunk/{{sha256}}/{{number}}", "fleet",
             retained=True, summary="The files of a release, in chunks."),
)  # fmt: skip

_PARAMETERS = {
    "site": "A house, a ward, a workshop.",
    "device": "A board within its site.",
    "round": "The round's name.",
    "number": "Counts the chunks, from 0.",
    "group": "Devices that learn together.",
    "channel": "A release channel, for instance `stable`.",
    "sha256": "Digest of the file that the chunk is a part of.",
}
_BINARY = {"name": "Chunk", "contentType": "application/msgpack", "summary": "A part of a file; see core/chunks.py."}


def document(version: str) -> dict[str, Any]:
    """The document, as JSON values.

    Args:
        version: of this program.
    """
    kinds = [kind for channel in _CHANNELS for kind in channel.messages]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Posefleet",
            "version": version,
            "description": "Everything that devices and the fleet's aggregator say to each other and to subscribers.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel) for channel in _CHANNELS},
        "operations": {f"publish_{channel.name}": _operation(channel) for channel in _CHANNELS},
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in kinds} | {"Chunk": _BINARY},
            "schemas": {name: _rebased(schema) for kind in kinds for name, schema in _schemas(kind).items()},
        },
    }


def to_json(version: str) -> str:
    """The document as text."""
    return json.dumps(document(version), indent=2) + "\n"


def _channel(channel: _Channel) -> dict[str, Any]:
    names = [kind.__name__ for kind in channel.messages] or ["Chunk"]
    return {
        "address": channel.address,
        "summary": channel.summary,
        "parameters": {
            name: {"description": text} for name, text in _PARAMETERS.items() if f"{{{name}}}" in channel.address
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operation(channel: _Channel) -> dict[str, Any]:
    return {
        "action": "send",
        "title": f"the {channel.sender} publishes",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "bindings": {"mqtt": {"qos": 1, "retain": channel.retained, "bindingVersion": "0.2.0"}},
    }


def _message(kind: type[Message]) -> dict[str, Any]:
    examples = [json.loads(encode(example)) for example in EXAMPLES if type(example) is kind]
    return {
        "name": kind.__name__,
        "contentType": "application/json",
        "summary": (kind.__doc__ or "").partition("\n")[0],
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
        "examples": [{"payload": example} for example in examples],
    }


def _schemas(kind: type[Message]) -> dict[str, Any]:
    schema = json_schema(kind)
    definitions: dict[str, Any] = schema["$defs"]
    return definitions


def _rebased(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """References to a schema's own definitions, turned into references to the document's components."""
    if isinstance(value, dict):
        return {
            key: inner.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _rebased(inner)
            for key, inner in value.items()
        }
    return [_rebased(inner) for inner in value] if isinstance(value, list) else value
