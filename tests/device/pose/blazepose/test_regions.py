"""Regions: what is cut out stands upright, and the way back leads to where it came from."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.pose.blazepose.regions import Region, region_around

NUMBER = st.floats(-500, 500)


@given(x=NUMBER, y=NUMBER, across=st.floats(-200, 200), down=st.floats(-200, 200))
def test_hips_come_to_the_middle_and_the_head_above_them(x, y, across, down):
    """The two points that make a region lie in its crop at the centre, and straight above at 1 / 1.25 of the way up."""
    if math.hypot(across, down) < 1:
        return
    hips, edge = np.array([x, y]), np.array([x + across, y + down])
    region = region_around(hips, edge)
    found = region.to_picture(np.array([[128, 128], [128, 128 - 128 / 1.25]]), 256)
    np.testing.assert_allclose(found, [hips, edge], atol=0.05)


@given(angle=st.floats(-math.pi, math.pi), size=st.floats(10, 1000), x=NUMBER, y=NUMBER)
def test_the_way_back_undoes_the_way_there(angle, size, x, y):
    """A point of the picture, put into the crop by geometry alone, comes back to where it was."""
    region = Region((x, y), size, angle)
    point = np.array([x + 30.0, y - 70.0])
    offset = point - (x, y)
    upright = [offset @ [math.cos(angle), math.sin(angle)], offset @ [-math.sin(angle), math.cos(angle)]]
    crop = np.array(upright) / size * 256 + 128
    np.testing.assert_allclose(region.to_picture(crop, 256), point, atol=0.05)


@given(angle=st.floats(-math.pi, math.pi), size=st.floats(10, 1000), x=NUMBER, y=NUMBER)
def test_places_are_the_same_in_picture_and_crop(angle, size, x, y):
    """Joints put into a crop and back are where they were; what is no place is left out."""
    region, joints = Region((x, y), size, angle), np.array([[x + 30.0, y - 70.0, 5.0]], np.float32)
    found = region.to_picture(region.to_crop(joints, 256), 256)
    np.testing.assert_allclose(found, joints[:, :2], atol=0.05)


def test_a_crop_shows_what_is_there():
    """A mark in the picture is found at the place in the crop that leads back to it."""
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[60:63, 120:123] = 255
    region = Region((110.0, 80.0), 90.0, 0.4)
    crop = region.cut(picture, 256)
    rows, columns = np.nonzero(crop[:, :, 0] > 128)
    middle = np.array([columns.mean(), rows.mean()])
    np.testing.assert_allclose(region.to_picture(middle, 256), [121, 61], atol=0.5)


def test_beyond_the_picture_its_edge_goes_on():
    """A region that leaves the picture has no black corners: the graph repeats edge pixels, and so do we."""
    picture = np.full((40, 40, 3), 200, np.uint8)
    assert Region((0.0, 0.0), 80.0, 1.0).cut(picture, 64).min() == 200


def test_a_region_can_be_moved():
    """A region of a part of a picture becomes one of the picture by the part's corner."""
    assert Region((10.0, 20.0), 30.0, 0.5).moved(100, 7) == Region((110.0, 27.0), 30.0, 0.5)
    assert pytest.approx(0.5) == Region((10.0, 20.0), 30.0, 0.5).moved(1, 1).angle


def test_a_region_can_be_scaled():
    """A smaller region is around the same middle, as much turned."""
    assert Region((10.0, 20.0), 30.0, 0.5).scaled(0.5) == Region((10.0, 20.0), 15.0, 0.5)


def test_cutting_leaves_opencv_as_it_was():
    """How exact OpenCV is belongs to the thread: whoever shares it, such as a renderer, gets the same pixels after."""
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    before = cv2.ipp.useIPP_NotExact()
    Region((60.3, 44.7), 71.0, 0.2).cut(noise, 64)
    assert cv2.ipp.useIPP_NotExact() == before
