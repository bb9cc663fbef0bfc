"""numpy files from outside."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.errors import InputError
from training.datasets import arrays as module
from training.datasets.arrays import array_shapes, read_npy, read_npz

ANY = arrays.arrays(
    st.sampled_from(["f2", "f4", "f8", ">i4", "u1", "?", "<U3"]), arrays.array_shapes(min_dims=0, min_side=0)
)


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def huge() -> bytes:
    """A header that promises a terabyte, and nothing after it."""
    return npy(np.zeros(0, np.uint8)).replace(b"'shape': (0,), }           ", b"'shape': (1099511627776,), }")


@given(ANY, st.booleans())
def test_arrays_come_back_as_they_were(tmp_path_factory, array, compressed):
    """What numpy wrote is read to the bit, alone or in an archive."""
    folder = tmp_path_factory.mktemp("a")
    np.save(folder / "one.npy", array)
    (np.savez_compressed if compressed else np.savez)(folder / "all.npz", one=array, two=array)
    for back in (read_npy(folder / "one.npy"), read_npz(folder / "all.npz")["two"]):
        assert (back.dtype, back.shape) == (array.dtype, array.shape)
        assert back.tobytes() == array.tobytes()
    assert array_shapes(folder / "all.npz") == {"one": array.shape, "two": array.shape}


@pytest.mark.parametrize(
    "content",
    [b"", b"rubbish", npy(np.ones(9))[:-1], npy(np.ones(9)) + b"more", npy(np.ones(9))[:20], huge()],
    ids=["empty", "rubbish", "cut", "more", "no-header", "huge"],
)
def test_spoilt_arrays_are_refused(tmp_path, content):
    """Cut short, too long, no array, or a header that promises more than follows: refused, alone and in an archive."""
    (tmp_path / "bad.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.npy: cannot be read"):
        read_npy(tmp_path / "bad.npy")
    with zipfile.ZipFile(tmp_path / "bad.npz", "w") as archive:
        archive.writestr("X.npy", content)
    with pytest.raises(InputError, match=r"bad\.npz: .*X\.npy"):
        read_npz(tmp_path / "bad.npz")


def test_objects_are_not_unpickled(tmp_path):
    """An array of Python objects is a pickle, and stays closed."""
    np.save(tmp_path / "evil.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(InputError, match="Python objects, which are not opened"):
        read_npy(tmp_path / "evil.npy")


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    """The bound is on what comes out, not on what is there."""
    monkeypatch.setattr(module, "MAX_BYTES", 100_000)
    np.savez_compressed(tmp_path / "bomb.npz", X=np.zeros(1_000_000, np.uint8))
    assert (tmp_path / "bomb.npz").stat().st_size < 10_000
    with pytest.raises(InputError, match=r"bomb\.npz: unpacks to"):
        read_npz(tmp_path / "bomb.npz")


@given(st.binary(max_size=100))
def test_rubbish_is_refused_and_nothing_else(tmp_path_factory, content):
    """Any bytes give one InputError, never another error."""
    path = tmp_path_factory.mktemp("r") / "rubbish"
    path.write_bytes(content)
    for read in (read_npy, read_npz):
        with pytest.raises(InputError, match="rubbish"):
            read(path)
    assert array_shapes(path) == {}
