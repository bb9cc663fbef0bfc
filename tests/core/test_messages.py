"""The closed list of messages."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import (
    JSON_MESSAGES,
    ActionEvent,
    CurrentAction,
    Status,
    decode,
    encode,
    json_schema,
)
from posefleet.examples import EXAMPLES
from posefleet.schemas import write_schemas


def test_there_is_an_example_of_every_message():
    """No message type goes without the checks below."""
    assert {type(example) for example in EXAMPLES} == set(JSON_MESSAGES)


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_messages_survive_the_wire_and_fit_their_schema(message):
    """Encoding and decoding changes nothing, and the payload validates against the published JSON Schema."""
    assert decode(encode(message), type(message)) == message
    jsonschema.validate(json.loads(encode(message)), json_schema(type(message)))


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_unknown_fields_are_refused(message):
    """A payload with a field that is not in the closed list is not read, and its schema says so as well."""
    payload = json.loads(encode(message)) | {"keypoints": [1.0]}
    with pytest.raises(ValueError, match="keypoints"):
        decode(json.dumps(payload).encode(), type(message))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(payload, json_schema(type(message)))


@given(st.binary(max_size=300) | st.text().map(str.encode) | st.just(b"[" * 60000) | st.just(b"x" * 70000))
def test_rubbish_is_a_value_error_and_nothing_else(payload):
    """Whatever bytes arrive, decoding ends in a message or a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - every text of it is fine
        decode(payload, ActionEvent)


def _fields(kind, seen=()):
    """Names of all fields, nested structs included."""
    for field in msgspec.structs.fields(kind):
        yield field.name, field.type
        for part in getattr(field.type, "__args__", ()):
            if isinstance(part, type) and issubclass(part, msgspec.Struct) and part not in seen:
                yield from _fields(part, (*seen, part))


@pytest.mark.parametrize("kind", [ActionEvent, CurrentAction, Status], ids=lambda kind: kind.__name__)
def test_nothing_that_a_device_says_could_hold_a_picture(kind):
    """No field of a device's messages is bytes, an array of numbers or an unbounded text."""
    assert b"base64" not in json.dumps(json_schema(kind)).encode()
    for name, annotation in _fields(kind):
        assert bytes not in (annotation, *getattr(annotation, "__args__", ())), name
        assert "ndarray" not in str(annotation), name
    text = json.dumps(json_schema(kind))
    for field in json.loads(text)["$defs"].values():
        for name, rule in field["properties"].items():
            if rule.get("type") == "array":
                assert rule["items"]["maxLength"] <= 400, name
                assert rule["maxItems"] <= 16, name
            if rule.get("type") == "string" and "format" not in rule and "const" not in rule and "enum" not in rule:
                assert "maxLength" in rule or "pattern" in rule, name


def test_published_schemas_are_current(tmp_path: Path):
    """docs/schemas/ is what `posefleet schema` writes today."""
    published = Path(__file__).parents[2] / "docs" / "schemas"
    for path in write_schemas(tmp_path):
        assert (published / path.name).read_text() == path.read_text(), "run: posefleet schema --out docs/schemas"
