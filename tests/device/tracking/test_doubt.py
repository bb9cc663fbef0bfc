"""Nobody is named in doubt, and nobody is doubted for long."""

import numpy as np
import pytest

from core.skeleton import Pose
from device.tracking.tracker import Tracker
from tests.device.tracking.people import numbers, painted, person


def test_of_two_who_are_one_it_is_not_said_who_it_is():
    """A pose that may as well be one as the other has no number for a moment, and has one again when two are seen."""
    one, other = person(0.0, at=0.08, seed=2), person(0.0, seed=2)
    tracker = Tracker()
    before = numbers(tracker, [one, other], 0.0)
    assert numbers(tracker, [one, other], 0.05) == before
    said = [bool(tracker.update([other], moment)[0]) for moment in (0.1, 0.5, 0.9, 1.2)]
    assert said == sorted(said), "first not, then for good"
    assert (said[0], said[-1]) == (False, True)
    assert numbers(tracker, [person(1.7, at=0.1, seed=2), person(1.7, at=-0.1, seed=2)], 1.7) == before


def test_poses_in_one_place_have_no_numbers():
    """Of two poses on one spot neither is named, though both are known; a moment later and apart both are."""
    tracker = Tracker()
    assert tracker.update([person(0.0, seed=2), person(0.0, at=0.01, seed=2)], 0.0)[0] == []
    apart = numbers(tracker, [person(0.1, seed=2), person(0.1, at=0.1, seed=2)], 0.1)
    assert tracker.update([person(0.2, seed=2), person(0.2, at=0.01, seed=2)], 0.2)[0] == []
    assert numbers(tracker, [person(0.3, seed=2), person(0.3, at=0.1, seed=2)], 0.3) == apart


JUMP = ((0.0, 0.0, 20), (0.1, 0.0, 20), (0.2, 0.12, 220), (0.3, 0.0, 20))


def test_a_pose_that_jumps_in_other_clothes_beside_somebody_is_nobodys():
    """A quarter of a body away, wearing something else: it has no number, and does not lead a track astray."""
    tracker, said = Tracker(), []
    for moment, side, grey in JUMP:
        one, other = person(moment, at=side, seed=2), person(moment, at=0.45, seed=2)
        people, _ = tracker.update([one, other], moment, painted((one, grey), (other, 120)))
        said.append([number for number, pose in people if pose is one])
    assert said == [[1], [1], [], [1]]


def test_who_jumps_alone_is_named():
    """With nobody else there it is the light that has changed, and somebody who was quick, but no other body."""
    tracker = Tracker()
    for moment, side, grey in JUMP[:3]:
        one = person(moment, at=side, seed=2)
        people, _ = tracker.update([one], moment, painted((one, grey)))
        assert [number for number, _ in people] == [1]


def test_who_was_seen_once_casts_no_doubt():
    """Where one of two poses on one body is gone in the next picture, it is said at once who goes on."""
    tracker = Tracker()
    stays, _ = numbers(tracker, [person(0.0, seed=2), person(0.0, at=0.04, seed=2)], 0.0)
    assert numbers(tracker, [person(0.1, seed=2)], 0.1) == [stays]
    assert numbers(tracker, [person(0.2, seed=2)], 0.2) == [stays]


def test_of_two_who_come_apart_it_is_said_by_what_they_wear():
    """Two poses that may be either way round have no numbers until it is seen what they wear, and never wrong ones."""
    tracker, said = Tracker(), []
    ways = [-0.2, -0.14, -0.08, -0.04, 0.01, -0.01, 0.01, 0.01, 0.04, 0.07, 0.1, 0.15, 0.2]
    for moment, way in zip(np.arange(len(ways)) / 10, ways, strict=True):
        dark, light = (person(float(moment), at=0.6 + one, seed=2) for one in (way, -way))
        people, _ = tracker.update([dark, light], float(moment), painted((dark, 20), (light, 220)))
        said.append({"dark" if pose is dark else "light": number for number, pose in people})
    everybody = {"dark": 1, "light": 2}
    assert [one for one in said if one not in ({}, everybody)] == []
    assert (said[0], said[7], said[-1]) == (everybody, {}, everybody)


def dark_and_light() -> tuple[Tracker, Pose, Pose]:
    """Two who stand so near to each other that they may hide each other, and have been seen twice."""
    tracker, dark, light = Tracker(), person(0.0, at=0.5, seed=2), person(0.0, at=0.67, seed=2)
    for moment in (0.0, 0.1):
        people, _ = tracker.update([dark, light], moment, painted((dark, 20), (light, 220)))
        assert people == [(1, dark), (2, light)]
    return tracker, dark, light


@pytest.mark.parametrize("grey", [65, 120, 175])
def test_who_wears_what_neither_wears_is_neither(grey):
    """One pose where two must be, in the clothes of neither, has no number for a second, and has one in the end."""
    tracker, dark, _ = dark_and_light()
    moments = (0.2, 0.5, 0.8, 1.1, 1.2)
    said = [[number for number, _ in tracker.update([dark], moment, painted((dark, grey)))[0]] for moment in moments]
    assert said[:-1] == [[]] * 4
    assert said[-1] in ([1], [2])


def test_who_wears_the_same_is_named_beside_somebody_hidden():
    """One pose where two must be, in the clothes of one of them, has the number of that one at once."""
    tracker, dark, _ = dark_and_light()
    assert tracker.update([dark], 0.2, painted((dark, 20)))[0] == [(1, dark)]


def test_who_changes_alone_is_not_doubted():
    """Somebody whose clothes look different from one picture to the next keeps the number, if nobody else is there."""
    tracker, alone = Tracker(), person(0.0, at=0.5)
    assert tracker.update([alone], 0.0, painted((alone, 20)))[0] == [(1, alone)]
    assert tracker.update([alone], 0.1, painted((alone, 220)))[0] == [(1, alone)]


def test_what_is_no_body_does_not_lead_somebody_hidden_astray():
    """A pose in other clothes where somebody may come out is not theirs; they are known when they do come out."""
    tracker, dark, light = dark_and_light()
    tracker.update([light], 0.2, painted((light, 220)))
    wrong = person(0.0, at=0.35, seed=2)
    assert tracker.update([wrong, light], 0.3, painted((wrong, 120), (light, 220)))[0] == [(2, light)]
    assert tracker.update([dark, light], 0.4, painted((dark, 20), (light, 220)))[0] == [(1, dark), (2, light)]


def test_who_is_not_proven_yet_casts_doubt():
    """Who is close to somebody and may be a mistake, but was seen more than once, may be whose one pose it is."""
    tracker, known, new = Tracker(), person(0.0, seed=2), person(0.0, at=0.12, seed=2)
    numbers(tracker, [known], 0.0)
    for moment in (0.1, 0.2):
        assert tracker.update([known, new], moment)[0] == [(1, known)]
    assert tracker.update([person(0.0, at=0.06, seed=2)], 0.3)[0] == []
    assert tracker.update([known, new], 0.4)[0] == [(1, known)]


def test_a_second_pose_that_is_gone_is_forgotten():
    """Of two poses on one body, there from the first picture on, the one that is missed for longer casts no doubt."""
    tracker, stays, gone = Tracker(), person(0.0, seed=2), person(0.0, at=0.06, seed=2)
    for moment in (0.0, 0.1, 0.2):
        assert numbers(tracker, [stays, gone], moment) == [1, 2]
    between = person(0.0, at=0.03, seed=2)
    said = [bool(tracker.update([between], moment)[0]) for moment in (0.3, 0.35, 0.45, 0.5)]
    assert said == [False, False, True, True]
