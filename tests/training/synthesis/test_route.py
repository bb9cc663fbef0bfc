"""People get where they are sent, facing where they go, and their feet stay where they are put."""

import numpy as np
import pytest

from training.synthesis.body import Build
from training.synthesis.kinematics import pose_body, rotation
from training.synthesis.posture import Posture
from training.synthesis.route import Mark, Route, stroll

ACROSS = Route((Mark(0.0, x=-1.0), Mark(1.0, x=-1.0), Mark(3.0, x=1.0, z=0.5)))


def test_marks_are_kept():
    """At a mark's time the person is there; before the first and after the last, too."""
    for t, x, z in ((-1.0, -1.0, 0.0), (0.5, -1.0, 0.0), (2.0, 0.0, 0.25), (3.0, 1.0, 0.5), (9.0, 1.0, 0.5)):
        assert ACROSS.place(t) == pytest.approx([x, 0.0, z])
    assert ACROSS.travelled(9.0) == pytest.approx(np.hypot(2.0, 0.5))


def test_who_walks_looks_ahead():
    """Standing, a person faces as asked; walking, where the route leads."""
    assert ACROSS.heading(0.5, 0.3) == pytest.approx(0.3)
    assert ACROSS.heading(2.0, 0.3) == pytest.approx(np.arctan2(1.0, 0.25), abs=1e-6)
    assert ACROSS.pace(0.5) == 0
    assert ACROSS.pace(2.0) == 1


def test_the_foot_on_the_ground_does_not_slide():
    """While a foot is down it stays within a few centimetres of its place in the world."""
    build, way = Build(), np.linspace(0, 3, 301)
    feet = []
    for travelled in way:
        points = pose_body(build, stroll(Posture(), travelled / build.lengths.leg, 1.0)).points
        feet.append(rotation() @ points["left_ankle"] + np.array([0, 0, travelled]))
    feet = np.array(feet)
    down = feet[:, 1] < feet[:, 1].min() + 0.005
    assert down.mean() > 0.35
    steps = np.split(feet[down], np.flatnonzero(np.diff(np.flatnonzero(down)) > 1) + 1)
    assert len(steps) >= 2
    assert max(np.ptp(step[:, 2]) for step in steps) < 0.06


def test_standing_leaves_the_posture_alone():
    """At no pace the posture is what the script asked."""
    posture = Posture(hands_together=0.5)
    assert stroll(posture, 1.0, 0.0) is posture


@pytest.mark.parametrize("marks", [(), (Mark(1.0, x=0), Mark(1.0, x=1)), (Mark(1.0, x=0), Mark(0.5, x=1))])
def test_time_goes_forward(marks):
    """No mark at all and marks out of order are a ValueError."""
    with pytest.raises(ValueError, match="marks"):
        Route(marks)
