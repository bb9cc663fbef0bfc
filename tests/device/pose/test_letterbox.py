"""A picture in a model's input: undistorted, in the middle, and every point finds its way back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.pose.letterbox import Letterbox

SIDES = st.integers(1, 2000)


@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES), st.lists(st.floats(-1, 2), min_size=2, max_size=2))
def test_points_find_their_way_back(shape, into, share):
    """Into the input and back is the same point to a thousandth of a pixel, inside of the picture and around it."""
    box = Letterbox.fit(shape, into)
    point = np.array(share, np.float32) * np.array(box.picture, np.float32)
    placed = box.to_input(point)
    lost = np.spacing(np.abs(placed).max()) * np.array(box.picture) / box.inner  # what float32 in the input rounds off
    assert np.abs(box.to_picture(placed) - point).max() <= 1e-3 + 2 * lost.max()


@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES))
def test_the_picture_fills_one_side_and_lies_in_the_middle(shape, into):
    """The scaled picture lies inside, touches two opposite sides, and its bars differ by at most one pixel."""
    box = Letterbox.fit(shape, into)
    first = np.array(box.corner)
    last = np.array(box.size) - box.inner - first
    assert (first >= 0).all()
    assert ((last - first >= 0) & (last - first <= 1)).all()
    assert (first + last).min() == 0
    corners = box.to_input(np.array([(0, 0), box.picture], np.float32))
    assert corners == pytest.approx(np.array([first, first + box.inner]), rel=1e-6)


@given(st.integers(60, 400), st.integers(60, 400))
def test_circles_stay_round(rows, columns):
    """Both directions are scaled alike, but for the rounding of the scaled picture to whole pixels."""
    box = Letterbox.fit((rows, columns), (640, 640))
    across, down = (box.inner[axis] / box.picture[axis] for axis in (0, 1))
    assert across == pytest.approx(down, abs=0.5 / min(rows, columns) + 1e-9)


@pytest.mark.parametrize("shape", [(480, 640), (640, 360), (100, 100), (333, 777)])
def test_pixels_go_where_points_go(shape):
    """A white square's centre lies in the input where `to_input` says, within a tenth of a pixel."""
    image = np.zeros((*shape, 3), np.uint8)
    image[40:60, 20:50] = 255
    box = Letterbox.fit(shape, (256, 320))
    rows, columns = np.nonzero(cv2.threshold(box.apply(image)[..., 0], 127, 255, cv2.THRESH_BINARY)[1])
    expected = box.to_input(np.array([(20, 40), (50, 60)], np.float32))
    found = np.array([(columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1)])
    assert np.abs(found - expected).max() < 1
    weight = box.apply(image)[..., 0].astype(float)
    middle = [(weight.sum(axis) * (np.arange(weight.shape[1 - axis]) + 0.5)).sum() / weight.sum() for axis in (0, 1)]
    assert middle == pytest.approx(expected.mean(axis=0), abs=0.1)


def test_bars_have_the_asked_brightness():
    """Bars are filled, the picture keeps its pixels where nothing is scaled."""
    image = np.full((50, 100, 3), 9, np.uint8)
    tensor = Letterbox.fit(image.shape, (100, 100)).apply(image, fill=114)
    assert tensor.shape == (100, 100, 3)
    assert (tensor[25:75] == 9).all()
    assert (tensor[:25] == 114).all()
    assert (tensor[75:] == 114).all()


def test_frame_heights_are_the_unit_of_poses():
    """The bottom right corner of a picture twice as wide as high is (2, 1)."""
    box = Letterbox.fit((240, 480), (192, 192))
    corner = box.to_input(np.array((480, 240), np.float32))
    assert box.to_frame(corner) == pytest.approx([2, 1])


def test_a_picture_of_another_size_is_a_mistake():
    """A place is for one size of picture; no pixels have no place."""
    with pytest.raises(ValueError, match="the place is for"):
        Letterbox.fit((50, 50), (10, 10)).apply(np.zeros((50, 51, 3), np.uint8))
    with pytest.raises(ValueError, match="no place"):
        Letterbox.fit((0, 50), (10, 10))
