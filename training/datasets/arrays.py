"""numpy files from outside, read with a bound: what a header claims is compared with the bytes that are there.

A `.npy` file of a hundred bytes may claim a terabyte, and a `.npz` file may unpack to one; neither gets the memory.
Nothing is unpickled.

    fields = read_npz(Path("fall30.npz"))          # {"X": ..., "y": ...}
    frame = read_npy(Path("wave/0/12.npy"))        # (1662,)
"""

import io
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError

MAX_BYTES = 512 * 1024 * 1024  # unpacked; half a million frames of 75 joints

AnyArray = npt.NDArray[Any]

# What damaged bytes are refused with: numpy reads a header as a Python literal, the archive its own structures.
_DAMAGED = (ValueError, TypeError, MemoryError, EOFError, SyntaxError, OverflowError, tokenize.TokenError)
_BAD_ARCHIVE = (zipfile.BadZipFile, zlib.error, RuntimeError)  # the last for methods that Python cannot unpack, too

_npy: Any = np.lib.format  # public and documented, but without annotations


def read_npy(path: Path) -> AnyArray:
    """One array.

    Raises:
        InputError: the file is not there, too big, cut short, or holds anything but numbers or text.
    """
    try:
        size = path.stat().st_size
        _check_size(path, size)
        with path.open("rb") as file:
            return _read_array(file, size)
    except (OSError, *_DAMAGED) as exc:
        raise InputError(f"{path}: cannot be read as a numpy array ({exc})") from exc


def read_npz(path: Path) -> dict[str, AnyArray]:
    """All arrays of an archive by name.

    Raises:
        InputError: the file is not there, too big, damaged, or holds anything but numbers or text.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(path, sum(entry.file_size for entry in archive.infolist()))
            return {entry.filename.removesuffix(".npy"): _read_entry(archive, entry) for entry in archive.infolist()}
    except (OSError, *_BAD_ARCHIVE) as exc:
        raise InputError(f"{path}: cannot be read as an archive of arrays ({exc})") from exc
    except _DAMAGED as exc:
        raise InputError(f"{path}: damaged, or not made of plain arrays ({exc})") from exc


def array_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """What an archive claims to hold, without reading it; nothing when it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {entry.filename.removesuffix(".npy"): _shape(archive, entry) for entry in archive.infolist()}
    except (OSError, *_BAD_ARCHIVE, *_DAMAGED):
        return {}


def _shape(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[int, ...]:
    with archive.open(entry) as file:
        shape, _ = _read_header(file)
        return shape


def _check_size(path: Path, size: int) -> None:
    if size > MAX_BYTES:
        raise InputError(f"{path}: unpacks to {size} bytes, more than {MAX_BYTES}; cut it into parts")


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> AnyArray:
    with archive.open(entry) as file:
        try:
            return _read_array(file, entry.file_size)
        except ValueError as exc:
            raise ValueError(f"{entry.filename}: {exc}") from exc


def _read_array(file: IO[bytes], size: int) -> AnyArray:
    content = file.read(size)
    stream = io.BytesIO(content)
    shape, dtype = _read_header(stream)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not opened")
    claimed, there = int(np.prod(shape, dtype=object)) * dtype.itemsize, len(content) - stream.tell()
    if claimed != there:
        raise ValueError(f"its header {shape} {dtype} promises {claimed} bytes, {there} follow")
    stream.seek(0)
    array: AnyArray = _npy.read_array(stream, allow_pickle=False)
    return array


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = _npy.read_magic(stream)
    shape, _, dtype = (_npy.read_array_header_1_0 if version == (1, 0) else _npy.read_array_header_2_0)(stream)
    return shape, dtype
