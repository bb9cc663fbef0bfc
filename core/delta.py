"""A weight delta on its way from a device to the fleet: header, signature, compressed tensors.

    package = seal_delta(header, payload, key)           # device: then core.chunks.split(package)
    delta = open_delta(package)                          # fleet: structure and digest only
    check_origin(delta, public_key)                      # fleet: the enrolled key signed this header

Everything here comes from outside and is bounded; what is wrong is a DeltaError with a one-word reason.
"""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from core.chunks import MAX_TRANSFER_BYTES, digest
from core.errors import DeltaError
from core.messages import Count, DeltaCodec, Digest, Name
from core.signing import SigningKey, verify

_MAX_HEADER_BYTES = 2048
_MAX_PAYLOAD_BYTES = MAX_TRANSFER_BYTES - 4096


class DeltaHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a delta claims; the signature covers it, and through `payload_sha256` the tensors."""

    v: int = 1
    site: Name
    device: Name
    round: Name
    base: Annotated[int, Meta(ge=1, description="release version that this is a difference from")]
    samples: Annotated[int, Meta(ge=1, le=1_000_000, description="labelled windows trained on: the weight in FedAvg")]
    codec: DeltaCodec
    payload_sha256: Digest
    loss_before: Annotated[float, Meta(ge=0, le=1e6)]
    loss_after: Annotated[float, Meta(ge=0, le=1e6)]
    steps: Count


class _Package(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    header: Annotated[bytes, Meta(max_length=_MAX_HEADER_BYTES)]
    signature: Annotated[str, Meta(max_length=100)]
    payload: Annotated[bytes, Meta(max_length=_MAX_PAYLOAD_BYTES)]


@dataclass(frozen=True)
class SignedDelta:
    """A delta whose structure is right; who sent it is not known before `check_origin`."""

    header: DeltaHeader
    header_text: bytes
    signature: str
    payload: bytes


def seal_delta(header: DeltaHeader, payload: bytes, key: SigningKey) -> bytes:
    """The bytes that travel. `header.payload_sha256` must be the payload's digest."""
    if header.payload_sha256 != digest(payload):
        raise ValueError("the header speaks of another payload")
    text = msgspec.json.encode(header)
    return msgspec.msgpack.encode(_Package(text, key.sign(text), payload))


def open_delta(package: bytes) -> SignedDelta:
    """Take a package apart.

    Raises:
        DeltaError: reason "malformed": it is not a delta, or its payload is not the one that its header names.
    """
    try:
        parts = msgspec.msgpack.decode(package, type=_Package)
        header = msgspec.json.decode(parts.header, type=DeltaHeader)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise DeltaError("malformed", f"not a weight delta: {exc}") from exc
    if digest(parts.payload) != header.payload_sha256:
        raise DeltaError("malformed", f"the delta of {header.site}/{header.device} has another payload than it says")
    return SignedDelta(header, parts.header, parts.signature, parts.payload)


def check_origin(delta: SignedDelta, public_key: str) -> None:
    """Raise a DeltaError (reason "forged") unless the holder of this key signed the header."""
    if not verify(public_key, delta.signature, delta.header_text):
        raise DeltaError("forged", f"the delta of {delta.header.site}/{delta.header.device} has a wrong signature")
