"""People keep their numbers also before the real estimator."""

from contextlib import closing

import pytest

from device.pose import make_estimator
from device.settings import PoseSettings
from device.tracking.tracker import Tracker
from tests.benchmarks.tracking import AEROBICS, cross, frames
from tests.outside import real_data
from training.synthesis import crossings

SETTINGS = PoseSettings(estimator="blazepose", max_people=3)


@pytest.mark.parametrize("number", [0, 8])
def test_who_is_found_passing_keeps_the_number(number):
    """Two rendered people who pass each other have two numbers and no others, from the first frame to the last."""
    switches, begun, _ = cross(crossings(number + 1)[number], SETTINGS)
    assert (switches, begun) == (0, 2)


@pytest.mark.real_data
def test_three_people_have_three_numbers():
    """Of three people side by side nobody is renumbered within twelve seconds, though all move at once."""
    tracker = Tracker()
    with closing(make_estimator(SETTINGS)) as estimator:
        for number, (at, image) in enumerate(frames(real_data(AEROBICS))):
            tracker.update(estimator.estimate(image, at), at, image)
            if number == 120:
                break
    assert tracker.begun == 3
