"""Binary transfers in pieces."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chunks import CHUNK_BYTES, MAX_TRANSFER_BYTES, Assembler, Chunk, decode, digest, encode, split


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 5 * CHUNK_BYTES), st.integers(0, 999))
def test_pieces_in_any_order_and_twice_make_the_whole(size, seed):
    """A transfer is put together whatever the order and repetition of its chunks."""
    rng = random.Random(seed)
    data = rng.randbytes(size)
    payloads = [encode(chunk) for chunk in split(data)]
    assert all(len(payload) <= CHUNK_BYTES + 200 for payload in payloads)
    shuffled = payloads[:-1] + rng.sample(payloads, len(payloads)) if len(payloads) > 1 else payloads
    assembler = Assembler()
    wholes = [whole for payload in shuffled if (whole := assembler.add(decode(payload))) is not None]
    assert wholes[0] == data


@given(st.binary(max_size=400))
def test_rubbish_is_a_value_error(payload):
    """Bytes that are no chunk are refused and nothing else happens."""
    with pytest.raises(ValueError):  # noqa: PT011
        decode(payload)


def test_a_changed_byte_never_comes_out():
    """A transfer whose bytes are not what its digest says is dropped as a whole."""
    first, second = split(b"a" * (CHUNK_BYTES + 1))
    forged = Chunk(second.transfer, second.index, second.count, b"b")
    assembler = Assembler()
    assert assembler.add(first) is None
    with pytest.raises(ValueError, match="other bytes"):
        assembler.add(forged)
    assert assembler.add(first) is None
    assert assembler.add(second) == b"a" * (CHUNK_BYTES + 1)


def test_memory_stays_bounded():
    """Unfinished transfers do not pile up: the oldest goes when the bound is reached."""
    assembler = Assembler(max_bytes=3 * CHUNK_BYTES)
    starts = [split(bytes([i]) * (2 * CHUNK_BYTES)) for i in range(5)]
    for chunks in starts:
        assembler.add(chunks[0])
    assert assembler.add(starts[0][1]) is None
    assert assembler.add(starts[4][1]) is not None


def test_transfers_have_a_size_limit():
    """Nothing empty and nothing larger than the bound is cut."""
    with pytest.raises(ValueError, match="transfer has"):
        split(b"")
    with pytest.raises(ValueError, match="transfer has"):
        split(bytes(MAX_TRANSFER_BYTES + 1))


def test_chunks_that_disagree_are_dropped():
    """Two chunks of one transfer with different counts make no transfer."""
    name = digest(b"x")
    assembler = Assembler()
    assembler.add(Chunk(name, 0, 3, b"x"))
    with pytest.raises(ValueError, match="disagree"):
        assembler.add(Chunk(name, 1, 2, b"x"))
