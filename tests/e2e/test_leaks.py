"""The sieve for bytes on a broker finds pictures and keypoints in whatever shape, and lets documented messages pass."""

import base64
import json
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from core import chunks, homeassistant
from core.messages import CurrentAction, Receipt, encode
from tests import tiny
from tests.broker import Received
from tests.device.events import TOPICS, event
from tests.device.links import status
from tests.e2e.leaks import leaks

PICTURE = cv2.imencode(".jpg", np.full((8, 8, 3), 90, np.uint8))[1].tobytes()
PNG = cv2.imencode(".png", np.full((8, 8, 3), 90, np.uint8))[1].tobytes()


def found(topic: str, payload: bytes) -> str:
    return "\n".join(leaks([Received(topic, payload, retained=False)]))


def test_every_documented_message_passes():
    """Events, action, status with problems, receipts, chunks of any bytes and announcements are no findings."""
    payloads = {
        TOPICS.event: encode(event(1)),
        TOPICS.action: encode(CurrentAction(site="home", device="cam", action="wave", confidence=0.5, since=_now())),
        TOPICS.status: encode(status(problems=["95 % of frames take up to 71.5 ms of 50 ms"], degraded=["alternate"])),
        TOPICS.inbox: encode(Receipt(round="r1", transfer="a" * 64, accepted=True, reason="accepted")),
        TOPICS.delta("r1", 0): chunks.encode(chunks.split(bytes(range(256)) + PICTURE)[0]),
    }
    announced = homeassistant.entities(TOPICS, tiny.LABELS, software="1")
    payloads |= {topic: homeassistant.encode(entity) for topic, entity in announced.items()}
    assert [found(topic, payload) for topic, payload in payloads.items() if found(topic, payload)] == []


@pytest.mark.parametrize("picture", [PICTURE, PNG, b"RIFF\x24\x00\x00\x00WEBPVP8 "])
def test_a_picture_is_found_wherever_it_is(picture: bytes):
    """On a topic of ours or of nobody, in place of a chunk, and as base64 in a text."""
    assert "beginning of a" in found("camera/frame", picture)
    assert "beginning of a" in found(TOPICS.event, picture)
    assert "beginning of a" in found(TOPICS.delta("r1", 0), picture)
    text = base64.b64encode(picture + bytes(20)).decode()
    hidden = encode(status(problems=[text]))
    assert "in base64" in found(TOPICS.status, hidden)


@pytest.mark.parametrize(
    "fields",
    [
        {"joints": [[0.1, 0.2], [0.3, 0.4]]},
        {"problems": ["0.123 0.456 0.789 0.321 0.654"]},
        {"confidence": [0.1, 0.2, 0.3]},
        {"latency": {"pose": {"p50_ms": 1.0, "p95_ms": 1.0, "p99_ms": 1.0, "x": [1, 2, 3]}}},
    ],
)
def test_keypoints_are_found_in_a_field_of_their_own_and_in_others(fields: dict):
    """Numbers in a row are found as an unknown field, in place of a documented one, nested, or spelt out in a text."""
    document = json.loads(encode(status())) | fields
    assert found(TOPICS.status, json.dumps(document).encode())
    assert found("homeassistant/sensor/posefleet_home__cam/action/config", json.dumps(document).encode())


def test_strangers_are_found():
    """A message on a topic of nobody's, or of another type than its topic says, is a finding."""
    assert "not documented" in found("debug", b"1")
    assert "not documented" in found(TOPICS.event, encode(status()))


def _now() -> datetime:
    return datetime.now(UTC)
