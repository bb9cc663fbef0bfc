"""Around single points heat is what whole maps say."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.pose.blazepose.heat import CELLS, MAPS, STEPS, HeatHead, HeatMaps

cells = st.lists(st.tuples(st.integers(-4, CELLS + 3), st.integers(-4, CELLS + 3)), min_size=1, max_size=MAPS)


@pytest.fixture(scope="module")
def head():
    """Of no body in particular."""
    rng = np.random.default_rng(0)
    shapes = (CELLS // 2, CELLS // 2, 48), (CELLS, CELLS, 48), (MAPS, 48), (MAPS,)
    return HeatHead(*(rng.normal(size=shape).astype(np.float32) for shape in shapes))


@pytest.fixture(scope="module")
def maps(head):
    """The same in whole maps, made by OpenCV, which enlarges likewise."""
    enlarged = cv2.resize(head.coarse, (CELLS, CELLS), interpolation=cv2.INTER_LINEAR)
    return (enlarged + head.fine) @ head.kernel.T + head.bias


@given(cells)
def test_each_point_reads_its_own_map(head, maps, cells):
    """Around the n-th point values are those of map n, wherever the map has any."""
    points = np.array(cells)
    computed, read = head.around(points), HeatMaps(maps).around(points)
    for number, (x, y) in enumerate(cells):
        for row, column in np.ndindex(STEPS.size, STEPS.size):
            at = y + STEPS[row], x + STEPS[column]
            if min(at) >= 0 and max(at) < CELLS:
                assert read[number, row, column] == maps[*at, number]
                assert computed[number, row, column] == pytest.approx(maps[*at, number], abs=2e-4)
    assert np.isfinite(computed).all()
