"""Pickles from outside, opened without running anything of theirs.

A pickle is a program. Here it may build numbers, text, lists, tuples, sets, dicts and numpy arrays of plain numbers,
and name nothing else: no class and no function, not even numpy's own, which inert stand-ins replace. Before that the
whole file is walked through, instruction by instruction; that finds where it is cut short, and refuses what would take
more memory than the file has bytes for.

    content = load_pickle(Path("ntu60_hrnet.pkl"))                      # {"split": {...}, "annotations": [...]}
    keypoint = array_of(content["annotations"][0]["keypoint"])          # (M, T, V, C)
"""

import mmap
import pickle
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NoReturn, cast

import numpy as np

from core.errors import InputError
from training.datasets.arrays import AnyArray

MAX_BYTES = 4 * 1024 * 1024 * 1024
_MOST_STEPS = 20_000_000  # an annotated clip takes about seventy
_PLAIN = frozenset({*(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)), "f2", "f4", "f8", "b1"})
_FORBIDDEN = frozenset({"EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "INST", "OBJ", "NEXT_BUFFER"})
_BYTE_ORDERS = frozenset({"<", ">", "|", "="})
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})


def load_pickle(path: Path) -> Any:  # noqa: ANN401 - what is in it, its reader checks
    """The content of a pickle; arrays in it are for `array_of`.

    Raises:
        InputError: it is not there, too big, cut short, damaged, or needs anything beyond plain data.
    """
    try:
        if not 0 < (size := path.stat().st_size) <= MAX_BYTES:
            raise InputError(f"{path}: {size} bytes; 1 to {MAX_BYTES} can be opened")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            content = cast("IO[bytes]", mapped)  # it reads like a file, and never more than there is
            _walk(content, path)
            content.seek(0)
            return _PlainUnpickler(content, encoding="latin1").load()
    except OSError as exc:
        raise InputError(f"{path}: cannot be read ({exc.strerror})") from exc
    except InputError:
        raise
    except Exception as exc:  # damaged instructions raise almost anything, and it all means the same to their owner
        raise InputError(f"{path}: cannot be opened as plain data: {exc}") from exc


def array_of(value: Any) -> AnyArray | None:  # noqa: ANN401 - whatever the pickle had there
    """The numpy array that a pickle had in some place; None when something else is there."""
    return value.array if isinstance(value, _Array) else None


def _walk(content: IO[bytes], path: Path) -> None:
    try:
        for steps, (instruction, argument, place) in enumerate(pickletools.genops(content), start=1):
            if instruction.name in _FORBIDDEN:
                raise InputError(f"{path}: byte {place}: {instruction.name} is no plain data; nothing was opened")
            if steps > _MOST_STEPS or (instruction.name in _PUTS and int(argument or 0) > steps):
                raise InputError(f"{path}: byte {place}: would take more memory than it has data for")
    except (ValueError, UnicodeDecodeError, OverflowError) as exc:
        raise InputError(f"{path}: byte {content.tell()}: cut short or damaged ({exc}); copy it again") from exc


class _PlainUnpickler(pickle.Unpickler):
    """Knows the few names that numpy's arrays are pickled with, and gives a stand-in for each."""

    def find_class(self, module: str, name: str) -> object:
        """A stand-in; anything else is refused."""
        known = _NAMES.get((module.replace("numpy._core", "numpy.core"), name))
        if known is None:
            raise pickle.UnpicklingError(f"it asks for {module[:60]}.{name[:60]}; nothing was run")
        return known


class _Call:
    """A function that a pickle may call and cannot change."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *arguments: object) -> object:
        return self._function(*arguments)

    def __setstate__(self, state: object) -> NoReturn:
        raise pickle.UnpicklingError("it tries to change a function")


class _Dtype:
    """Stands in for numpy.dtype; `kind` is one of _PLAIN."""

    __slots__ = ("dtype",)

    def __init__(self, kind: object) -> None:
        if kind not in _PLAIN:
            raise pickle.UnpicklingError(f"an array of {str(kind)[:20]} is not of plain numbers")
        self.dtype = np.dtype(str(kind))

    def __setstate__(self, state: tuple[object, ...]) -> None:
        if state[1] not in _BYTE_ORDERS or any(part is not None for part in state[2:5]):
            raise pickle.UnpicklingError("an array has parts that are no plain numbers")
        self.dtype = np.dtype(f"{state[1]}{self.dtype.str[1:]}")


class _Array:
    """Stands in for numpy.ndarray until its state comes."""

    __slots__ = ("array",)

    def __init__(self) -> None:
        self.array: AnyArray = np.zeros(0)

    def __setstate__(self, state: tuple[object, ...]) -> None:
        _, shape, dtype, by_columns, content = state
        self.array = _fill(content, dtype, shape, "F" if by_columns else "C")


def _fill(content: object, dtype: object, shape: object, order: object) -> AnyArray:
    """An array of exactly the bytes that are there."""
    if isinstance(content, str):
        content = content.encode("latin1")  # as Python 2 wrote it
    if not isinstance(content, bytes | bytearray) or not isinstance(dtype, _Dtype) or not isinstance(shape, tuple):
        raise pickle.UnpicklingError("an array is damaged")
    flat = np.frombuffer(content, dtype.dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C").copy()


def _reconstruct(kind: object, shape: object, _: object) -> _Array:
    if kind != "ndarray" or shape != (0,):
        raise pickle.UnpicklingError("an array is damaged")
    return _Array()


def _from_buffer(content: object, dtype: object, shape: object, order: object) -> _Array:
    array = _Array()
    array.array = _fill(content, dtype, shape, order)
    return array


def _scalar(dtype: object, content: object) -> object:
    return _fill(content, dtype, (), "C").item()


def _encode(text: str, codec: str) -> bytes:
    if codec != "latin1":
        raise pickle.UnpicklingError(f"bytes in {str(codec)[:20]}")
    return text.encode("latin1")


_NAMES: dict[tuple[str, str], object] = {
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): _Call(lambda kind, *_: _Dtype(kind)),
    ("numpy.core.multiarray", "_reconstruct"): _Call(_reconstruct),
    ("numpy.core.multiarray", "scalar"): _Call(_scalar),
    ("numpy.core.numeric", "_frombuffer"): _Call(_from_buffer),
    ("_codecs", "encode"): _Call(_encode),  # how protocol 2 writes bytes
    ("__builtin__", "bytes"): _Call(lambda: b""),  # and none at all
}
