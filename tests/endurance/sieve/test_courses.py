"""Every number that a device says becomes a course over time, under a name that a person understands."""

import json
from datetime import UTC, datetime

import numpy as np

from core import chunks
from core.delta import DeltaHeader, seal_delta
from core.messages import Queue, StageLatency, encode
from core.signing import SigningKey
from tests.broker import Received
from tests.device.events import TOPICS
from tests.device.links import status
from tests.endurance.sieve.courses import courses

AT = 1_700_000_000.0


def said(topic: str, *payloads: bytes) -> list[Received]:
    """One message a second."""
    return [Received(topic, payload, retained=False, at=AT + number) for number, payload in enumerate(payloads)]


def test_numbers_of_a_status_are_found_at_any_depth():
    """Numbers, and the numbers in what is nested, in the order of time."""
    latency = StageLatency(p50_ms=1.5, p95_ms=2.0, p99_ms=3.0)
    payloads = [
        encode(status(fps=float(number), latency={"pose": latency}, queue=Queue(events=2 * number, deltas=0)))
        for number in range(3)
    ]
    found = courses(reversed(said(TOPICS.status, *payloads)))
    assert found["cam/status.fps"].values.tolist() == [0, 1, 2]
    assert found["cam/status.fps"].times.tolist() == [AT, AT + 1, AT + 2]
    assert found["cam/status.queue.events"].values.tolist() == [0, 2, 4]
    assert found["cam/status.latency.pose.p95_ms"].values.tolist() == [2, 2, 2]


def test_texts_moments_lists_sizes_and_pauses_are_numbers_too():
    """How long ago, how long, how many, which of a few, the digits of an id, how large, and how long after another."""
    moment = datetime.fromtimestamp(AT - 4, UTC).isoformat()
    documents = [
        {"camera": camera, "at": moment, "problems": problems, "id": f"{number:08x}" + "0" * 24}
        for number, (camera, problems) in enumerate([("ok", []), ("lost", ["it is gone"]), ("ok", [])])
    ]
    payloads = [json.dumps(document).encode() for document in documents]
    found = courses(said(TOPICS.event, *payloads))
    assert found["cam/event.camera is 'lost'"].values.tolist() == [0, 1, 0]
    assert found["the length of cam/event.camera"].values.tolist() == [2, 4, 2]
    assert found["the age of cam/event.at"].values.tolist() == [4, 5, 6]
    assert found["cam/event.problems.count"].values.tolist() == [0, 1, 0]
    assert found["the first digits of cam/event.id"].values.tolist() == [0, 1, 2]
    assert found["the size of cam/event"].values.tolist() == [len(payload) for payload in payloads]
    assert found["the pause before cam/event"].values.tolist() == [1, 1]


def test_the_header_of_a_delta_is_read_through_its_chunks():
    """Losses and samples of a weight delta are numbers of the moment when its last chunk came."""
    payload = np.random.default_rng(0).bytes(2 * chunks.CHUNK_BYTES)
    header = DeltaHeader(
        site="home", device="cam", round="r1", base=1, samples=12, codec="int8", payload_sha256=chunks.digest(payload),
        loss_before=1.5, loss_after=0.5, steps=3,
    )  # fmt: skip
    pieces = chunks.split(seal_delta(header, payload, SigningKey.generate()))
    found = courses(said(TOPICS.delta("r1", 0), *map(chunks.encode, pieces)))
    assert (found["cam/delta.loss_after"].values.tolist(), found["cam/delta.samples"].values.tolist()) == ([0.5], [12])
    assert found["cam/delta.samples"].times.tolist() == [AT + len(pieces) - 1]
    assert len(found["the size of cam/delta"].values) == len(pieces)


def test_what_is_nobodys_or_empty_has_no_course():
    """Only what devices say counts, and nothing that takes a retained message back."""
    assert courses(said("posefleet/v1/rounds/default", b'{"a": 1}') + said(TOPICS.status, b"")) == {}
