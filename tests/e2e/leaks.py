"""Reads every byte that was on a broker, and finds whatever is not documented, or could hold a picture or a keypoint.

    findings = leaks(subscriber.messages)           # a list of sentences, empty if all is well

Three sieves, each of which would be enough if the two others were perfect: the topic and the type (the project's own
decoders, which refuse unknown fields); the beginnings of picture and sound files, in the bytes and in whatever text
decodes as base64; and numbers, which a documented JSON payload never has in a row.
"""

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterable, Iterator

from core import homeassistant, topics
from posefleet.demo.tap import read
from tests.broker import Received

MAGIC = {
    "JPEG": b"\xff\xd8\xff",
    "PNG": b"\x89PNG\r\n",
    "GIF": b"GIF8",
    "BMP or DIB": b"BM\x36",
    "RIFF": b"RIFF",
    "Matroska": b"\x1a\x45\xdf\xa3",
    "MP4": b"ftyp",
    "TIFF": b"II*\x00",
    "numpy": b"\x93NUMPY",
    "zip": b"PK\x03\x04",
}
BINARY = frozenset({"weight delta chunk", "release chunk"})  # compressed weights and models: any bytes may occur
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_MOST_NUMBERS = 3  # in a row, anywhere in a JSON payload: no documented field has any
_FEWEST_HEADER = 4  # bytes of a file's beginning that mean something in the middle of others
_ARRAYS = frozenset({"problems", "degraded", "options", "event_types", "identifiers"})  # of texts, all of them
_STRUCTS = (*homeassistant.KINDS, homeassistant.DeviceInfo, homeassistant.Origin)
_ANNOUNCED = frozenset(name for kind in _STRUCTS for name in kind.__struct_fields__)


def leaks(messages: Iterable[Received]) -> list[str]:
    """What is wrong with these messages, for a person."""
    return [f"{message.topic}: {what}" for message in messages if message.payload for what in _look_at(message)]


def _look_at(message: Received) -> Iterator[str]:
    try:
        kind = _kind(message)
    except ValueError as exc:
        yield f"not documented ({exc})"
        kind = "unknown"
    if kind in BINARY:
        yield from _headers(message.payload[:256], "begins like")  # a picture sent as a chunk would begin there
        return
    yield from _headers(message.payload, "holds")
    for text in _BASE64.findall(message.payload):
        with contextlib.suppress(binascii.Error, ValueError):
            yield from _headers(base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_"), "holds in base64")
    if kind != "SignedManifest":  # the operator's, and text of a manifest with thresholds and metrics
        yield from _numbers(message.payload)


def _kind(message: Received) -> str:
    """The documented type; a ValueError if it is none."""
    if re.match(r"homeassistant/[a-z_]+/posefleet_", message.topic):
        if unknown := [name for name, _ in _fields("", json.loads(message.payload)) if name and name not in _ANNOUNCED]:
            raise ValueError(f"an announcement with {unknown[0]}")
        return "announcement"
    if not message.topic.startswith(f"{topics.ROOT}/"):
        raise ValueError("a topic of nobody's")
    return read(message.topic, message.payload)[0]


def _headers(data: bytes, how: str) -> Iterator[str]:
    for name, magic in MAGIC.items():
        place = data.find(magic)
        if place == 0 or (place > 0 and len(magic) >= _FEWEST_HEADER):
            yield f"{how} the beginning of a {name} file, at byte {place}"


def _numbers(payload: bytes) -> Iterator[str]:
    """Arrays of numbers in JSON, and digits in texts that are meant to be read by people."""
    try:
        document = json.loads(payload)
    except ValueError:
        return
    for name, value in _fields("", document):
        if isinstance(value, list) and sum(isinstance(one, int | float) for one in value):
            yield f"{name} holds {len(value)} numbers"
        elif isinstance(value, list) and name not in _ARRAYS:
            yield f"{name} is an array that nobody has documented"
        elif isinstance(value, str) and len(re.findall(r"\d\.\d+", value)) > _MOST_NUMBERS:
            yield f"{name} holds a text of many numbers"


def _fields(name: str, value: object) -> Iterator[tuple[str, object]]:
    yield name, value
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _fields(key, one)
    elif isinstance(value, list):
        for one in value:
            yield from _fields(name, one)
