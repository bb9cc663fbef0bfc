import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from core import topics
from core.messages import JSON_MESSAGES, encode
from core.topics import DeviceTopics
from posefleet.asyncapi import document
from posefleet.examples import EXAMPLES

DOCUMENT = document("1.2.3")


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(reference: str) -> Any:
    target: Any = DOCUMENT
    for level in reference.removeprefix("#/").split("/"):
        target = target[level]
    return target


def test_every_reference_leads_somewhere():
    """No reference of the document is broken."""
    found = list(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolve(reference)


def test_every_message_is_in_a_channel_with_an_example():
    """The closed list of messages is described completely, each with an example that its schema accepts."""
    listed = {name for channel in DOCUMENT["channels"].values() for name in channel["messages"]}
    assert listed == {kind.__name__ for kind in JSON_MESSAGES} | {"Chunk"}
    for example in EXAMPLES:
        message = DOCUMENT["components"]["messages"][type(example).__name__]
        assert message["examples"] == [{"payload": json.loads(encode(example))}]
        schema = {"$ref": message["payload"]["$ref"], "components": DOCUMENT["components"]}
        jsonschema.validate(message["examples"][0]["payload"], schema)


def test_examples_with_a_field_more_are_refused_by_the_document():
    """The schemas in the document are as closed as the types that they describe."""
    schema = {"$ref": "#/components/schemas/Status", "components": DOCUMENT["components"]}
    example = DOCUMENT["components"]["messages"]["Status"]["examples"][0]["payload"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(example | {"picture": ""}, schema)


def test_addresses_are_those_of_the_topic_tree():
    """Filled in, the channels' addresses are the topics that the programs use, and every parameter is described."""
    own = DeviceTopics("home", "cam")
    values = {
        "site": "home",
        "device": "cam",
        "round": "r1",
        "number": "0",
        "group": "g",
        "channel": "c",
        "sha256": "ab",
    }
    addresses = {name: channel["address"].format(**values) for name, channel in DOCUMENT["channels"].items()}
    assert addresses == {
        "event": own.event,
        "action": own.action,
        "status": own.status,
        "inbox": own.inbox,
        "delta": own.delta("r1", 0),
        "rounds": topics.rounds("g"),
        "release": topics.release_manifest("c"),
        "release_files": topics.release_chunk("c", "ab", 0),
    }
    for channel in DOCUMENT["channels"].values():
        assert channel["address"].count("{") == len(channel["parameters"])
