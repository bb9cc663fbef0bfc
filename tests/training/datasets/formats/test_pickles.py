"""Pickles, opened without running them."""

import os
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.errors import InputError
from training.datasets.formats._pickles import array_of, load_pickle

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)
NUMBERS = arrays.arrays(
    st.sampled_from(["f2", "f4", "f8", ">f4", "i1", "i8", "u2", "?"]), arrays.array_shapes(min_dims=0, min_side=0)
)


def write(folder, content: bytes):
    path = folder / "data.pkl"
    path.write_bytes(content)
    return path


def refused(folder, content: bytes) -> str:
    with pytest.raises(InputError) as refusal:
        load_pickle(write(folder, content))
    assert "data.pkl: " in str(refusal.value)
    return str(refusal.value)


@given(PLAIN, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_data_comes_back_as_it_was(tmp_path_factory, content, protocol):
    """Numbers, text, bytes, lists, tuples and dicts of every protocol are opened."""
    path = write(tmp_path_factory.mktemp("p"), pickle.dumps(content, protocol))
    assert load_pickle(path) == content


@given(NUMBERS, st.integers(2, pickle.HIGHEST_PROTOCOL), st.booleans())
def test_arrays_come_back_as_they_were(tmp_path_factory, array, protocol, by_columns):
    """Arrays of plain numbers, of either byte order and either order of axes, come back to the bit."""
    array = np.asfortranarray(array) if by_columns else array
    back = array_of(load_pickle(write(tmp_path_factory.mktemp("p"), pickle.dumps(array, protocol))))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


def test_scalars_and_absent_arrays(tmp_path):
    """Numpy's scalars become plain numbers; what is no array is None as one."""
    content = load_pickle(write(tmp_path, pickle.dumps({"a": np.float32(1.5), "b": np.int64(7)})))
    assert content == {"a": 1.5, "b": 7}
    assert array_of(content["a"]) is None


class _Evil:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def test_a_malicious_pickle_executes_nothing(tmp_path):
    """A pickle that would run a command is refused, and the command has not run."""
    marker = tmp_path / "pwned"
    message = refused(tmp_path, pickle.dumps({"annotations": [_Evil(marker)]}))
    assert "system; nothing was run" in message
    assert not marker.exists()
    pickle.loads(pickle.dumps(_Evil(marker)))
    assert marker.exists()  # and it would have


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"cposix\nsystem\n(S'true'\ntR.", "posix.system"),
        (b"cbuiltins\neval\n(S'1'\ntR.", "builtins.eval"),
        (b"cnumpy\nload\n.", "numpy.load"),
        (b"cnumpy.core.multiarray\nfromfile\n.", "fromfile"),
        (b"(iposix\nsystem\n.", "INST is no plain data"),
        (b"Pother\n.", "PERSID is no plain data"),
        (b"\x82\x01.", "EXT1 is no plain data"),
    ],
)
def test_whatever_else_a_pickle_names_is_refused(tmp_path, content, says):
    """Functions, classes, persistent objects and registered extensions are no plain data."""
    assert says in refused(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        b"cnumpy\ndtype\n}(S'_function'\nNtb.",  # a function's state
        b"cnumpy\ndtype\nN}(S'_function'\nNs\x86b.",
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I1000000000\ntS'b'\ntR.",  # memory that is not there
        b"cnumpy\ndtype\n(S'O'\ntR.",  # Python objects inside an array
        b"cnumpy\ndtype\n(S'V8'\ntR.",
        b"cnumpy\ndtype\n(S'f4'\ntR(I3\nS'<'\nN(S'a'\nt}I8\nI1\nI0\ntb.",  # fields
    ],
)
def test_stand_ins_cannot_be_bent(tmp_path, content):
    """What a pickle may call it cannot change, and arrays are of plain numbers and of bytes that are there."""
    assert "cannot be opened as plain data" in refused(tmp_path, content)


def test_arrays_have_exactly_their_bytes(tmp_path):
    """A shape that asks for more than the pickle brings is refused."""
    good = pickle.dumps(np.zeros(3), 4)
    assert "cannot be opened" in refused(tmp_path, good.replace(b"K\x03\x85", b"K\x7f\x85"))


def test_memory_that_the_file_cannot_fill_is_not_taken(tmp_path):
    """Numbers of memo slots and lengths of text are compared with the file, not believed."""
    assert "more memory than it has data for" in refused(tmp_path, b"Nr\xff\xff\xff\x7f.")
    assert "cut short" in refused(tmp_path, b"\x8e" + (2**40).to_bytes(8, "little") + b"abc.")


@pytest.mark.parametrize("keep", [0, 1, 2, 10, 60, -1])
def test_cut_files_are_refused_with_the_place(tmp_path, keep):
    """A file cut anywhere is refused; where it ends is said."""
    whole = pickle.dumps({"annotations": [{"label": 1, "keypoint": np.zeros((2, 2))}]})
    message = refused(tmp_path, whole[:keep])
    assert ("byte " in message) if keep else ("0 bytes" in message)


@given(st.binary(max_size=200))
def test_rubbish_is_refused_and_nothing_else(tmp_path_factory, content):
    """Any bytes give plain data or one InputError, never another error."""
    try:
        load_pickle(write(tmp_path_factory.mktemp("p"), content))
    except InputError as exc:
        assert "data.pkl" in str(exc)


def test_an_absent_pickle_is_refused(tmp_path):
    """A file that is not there is named."""
    with pytest.raises(InputError, match=r"none\.pkl: cannot be read"):
        load_pickle(tmp_path / "none.pkl")
