"""Who is followed, lost and waited for, whatever the landmark model says."""

import numpy as np
import pytest

from device.pose.blazepose.followed import Followed
from device.pose.blazepose.following import Following
from tests.device.pose.blazepose.test_followed import sight

PICTURE = np.zeros((4, 4, 3), np.uint8)
MOST = 3


class Scripted:
    """A landmark model that sees whoever stands in the region at the moment."""

    def __init__(self) -> None:
        self.seen = []

    def look(self, _picture, region, *, without=()):
        """The body nearest to the region's middle and within it, if it is not one of those erased."""
        bodies = [one for one in self.seen if not any(np.array_equal(one.joints, gone) for gone in without)]
        near = [one for one in bodies if abs(one.around[0, 0] - region.centre[0]) < region.size / 4]
        return min(near, key=lambda one: abs(one.around[0, 0] - region.centre[0]), default=None)


@pytest.fixture
def model():
    return Scripted()


@pytest.fixture
def following(model):
    """Two people, 400 pixels apart; the one on the right walks 100 pixels a second to the left."""
    made = Following(model, lambda _: True)
    made.people = [Followed(sight(0.0), 0.0), Followed(sight(400.0), 0.0)]
    for step in range(1, 11):
        model.seen = [sight(0.0), sight(400.0 - 10 * step)]
        assert made.follow(PICTURE, step / 10) == []
    return made


def test_who_is_not_seen_is_lost_and_waited_for_where_they_were_going(following, model):
    """Somebody who is not there for three pictures is the same one when they are where they must be by then."""
    _, walker = following.people
    model.seen = model.seen[:1]
    lost = following.follow(PICTURE, 1.1)
    assert lost == [walker]
    following.let_go(lost)
    for moment in (1.1, 1.2, 1.3):
        following.wait_for_hidden(PICTURE, moment, most=MOST)
        assert walker not in following.people
    model.seen = [*model.seen, sight(260.0)]
    following.wait_for_hidden(PICTURE, 1.4, most=MOST)
    assert following.people[1] is walker
    assert following.hidden == []


def test_nobody_is_waited_for_for_ever(following, model):
    """After a second, and when nobody is left who could hide them, who was lost is forgotten."""
    stays, walker = following.people
    model.seen = model.seen[:1]
    following.let_go(following.follow(PICTURE, 1.1))
    following.wait_for_hidden(PICTURE, 2.2, most=MOST)
    assert (following.people, following.hidden) == ([stays], [])
    following.hidden = [walker]
    following.people = []
    following.wait_for_hidden(PICTURE, 1.2, most=MOST)
    assert following.hidden == []


def test_there_are_never_more_people_than_asked_for(following, model):
    """Who comes out when there is no room for them is not followed, and still waited for."""
    _, walker = following.people
    model.seen = model.seen[:1]
    following.let_go(following.follow(PICTURE, 1.1))
    model.seen = [*model.seen, sight(280.0)]
    following.wait_for_hidden(PICTURE, 1.2, most=1)
    assert (len(following.people), following.hidden) == (1, [walker])
