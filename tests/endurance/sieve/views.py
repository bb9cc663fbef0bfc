"""What some bytes could mean: whatever is packed in them, and every row of numbers that they could spell.

    for data in unpacked(payload):
        for how, numbers in rows_of_numbers(data): ...

Packed are base64, hexadecimal, zlib, gzip, zstd, zip, bzip2 and xz, in each other and anywhere in the bytes, and the
strings of JSON and MessagePack. Numbers are those of JSON and MessagePack in their order, the decimals of any text, and
the bytes themselves as integers and floats of 1 to 8 bytes, both byte orders, from every offset.
"""

import base64
import binascii
import bz2
import contextlib
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

Numbers = npt.NDArray[np.float64]

_MOST_BYTES = 2**24  # that anything may unpack to
_DEPTH = 5
_FEWEST_BYTES = 12  # less cannot hide a row of numbers
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")
_DECIMAL = re.compile(rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_BROKEN = (zlib.error, zstandard.ZstdError, OSError, lzma.LZMAError, EOFError, ValueError, binascii.Error)
_KINDS = ("u1", "i1", "<i2", ">i2", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8")
_PLAUSIBLE = (1e-4, 1e5)  # of a float that is a coordinate or a pixel, or 0; random bytes are mostly beyond


def unpacked(data: bytes, depth: int = _DEPTH) -> Iterator[bytes]:
    """These bytes, and whatever is packed in them."""
    if len(data) < _FEWEST_BYTES:
        return
    yield data
    if depth:
        for inner in _packed(data):
            yield from unpacked(inner, depth - 1)


def rows_of_numbers(data: bytes) -> Iterator[tuple[str, Numbers]]:
    """How the bytes could be read as numbers, and the numbers in a row."""
    yield "text", np.array([float(text) for text in _DECIMAL.findall(data)])
    for how, document in _documents(data):
        yield how, np.array([leaf for leaf in _leaves(document) if isinstance(leaf, int | float)], float)
    for kind in ("u1",) if data.isascii() else _KINDS:  # text that is not packed has no floats, but may have letters
        width = np.dtype(kind).itemsize
        for offset in range(width):
            whole = data[offset : offset + (len(data) - offset) // width * width]
            with np.errstate(invalid="ignore"):
                numbers = np.frombuffer(whole, kind).astype(np.float64)
            yield f"{kind} from byte {offset}", _plausible(numbers) if "f" in kind else numbers


def _plausible(numbers: Numbers) -> Numbers:
    """What could not have been measured is NaN."""
    with np.errstate(invalid="ignore"):
        size = np.abs(numbers)
        return np.where(((size > _PLAUSIBLE[0]) & (size < _PLAUSIBLE[1])) | (numbers == 0), numbers, np.nan)


def _packed(data: bytes) -> Iterator[bytes]:
    for magic, unpack in _PACKED:
        for found in magic.finditer(data):
            with contextlib.suppress(*_BROKEN):
                yield unpack(data[found.start() :])
    for text in _BASE64.findall(data):
        with contextlib.suppress(*_BROKEN):
            yield base64.b64decode(text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4), altchars=_altchars(text))
    for text in _HEX.findall(data):
        yield bytes.fromhex(text.decode())
    for _, document in _documents(data):
        for leaf in _leaves(document):
            if isinstance(leaf, str | bytes):
                yield leaf.encode() if isinstance(leaf, str) else leaf


def _unzip(data: bytes) -> bytes:
    """The first entry, deflated as NumPy does."""
    begins = 30 + int.from_bytes(data[26:28], "little") + int.from_bytes(data[28:30], "little")
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[begins:], _MOST_BYTES)


def _altchars(text: bytes) -> bytes:
    return b"-_" if b"-" in text or b"_" in text else b"+/"


def _documents(data: bytes) -> Iterator[tuple[str, object]]:
    with contextlib.suppress(ValueError, RecursionError):
        if isinstance(document := json.loads(data), dict | list):
            yield "JSON", document
    with contextlib.suppress(msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        if isinstance(document := msgspec.msgpack.decode(data), dict | list):
            yield "MessagePack", document


def _leaves(document: object) -> Iterator[object]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from _leaves(value)
    elif isinstance(document, list):
        for value in document:
            yield from _leaves(value)
    else:
        yield document


_UNPACKERS: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (rb"\x78[\x01\x5e\x9c\xda]", lambda data: zlib.decompressobj().decompress(data, _MOST_BYTES)),
    (rb"\x1f\x8b\x08", lambda data: zlib.decompressobj(31).decompress(data, _MOST_BYTES)),
    (rb"\x28\xb5\x2f\xfd", lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)[:_MOST_BYTES]),
    (rb"PK\x03\x04", _unzip),
    (rb"BZh[1-9]1AY", lambda data: bz2.BZ2Decompressor().decompress(data, _MOST_BYTES)),
    (rb"\xfd7zXZ\x00", lambda data: lzma.LZMADecompressor().decompress(data, _MOST_BYTES)),
)
_PACKED = [(re.compile(magic, re.DOTALL), unpack) for magic, unpack in _UNPACKERS]
