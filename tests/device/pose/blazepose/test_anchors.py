"""The grid of anchors is the one that the detector was trained with."""

import numpy as np

from device.pose.blazepose.anchors import make_anchors


def test_there_is_an_anchor_for_every_output():
    """2254 centres: two in each of 28x28 and 14x14 cells, six in each of 7x7."""
    assert make_anchors().shape == (2254, 2)
    assert 2 * 28 * 28 + 2 * 14 * 14 + 6 * 7 * 7 == 2254


def test_anchors_are_the_middles_of_their_cells_row_by_row():
    """An anchor's place follows from its number, as counted by hand: layer, row, column, repetition."""
    anchors = make_anchors()
    expected = [
        ((column + 0.5) / cells, (row + 0.5) / cells)
        for cells, count in ((28, 2), (14, 2), (7, 6))
        for row in range(cells)
        for column in range(cells)
        for _ in range(count)
    ]
    np.testing.assert_allclose(anchors, expected, rtol=1e-6)
