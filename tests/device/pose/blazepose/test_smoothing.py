"""The one-euro filter does what its authors' formula says, number by number."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.pose.blazepose.smoothing import JOINTS, REGION_POINTS, LowPassFilter, OneEuroFilter, OneEuroSettings

STEPS = st.lists(st.tuples(st.floats(0.005, 0.5), st.floats(-300, 300), st.floats(20, 400)), min_size=1, max_size=12)


class Reference:
    """Casiez, Roussel, Vogel 2012, algorithms 1 and 2, one number, with speed in body sizes."""

    def __init__(self, settings: OneEuroSettings) -> None:
        self.settings, self.x, self.dx, self.raw, self.t = settings, None, 0.0, 0.0, 0.0

    @staticmethod
    def alpha(rate, cutoff):
        return 1 / (1 + (1 / (2 * math.pi * cutoff)) * rate)

    def __call__(self, t, x, size):
        if self.x is None:
            self.x = x
        else:
            rate = 1 / (t - self.t)
            weight = self.alpha(rate, self.settings.speed_cutoff_hz)
            self.dx = weight * (x - self.raw) * rate / size + (1 - weight) * self.dx
            weight = self.alpha(rate, self.settings.least_cutoff_hz + self.settings.slope * abs(self.dx))
            self.x = weight * x + (1 - weight) * self.x
        self.raw, self.t = x, t
        return self.x


@given(steps=STEPS)
def test_it_is_the_published_filter(steps):
    """Any signal at any rate comes out as from the formula, for both of our settings."""
    for settings in (JOINTS, REGION_POINTS):
        ours, theirs, t = OneEuroFilter(settings), Reference(settings), 10.0
        for step, value, size in steps:
            t += step
            smooth = ours.apply(np.array([[value, -value]], np.float32), at=t, size=size)
            expected = theirs(t, value, size)
            assert smooth[0] == pytest.approx([expected, -expected], abs=0.02)


def test_what_stands_still_is_steadier_than_what_moves():
    """Noise on a resting joint shrinks to less than a tenth; a fast movement is followed within a twentieth."""
    rng = np.random.default_rng(0)
    resting, moving = OneEuroFilter(JOINTS), OneEuroFilter(JOINTS)
    noise = rng.normal(0, 0.01, 300).astype(np.float32)
    still = [resting.apply(noise[i : i + 1], at=i / 30, size=100.0)[0] for i in range(300)]
    assert np.std(still[100:]) < 0.1 * np.std(noise)
    lag = [abs(moving.apply(np.float32([20 * i]), at=i / 30, size=100.0)[0] - 20 * i) for i in range(60)]
    assert max(lag[30:]) < 0.05 * 20


@pytest.mark.parametrize(("at", "size"), [(5.0, 100.0), (4.0, 0.0)])
def test_what_cannot_be_filtered_stays_as_it_is(at, size):
    """A repeated time or a body without size gives the values back and does no harm to what follows."""
    one = OneEuroFilter(JOINTS)
    one.apply(np.float32([1.0]), at=5.0, size=100.0)
    assert one.apply(np.float32([9.0]), at=at, size=size) == [9.0]
    assert one.apply(np.float32([1.0]), at=5.1, size=100.0) == pytest.approx([1.0])


def test_a_clock_that_goes_back_begins_anew():
    """Times before the last one are a new film, smoothed like any other."""
    one, other = OneEuroFilter(JOINTS), OneEuroFilter(JOINTS)
    one.apply(np.float32([50.0]), at=100.0, size=10.0)
    for at, value in ((1.0, 1.0), (1.1, 2.0), (1.2, 2.5)):
        assert one.apply(np.float32([value]), at=at, size=10.0) == other.apply(np.float32([value]), at=at, size=10.0)


def test_visibility_follows_slowly():
    """The first value counts fully, each later one with its weight."""
    low = LowPassFilter(0.1)
    values = [low.apply(np.float32([value]))[0] for value in (1.0, 0.0, 0.0)]
    assert values == pytest.approx([1.0, 0.9, 0.81])
