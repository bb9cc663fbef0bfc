import cv2
import numpy as np
import pytest

from device.camera.framing import Framing
from device.camera.settings import CameraSettings

IMAGE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
BY_OPENCV = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirror", [False, True])
def test_pictures_are_turned_clockwise_and_then_mirrored(degrees, mirror):
    """Every turn is OpenCV's, then left and right are swapped if asked for; the result lies in one piece."""
    expected = cv2.rotate(IMAGE, BY_OPENCV[degrees]) if degrees else IMAGE
    expected = cv2.flip(expected, 1) if mirror else expected
    framed = Framing(CameraSettings(rotate=degrees, mirror=mirror)).apply(IMAGE)
    assert np.array_equal(framed, expected)
    assert framed.flags.c_contiguous


def test_the_region_is_one_of_the_turned_picture():
    """Shares count from the left and the top of the picture after it was turned."""
    framed = Framing(CameraSettings(rotate=90, crop=(0.0, 0.5, 0.25, 1.0))).apply(IMAGE)
    assert np.array_equal(framed, cv2.rotate(IMAGE, cv2.ROTATE_90_CLOCKWISE)[32:64, 0:12])


def test_without_a_wish_nothing_is_copied():
    """A camera that hangs upright costs nothing."""
    assert Framing(CameraSettings()).apply(IMAGE) is IMAGE


def test_a_small_region_of_a_small_picture_has_a_pixel():
    """Whatever the settings allow, something is left to look at."""
    assert Framing(CameraSettings(crop=(0.5, 0.5, 0.55, 0.55))).apply(IMAGE[:3, :3]).size
