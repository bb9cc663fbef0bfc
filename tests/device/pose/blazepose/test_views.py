"""Views: the whole picture often, every part of it in time, and first what lies beside people already found."""

import numpy as np
import pytest

from device.pose.blazepose.regions import Region
from device.pose.blazepose.views import View, Views

SHAPES = [(480, 640, 3), (1080, 1920, 3), (640, 360, 3), (100, 1000, 3), (300, 300, 3)]


def taken(views: Views, count: int) -> list[View]:
    return [views.next() for _ in range(count)]


def parts_of(views: Views) -> list[View]:
    """All that is left to look at since the last change."""
    parts = []
    while views.seeking:
        parts.append(views.next())
    return parts


@pytest.mark.parametrize("shape", SHAPES)
def test_every_place_is_looked_at_from_near(shape):
    """In one round every place is shown in a part of two thirds of the smaller side; no view leaves the picture."""
    rows, columns = shape[:2]
    near = np.zeros((rows, columns), bool)
    for view in taken(Views(shape), 120):
        assert view.left >= 0 <= view.top
        assert view.left + view.width <= columns
        assert view.top + view.height <= rows
        if view.height <= 2 / 3 * min(rows, columns) + 1:
            near[view.top : view.top + view.height, view.left : view.left + view.width] = True
    assert near.all()


def test_the_whole_picture_comes_every_other_time():
    """Large people, the usual case, are found soon."""
    views = taken(Views((480, 640, 3)), 40)
    assert all(view == View(0, 0, 640, 480) for view in views[::2])


def test_close_to_small_people_others_are_sought_first_then_beside_them():
    """The person in the middle, the whole picture, then parts in which a body of that size fills more than half."""
    views = Views((288, 384, 3))
    views.seek([Region((190.0, 185.0), 155.0, 0.0)])
    close, whole, *beside = parts_of(views)
    assert whole == View(0, 0, 384, 288)
    assert abs(close.left + close.width / 2 - 190) <= 1
    assert {view.height for view in beside} == {round(155 / 0.9)}
    assert all(view.top < 185 - 0.3 * view.height and view.top + view.height > 185 for view in beside)
    assert min(view.left for view in beside) == 0
    assert max(view.left + view.width for view in beside) == 384


def test_who_was_lost_is_sought_again_and_again():
    """More rounds look again close to where the others were, and at the whole picture, for everybody walks on."""
    views = Views((288, 384, 3))
    views.seek([Region((190.0, 185.0), 155.0, 0.0)], rounds=4)
    parts = parts_of(views)
    assert parts.count(parts[0]) == 4
    assert parts[-6:] == [parts[0], View(0, 0, 384, 288)] * 3


def test_beside_large_people_the_whole_picture_is_enough():
    """Somebody who fills the picture leaves room for nobody in a part of it."""
    views = Views((480, 640, 3))
    views.seek([Region((300.0, 250.0), 600.0, 0.0), Region((400.0, 250.0), 550.0, 0.0)])
    assert taken(views, 1) == [View(0, 0, 640, 480)]
    assert not views.seeking


def test_a_view_is_that_part_of_the_picture():
    """What is cut out is where the view says, without a copy."""
    picture = np.arange(60, dtype=np.uint8).reshape(5, 4, 3)
    part = View(1, 2, 3, 2).cut(picture)
    np.testing.assert_array_equal(part, picture[2:4, 1:4])
    assert np.shares_memory(part, picture)
