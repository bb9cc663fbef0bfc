"""Every planted copy is found, in whatever encoding, and what looks like one is not."""

import base64
import bz2
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable

import cv2
import msgspec
import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from core import chunks, homeassistant
from core.messages import encode
from core.weights import encode_delta
from tests import people, tiny
from tests.broker import Received
from tests.device.events import TOPICS, event
from tests.endurance.sieve.copies import Secrets, copies

RNG = np.random.default_rng(0)
JOINTS = np.stack([people.joints_at("wave", number / 15, seed=seed) for seed in range(3) for number in range(40)])
JOINTS[..., :2] += RNG.normal(0, 0.08, (33, 2)).astype(np.float32)  # faces and hands, which those people have not
FRAME = JOINTS[17]
PICTURE = cv2.GaussianBlur(RNG.integers(0, 256, (48, 64, 3), np.uint8), (5, 5), 0)
JPEG = cv2.imencode(".jpg", PICTURE)[1].tobytes()
SECRETS = Secrets(
    {"x of joints": JOINTS[..., 0].astype(float), "y of joints": JOINTS[..., 1].astype(float)},
    (PICTURE.tobytes(), JPEG),
)

AS_NUMBERS: dict[str, Callable[[np.ndarray], bytes]] = {
    "float32": lambda values: values.astype("<f4").tobytes(),
    "float32, big end first": lambda values: values.astype(">f4").tobytes(),
    "float64": lambda values: values.astype("<f8").tobytes(),
    "float16": lambda values: values.astype("<f2").tobytes(),
    "int8": lambda values: np.rint(values * 100).astype(np.int8).tobytes(),
    "uint8, counted from the right": lambda values: np.rint(250 - values * 150).astype(np.uint8).tobytes(),
    "int16 of pixels": lambda values: np.rint(values * 480).astype(">i2").tobytes(),
    "JSON": lambda values: json.dumps({"p": values.tolist()}).encode(),
    "MessagePack": lambda values: msgspec.msgpack.encode(values.tolist()),
    "text of three decimals": lambda values: " ".join(f"{value:.3f}" for value in values.ravel()).encode(),
    "words between": lambda values: "; ".join(f"at {value:.4f} m" for value in values.ravel()).encode(),
}


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, data=np.frombuffer(data, np.uint8))
    return file.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "in the middle": lambda data: b"\x01\x02" + data + b"\x03",
    "base64": base64.b64encode,
    "base64 for addresses": base64.urlsafe_b64encode,
    "base64 in JSON": lambda data: json.dumps({"note": base64.b64encode(data).decode()}).encode(),
    "hexadecimal": lambda data: data.hex().encode(),
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "zip": zipped,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd in base64": lambda data: base64.b64encode(zstandard.compress(data)),
    "a MessagePack string": lambda data: msgspec.msgpack.encode([1, data]),
}


def found(payload: bytes, secrets: Secrets = SECRETS) -> list[str]:
    return copies([Received("t", payload, retained=False)], secrets)


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("encoding", AS_NUMBERS)
def test_a_frame_of_joints_is_found_in_every_encoding(encoding: str, columns: int):
    """Coordinates alone, in pairs, threes or with a score are found as floats, integers, JSON, MessagePack and text."""
    assert found(AS_NUMBERS[encoding](FRAME[:, :columns]))


@pytest.mark.parametrize("packing", PACKED)
def test_a_frame_of_joints_is_found_in_every_packing(packing: str):
    """Compressed, spelt out as text, within strings, and one in the other: a joint list is found."""
    assert found(PACKED[packing](AS_NUMBERS["float32"](FRAME)))


@pytest.mark.parametrize("packing", PACKED)
def test_a_picture_is_found_in_every_packing(packing: str):
    """A row of pixels from anywhere, a whole file, and a part of a file without its beginning are found."""
    for data in (PICTURE[20, 5:60].tobytes(), JPEG, JPEG[200:300]):
        assert any("picture" in finding for finding in found(PACKED[packing](data)))


@settings(max_examples=30, deadline=None)
@given(
    place=st.tuples(st.integers(0, len(JOINTS) - 1), st.integers(0, 18), st.integers(0, 1)),
    scale=st.floats(0.01, 1e3) | st.floats(-1e3, -0.01),
    offset=st.floats(-100, 100),
)
def test_fifteen_coordinates_in_a_row_are_found_in_any_unit(place: tuple[int, int, int], scale: float, offset: float):
    """Wherever they begin, however they are scaled, moved or mirrored, amid other numbers."""
    frame, start, axis = place
    values = scale * JOINTS[frame, start : start + 15, axis].astype(float) + offset
    assert SECRETS.alike(np.concatenate([RNG.normal(size=7), values, RNG.normal(size=5)]))


@pytest.mark.parametrize("offset", range(4))
def test_a_movement_over_time_is_found_by_its_values(offset: int):
    """One joint's course, a smooth curve like many, is known by the bits of its numbers, from whichever byte on."""
    wrist = JOINTS[:40, 16, 0]
    assert any("secret numbers" in finding for finding in found(bytes(offset) + wrist.astype("<f4").tobytes()))
    assert found(json.dumps([float(value) for value in wrist]).encode())


def test_a_copy_is_found_across_the_chunks_that_carry_it():
    """A transfer is put together in whatever order its pieces came; one piece alone is read as it is."""
    secret = zlib.compress(JOINTS[:4].astype("<f4").tobytes())
    whole = bytes(chunks.CHUNK_BYTES - len(secret) // 2) + secret
    pieces = [chunks.encode(chunk) for chunk in chunks.split(whole)]
    assert len(pieces) == 2
    messages = [Received(TOPICS.delta("r1", number), piece, retained=False) for number, piece in enumerate(pieces)]
    assert copies(reversed(messages), SECRETS)
    assert found(chunks.encode(chunks.split(secret)[0]))


def test_what_devices_say_is_no_copy():
    """Events, announcements, and compressed deltas and weights of any content are no findings."""
    weights = {
        name: tensor + RNG.normal(0, 0.1, tensor.shape).astype(np.float32) for name, tensor in tiny.weights().items()
    }
    payloads = [(TOPICS.event, event_bytes(number)) for number in range(5)]
    payloads += [(topic, homeassistant.encode(one)) for topic, one in announced().items()]
    payloads += [("delta", encode_delta("int8", weights)), ("noise", RNG.bytes(10_000))]
    assert copies([Received(topic, payload, retained=False) for topic, payload in payloads], SECRETS) == []


def event_bytes(number: int) -> bytes:
    return encode(event(number + 1))


def announced() -> dict[str, homeassistant.AnyEntity]:
    return homeassistant.entities(TOPICS, tiny.LABELS, software="1")
