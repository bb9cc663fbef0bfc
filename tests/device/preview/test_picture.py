from dataclasses import replace

import cv2
import numpy as np

from core.bundle import Bundle
from device.camera.capture import Frame
from device.preview.picture import draw, encode
from tests.device.sights import sight


def test_the_frame_itself_is_not_drawn_into(bundle: Bundle):
    """People are drawn into a copy: whoever judges the frame sees none of it."""
    seen = sight(bundle)
    before = seen.frame.image.copy()
    picture = draw(seen)
    np.testing.assert_array_equal(seen.frame.image, before)
    assert (picture != before).any()


def test_a_large_picture_is_scaled_with_its_people(bundle: Bundle):
    """A picture wider than 960 pixels is scaled down, and people stay where they are in it."""
    small = sight(bundle)
    image = cv2.resize(small.frame.image, (1920, 1440))
    large = replace(small, frame=Frame(image, small.frame.captured_at, 0))
    picture = draw(large)
    assert picture.shape == (720, 960, 3)
    legs = slice(picture.shape[0] // 2, None)  # below everybody's number, which has one size
    changed = (picture[legs] != 90).any(axis=2)
    expected = cv2.resize((draw(small) != 90).any(axis=2).astype(np.uint8), (960, 720))[legs] > 0
    for place, wanted in zip(np.nonzero(changed), np.nonzero(expected), strict=True):
        assert abs(place.mean() - wanted.mean()) < 6


def test_it_is_a_jpeg(bundle: Bundle):
    """Encoding gives a JPEG of the same size that looks the same."""
    picture = draw(sight(bundle))
    data = encode(picture)
    assert data[:3] == b"\xff\xd8\xff"
    back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert back.shape == picture.shape
    assert np.abs(back.astype(int) - picture).mean() < 5
