"""Pages of files leave the memory and come back; what was changed stays."""

import ctypes
import mmap
import re
from pathlib import Path

import numpy as np
import pytest

from device.pages import give_back_file_pages

SIZE = 4 * 2**20


@pytest.fixture
def data(tmp_path: Path):
    path = tmp_path / "data"
    path.write_bytes(np.random.default_rng(0).bytes(SIZE))
    return path


def resident(path: Path) -> int:
    """Bytes of a mapped file that are in this process's memory."""
    text = Path("/proc/self/smaps").read_text()
    return sum(1024 * int(found) for found in re.findall(rf"{path}\n(?:\w.*\n)*?Rss: +(\d+) kB", text))


@pytest.mark.parametrize("named", [True, False])
def test_pages_of_a_file_leave_and_come_back(data, named):
    """After having been read a mapped file takes no memory, by itself or with all others, and reads the same again."""
    with data.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert bytes(mapped) == data.read_bytes()
        assert resident(data) == SIZE
        give_back_file_pages(data if named else None)
        assert resident(data) == 0
        assert bytes(mapped) == data.read_bytes()


def test_another_files_pages_stay(data, tmp_path):
    """Only the file that is named gives its pages back."""
    with data.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert bytes(mapped) == data.read_bytes()
        give_back_file_pages(tmp_path / "other")
        assert resident(data) == SIZE


def test_what_was_changed_is_kept(data):
    """A private mapping that was written to keeps what was written, also once it is read-only like relocated data."""
    with data.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        mapped[:5] = b"hello"
        place = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(mapped)))
        for protection in (mmap.PROT_READ | mmap.PROT_WRITE, mmap.PROT_READ):
            assert ctypes.CDLL(None).mprotect(place, ctypes.c_size_t(SIZE), protection) == 0
            give_back_file_pages()
            assert mapped[:5] == b"hello"


def test_everything_still_works(data):
    """Libraries compute the same after their pages have been given back."""
    numbers = np.random.default_rng(1).random((64, 64))
    before = np.linalg.inv(numbers)
    give_back_file_pages()
    np.testing.assert_array_equal(np.linalg.inv(numbers), before)
