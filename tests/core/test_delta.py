"""The envelope of a delta."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chunks import digest
from core.delta import DeltaHeader, check_origin, open_delta, seal_delta
from core.errors import DeltaError
from core.signing import SigningKey


def header(payload: bytes, **changes) -> DeltaHeader:
    return msgspec.structs.replace(
        DeltaHeader(
            site="home", device="kitchen", round="r1", base=1, samples=5, codec="int8",
            payload_sha256=digest(payload), loss_before=1.0, loss_after=0.5, steps=3,
        ),
        **changes,
    )  # fmt: skip


@given(st.binary(max_size=1000))
def test_what_was_sealed_is_opened_and_its_origin_known(payload):
    """Header and payload arrive unchanged, and only the sender's key fits."""
    key = SigningKey.generate()
    delta = open_delta(seal_delta(header(payload), payload, key))
    assert (delta.header, delta.payload) == (header(payload), payload)
    check_origin(delta, key.public)
    with pytest.raises(DeltaError) as caught:
        check_origin(delta, SigningKey.generate().public)
    assert caught.value.reason == "forged"


@given(st.integers(0, 100_000), st.integers(0, 7))
def test_one_flipped_bit_is_noticed(position, bit):
    """A package with any bit changed does not open, or opens with a signature or header that no longer fits."""
    key = SigningKey.generate()
    original = header(b"tensor")
    package = bytearray(seal_delta(original, b"tensor", key))
    package[position % len(package)] ^= 1 << bit
    try:
        delta = open_delta(bytes(package))
        check_origin(delta, key.public)
    except DeltaError as error:
        assert error.reason in {"malformed", "forged"}
    else:
        pytest.fail("a changed package passed")


@given(st.binary(max_size=500))
def test_rubbish_is_malformed(package):
    """Bytes that are no delta are refused with the reason "malformed"."""
    with pytest.raises(DeltaError) as caught:
        open_delta(package)
    assert caught.value.reason == "malformed"
