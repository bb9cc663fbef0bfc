"""Binary transfers in pieces that fit any broker: cut, and put together again within bounds.

A transfer is named by the SHA-256 of its bytes, so a whole that does not match its name is never handed out, pieces may
come in any order, twice, and interrupted transfers go on where they stopped.

    for chunk in split(package): publish(topic, encode(chunk))
    whole = assembler.add(decode(payload))      # None until the last piece is there
"""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from core.messages import Digest

CHUNK_BYTES = 60 * 1024
MAX_TRANSFER_BYTES = 16 * 1024 * 1024
MAX_CHUNKS = -(-MAX_TRANSFER_BYTES // CHUNK_BYTES)


class Chunk(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Piece `index` of `count` of the transfer with this digest."""

    transfer: Digest
    index: Annotated[int, Meta(ge=0, lt=MAX_CHUNKS)]
    count: Annotated[int, Meta(ge=1, le=MAX_CHUNKS)]
    data: Annotated[bytes, Meta(min_length=1, max_length=CHUNK_BYTES)]


_MAX_ENCODED = CHUNK_BYTES + 200


def digest(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def split(data: bytes) -> list[Chunk]:
    """Cut a transfer into chunks.

    Raises:
        ValueError: it is empty or larger than MAX_TRANSFER_BYTES.
    """
    if not 0 < len(data) <= MAX_TRANSFER_BYTES:
        raise ValueError(f"a transfer has 1 to {MAX_TRANSFER_BYTES} bytes, not {len(data)}")
    pieces = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
    name = digest(data)
    return [Chunk(name, index, len(pieces), piece) for index, piece in enumerate(pieces)]


def encode(chunk: Chunk) -> bytes:
    """MessagePack payload of a chunk."""
    return msgspec.msgpack.encode(chunk)


def decode(payload: bytes) -> Chunk:
    """Read a chunk.

    Raises:
        ValueError: too large, malformed or inconsistent.
    """
    if len(payload) > _MAX_ENCODED:
        raise ValueError(f"a chunk of {len(payload)} bytes is larger than {_MAX_ENCODED}")
    try:
        chunk = msgspec.msgpack.decode(payload, type=Chunk)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ValueError(f"not a chunk: {exc}") from exc
    if chunk.index >= chunk.count:
        raise ValueError(f"chunk {chunk.index} of {chunk.count}")
    if chunk.index < chunk.count - 1 and len(chunk.data) != CHUNK_BYTES:
        raise ValueError("only the last chunk of a transfer may be short")
    return chunk


class Assembler:
    """Collects chunks of several transfers within a memory bound; the oldest unfinished transfer is dropped first."""

    def __init__(self, *, max_bytes: int = 2 * MAX_TRANSFER_BYTES) -> None:
        self._max_bytes = max_bytes
        self._transfers: dict[str, dict[int, bytes]] = {}
        self._counts: dict[str, int] = {}

    def add(self, chunk: Chunk) -> bytes | None:
        """Take a chunk; return the whole transfer when it is complete.

        Raises:
            ValueError: chunks contradict each other, or the whole its digest; the transfer is dropped.
        """
        if self._counts.setdefault(chunk.transfer, chunk.count) != chunk.count:
            self.drop(chunk.transfer)
            raise ValueError(f"chunks of transfer {chunk.transfer[:12]} disagree about their number")
        pieces = self._transfers.setdefault(chunk.transfer, {})
        pieces[chunk.index] = chunk.data
        if len(pieces) < chunk.count:
            self._keep_within_bound()
            return None
        whole = b"".join(pieces[index] for index in range(chunk.count))
        self.drop(chunk.transfer)
        if digest(whole) != chunk.transfer:
            raise ValueError(f"transfer {chunk.transfer[:12]} arrived with other bytes than its digest says")
        return whole

    def drop(self, transfer: str) -> None:
        """Forget an unfinished transfer."""
        self._transfers.pop(transfer, None)
        self._counts.pop(transfer, None)

    def _keep_within_bound(self) -> None:
        while sum(len(data) for pieces in self._transfers.values() for data in pieces.values()) > self._max_bytes:
            self.drop(next(iter(self._transfers)))
