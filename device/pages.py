"""Gives back memory that only the start needed: pages of files, as long as they are in memory as they are on the disk.

Of 60 MB of libraries that the daemon reads while it starts it needs a third afterwards, and of the pose models nothing,
for the runtime packs a copy of its own (measured, x86). What is needed after all comes back from the file by itself.

    give_back_file_pages()                  # of all files, once everything runs
    give_back_file_pages(model)             # of one
"""

import ctypes
import mmap
import os
import re
from collections.abc import Iterator
from pathlib import Path

_SMAPS = Path("/proc/self/smaps")
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+ +(/.*)")
_UNCHANGED = re.compile(r"Anonymous: +0 kB")  # proc(5): none of a mapping's pages is a changed copy


def give_back_file_pages(file: Path | None = None) -> None:
    """Take the unchanged pages of one mapped file, or of all, out of this process's memory; on Linux only.

    Mappings that can be written, or that hold anything changed (what the linker relocated, for example), stay as they
    are. No other thread may map or load files meanwhile.
    """
    try:
        madvise = ctypes.CDLL(None).madvise
        lines = _SMAPS.read_text().splitlines()
    except (OSError, AttributeError):
        return
    name = None if file is None else os.path.realpath(file)
    for start, size, path in _unchanged(lines):
        if name in {None, path}:
            madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), mmap.MADV_DONTNEED)


def _unchanged(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Address, bytes and file of every mapping that can be read again from the disk."""
    mapping: re.Match[str] | None = None
    for line in lines:
        if "-" in line[:20]:
            mapping = _MAPPING.fullmatch(line)
        elif mapping is not None and "w" not in mapping[3] and _UNCHANGED.match(line):
            start, end = int(mapping[1], 16), int(mapping[2], 16)
            yield start, end - start, mapping[4]
