"""A region of a picture as a model's input: undistorted, around what it is for, and every point finds its way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.pose.region import Region

BOXES = st.tuples(st.floats(-300, 900), st.floats(-300, 900), st.floats(0, 500), st.floats(0, 500))
SIZES = st.tuples(st.integers(16, 512), st.integers(16, 512))


@given(BOXES, SIZES)
def test_the_box_fills_the_input_in_one_direction(box, size):
    """The box lies in the middle of the input, inside, and reaches from side to side in at least one direction."""
    left, top, width, height = box
    region = Region.around((left, top, left + width, top + height), size)
    corners = region.to_input(np.array([(left, top), (left + width, top + height)]))
    limits = np.array(size[::-1])
    assert (corners >= -0.01).all()
    assert (corners <= limits + 0.01).all()
    assert corners.mean(axis=0) == pytest.approx(limits / 2, abs=0.01)
    if min(width, height) >= 1:
        assert (np.ptp(corners, axis=0) / limits).max() == pytest.approx(1, abs=1e-4)


@given(BOXES, SIZES, st.tuples(st.floats(-1, 2), st.floats(-1, 2)))
def test_points_find_their_way_back(box, size, share):
    """Into the picture and back is the same point to a hundredth of a pixel of the input."""
    region = Region.around((box[0], box[1], box[0] + box[2], box[1] + box[3]), size)
    point = np.array(share) * size[::-1]
    lost = 1e-4 * region.scale  # float32 in the picture
    assert region.to_input(region.to_picture(point)) == pytest.approx(point, abs=0.01 + lost)


@pytest.mark.parametrize("box", [(40, 10, 100, 90), (-60, -30, 80, 60), (0, 0, 160, 120), (30, 30, 60, 50)])
def test_pixels_go_where_points_go(box):
    """A white square's centre lies in the input where `to_input` says; outside of the picture it is black."""
    image = np.zeros((120, 160, 3), np.uint8)
    image[36:46, 40:56] = 255
    region = Region.around(box, (96, 64))
    cut = region.cut(image)
    assert cut.shape == (96, 64, 3)
    weight = cut[..., 0].astype(float)
    middle = [(weight.sum(axis) * (np.arange(weight.shape[1 - axis]) + 0.5)).sum() / weight.sum() for axis in (0, 1)]
    assert middle == pytest.approx(region.to_input(np.array((48.0, 41.0))), abs=0.15)


def test_outside_is_black():
    """What a region shows beyond the picture is black."""
    region = Region.around((-100, 0, 0, 100), (50, 50))
    assert not region.cut(np.full((100, 100, 3), 200, np.uint8))[:, :49].any()
