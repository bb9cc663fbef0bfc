"""The demo's tap knows the closed list and nothing else."""

import pytest

from core import chunks, topics
from core.messages import Receipt, RoundClosed, encode
from posefleet.demo.tap import read

DEVICE = topics.DeviceTopics("home", "kitchen")
CHUNK = chunks.encode(chunks.split(b"bytes")[0])
RECEIPT = Receipt(round="r1", transfer="a" * 64, accepted=True, reason="accepted")
CLOSED = RoundClosed(round="r1", group="demo", outcome="released", accepted=2)


@pytest.mark.parametrize(
    ("topic", "payload", "kind"),
    [
        (DEVICE.inbox, encode(RECEIPT), "Receipt"),
        (DEVICE.delta("r1", 0), CHUNK, "weight delta chunk"),
        (topics.rounds("demo"), encode(CLOSED), "RoundClosed"),
        (topics.release_chunk("demo", "a" * 64, 0), CHUNK, "release chunk"),
    ],
)
def test_documented_messages_are_known_by_their_topic(topic, payload, kind):
    """Each documented topic has its type."""
    assert read(topic, payload)[0] == kind


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("camera/frame", b"\xff\xd8\xff\xe0"),
        (f"{DEVICE.base}/frame", b"\xff\xd8\xff\xe0"),
        (DEVICE.status, b'{"keypoints": [1, 2, 3]}'),
        (DEVICE.delta("r1", 0), b"\xff\xd8\xff\xe0"),
        (f"{topics.ROOT}/releases/demo/picture", b"x"),
        (topics.rounds("demo"), encode(RECEIPT)),
    ],
)
def test_anything_else_is_a_stranger(topic, payload):
    """A topic that is not documented, or a payload that is not what its topic promises, is reported."""
    with pytest.raises(ValueError):  # noqa: PT011 - every text of it is fine
        read(topic, payload)
