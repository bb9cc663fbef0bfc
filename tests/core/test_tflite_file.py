"""A damaged model file is found before a runtime reads it, because the runtime would end the process."""

import struct
import subprocess
import sys

import pytest
import tflite
from hypothesis import given
from hypothesis import strategies as st

from core.tflite_file import check_tflite_file
from tests import tiny

MODEL = tiny.template()

# Damages the model in as many ways as the argument says, and loads and runs what comes of it.
SURVIVE = """
import random, sys
import numpy as np
from core.errors import BundleError
from core.interpreter import Classifier
from tests import tiny

for seed in range(int(sys.argv[1])):
    random.seed(seed)
    damaged = bytearray(tiny.template())
    for _ in range(3):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    try:
        classifier = Classifier(bytes(damaged))
        classifier.logits(np.zeros((classifier.window, classifier.features), np.float32))
    except BundleError:
        pass
print("survived")
"""


def test_a_whole_model_passes():
    """A model as the converter makes it passes."""
    check_tflite_file(MODEL)


@given(st.integers(0, len(MODEL) - 1))
def test_a_model_cut_short_is_refused(length):
    """A model that ends anywhere before its end is refused."""
    with pytest.raises(ValueError, match=r"."):
        check_tflite_file(MODEL[:length])


@given(st.binary(max_size=2000))
def test_other_bytes_are_refused(data):
    """Bytes that are no model are refused, with or without a model's mark."""
    for hostile in (data, MODEL[:8] + data):
        with pytest.raises(ValueError, match=r"."):
            check_tflite_file(hostile)


@given(st.integers(0, len(MODEL) - 1), st.integers(0, 255))
def test_one_wrong_byte_raises_nothing_else(position, value):
    """A model with one wrong byte passes or is a ValueError, with no other outcome."""
    damaged = bytearray(MODEL)
    damaged[position] = value
    try:
        check_tflite_file(bytes(damaged))
    except ValueError as refused:
        assert str(refused)


def graph_of(data):
    """The graph of a model, writable."""
    return tflite.Model.GetRootAs(data, 0).Subgraphs(0)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda graph: graph.InputsAsNumpy().__setitem__(0, 1000),
        lambda graph: graph.OutputsAsNumpy().__setitem__(0, -1),
        lambda graph: graph.Operators(0).InputsAsNumpy().__setitem__(0, 1000),
        lambda graph: graph.Operators(0).OutputsAsNumpy().__setitem__(0, -2),
    ],
)
def test_an_index_of_nothing_is_refused(spoil):
    """A graph that speaks of tensors which do not exist is refused."""
    damaged = bytearray(MODEL)
    spoil(graph_of(damaged))
    with pytest.raises(ValueError, match="does not exist"):
        check_tflite_file(bytes(damaged))


def test_a_file_that_repeats_one_part_for_ever_is_refused():
    """Tables that all point to one another's parts do not keep the check busy: their number is bounded."""
    vtable = struct.pack("<HHHHH", 10, 8, 0, 0, 4)  # field 2, the graphs, at offset 4
    count = 100_000
    graphs = struct.pack("<I", count) + b"".join(struct.pack("<I", 4 * (count - index)) for index in range(count))
    graph_vtable, graph = struct.pack("<HH", 4, 4), struct.pack("<i", -4)
    # root offset, mark, vtable of the model, padding, model, its vector of graphs, one graph that all of them are
    model = struct.pack("<i", 12) + struct.pack("<I", 4)
    data = struct.pack("<I", 20) + b"TFL3" + vtable + b"\x00\x00" + model + graphs + graph + graph_vtable
    with pytest.raises(ValueError, match="more than 20000 parts"):
        check_tflite_file(data)


def test_what_passes_does_not_end_the_process():
    """Of many damaged models, the runtime loads and runs those that pass the check, or refuses them, and lives."""
    result = subprocess.run([sys.executable, "-c", SURVIVE, "150"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "survived\n"), result.stderr[-500:]
