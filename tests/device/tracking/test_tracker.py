"""Everybody keeps a number while they are seen, and nobody gets one twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.tracking.track import PROOF_S
from device.tracking.tracker import MAX_GAP_S, MAX_HIDDEN_S, Departure, Tracker
from tests.device.crossings import switches, watch
from tests.device.tracking.people import numbers, painted, person


@pytest.mark.parametrize("action", ["wave", "squat", "clap"])
@pytest.mark.parametrize("fps", [5, 10, 30])
def test_who_moves_stays_the_same(action, fps):
    """One person who moves and walks across the picture keeps the number, at any usual frame rate."""
    tracker = Tracker()
    seen = {
        number
        for frame in range(4 * fps)
        for number in numbers(tracker, [person(frame / fps, at=0.15 * frame / fps, action=action)], frame / fps)
    }
    assert len(seen) == 1


def test_two_people_keep_their_numbers_in_any_order():
    """People side by side are told apart by place, not by the order in which the estimator names them."""
    tracker = Tracker()
    left, right = numbers(tracker, [person(0.0), person(0.0, at=0.4, seed=2)], 0.0)
    assert left != right
    for frame in range(1, 20):
        moment = frame / 10
        assert numbers(tracker, [person(moment, at=0.4, seed=2), person(moment)], moment) == [right, left]


def test_the_nearest_pair_is_joined_first():
    """Somebody new who is nearer to an old place than nothing, but farther than its owner, does not take the number."""
    tracker = Tracker()
    (owner,) = numbers(tracker, [person(0.0)], 0.0)
    new, known = numbers(tracker, [person(0.1, at=0.25), person(0.1, at=0.02)], 0.1)
    assert known == owner
    assert new != owner


def test_a_newcomer_on_top_of_somebody_must_prove_to_be_one():
    """Estimators see double for a moment: who first appears close to somebody gets a number when apart, or in time."""
    tracker = Tracker()
    (owner,) = numbers(tracker, [person(0.0)], 0.0)
    for moment in (0.1, 0.2, 0.3):
        people, _ = tracker.update([person(moment), person(moment, at=0.1)], moment)
        assert [number for number, _ in people] == [owner]
    assert tracker.update([person(0.4), person(0.4, at=0.3)], 0.4)[0][1][0] == owner + 1
    stays = Tracker()
    stays.update([person(0.0)], 0.0)
    for moment in np.arange(0.1, PROOF_S + 0.05, 0.1):
        stays.update([person(float(moment)), person(float(moment), at=0.1)], float(moment))
    assert stays.begun == 1
    stays.update([person(PROOF_S + 0.1), person(PROOF_S + 0.1, at=0.1)], PROOF_S + 0.1)
    assert stays.begun == 2


def test_one_pose_continues_one_track():
    """When only one of two neighbours is seen, it is the nearer of the two, and the other's place is kept."""
    tracker = Tracker()
    left, right = numbers(tracker, [person(0.0), person(0.0, at=0.15)], 0.0)
    assert numbers(tracker, [person(0.1, at=0.02)], 0.1) == [left]
    assert numbers(tracker, [person(0.2, at=0.15), person(0.2, at=0.02)], 0.2) == [right, left]


def test_a_short_gap_is_bridged():
    """Missed for a few frames, a person is still the same."""
    tracker = Tracker()
    before = numbers(tracker, [person(0.0)], 0.0)
    assert tracker.update([], 0.3) == ([], [])
    assert numbers(tracker, [person(MAX_GAP_S)], MAX_GAP_S) == before


def test_who_is_gone_for_long_has_left():
    """After the gap the departure is told once, with the moment last seen; who then appears has a new number."""
    tracker = Tracker()
    (before,) = numbers(tracker, [person(0.0)], 0.0)
    _, departures = tracker.update([], MAX_GAP_S + 0.01)
    assert [(one.track, one.last_seen) for one in departures] == [(before, 0.0)]
    people, departures = tracker.update([person(1.0)], 1.0)
    assert departures == []
    assert people[0][0] > before


def test_who_comes_after_a_pause_of_the_camera_is_new():
    """After seconds without any frame, even somebody in the same place is a new appearance."""
    tracker = Tracker()
    (before,) = numbers(tracker, [person(0.0)], 0.0)
    people, departures = tracker.update([person(5.0)], 5.0)
    assert people[0][0] > before
    assert [one.track for one in departures] == [before]


def test_nobody_jumps_across_the_picture():
    """A pose far from everybody known is somebody new, while the other track waits."""
    tracker = Tracker()
    (first,) = numbers(tracker, [person(0.0)], 0.0)
    (second,) = numbers(tracker, [person(0.1, at=1.0)], 0.1)
    assert second != first
    assert numbers(tracker, [person(0.2)], 0.2) == [first]


@pytest.mark.parametrize("crossing", range(20))
def test_who_passes_somebody_keeps_the_number(crossing):
    """Two people who pass each other, the one hidden for a while, are never taken for each other."""
    assert switches(Tracker(), watch(crossing)) == 0


def test_uneven_frames_do_not_matter():
    """Somebody who walks keeps the number over frames that are 20 to 400 ms apart."""
    tracker, moment = Tracker(), 0.0
    seen = set()
    for step in np.random.default_rng(1).uniform(0.02, 0.4, 40):
        moment += float(step)
        seen |= set(numbers(tracker, [person(moment, at=0.3 * moment)], moment))
    assert len(seen) == 1


def test_who_is_hidden_is_waited_for():
    """Somebody who goes missing where somebody else stands is still the same after a second, and gone after three."""
    hidden, front = person(0.0, at=0.1, seed=2), person(0.0, seed=2)
    tracker = Tracker()
    before = numbers(tracker, [hidden, front], 0.0)
    for moment in np.arange(0.1, 1.0, 0.1):
        assert tracker.update([front], float(moment)) == ([(before[1], front)], [])
    assert numbers(tracker, [hidden, front], 1.0) == before
    left = [
        departure
        for moment in np.arange(1.1, 1.2 + MAX_HIDDEN_S, 0.1)
        for departure in tracker.update([front], float(moment))[1]
    ]
    assert left == [Departure(before[0], 1.0)]


def test_who_stopped_out_of_sight_is_known():
    """Of two who walk the one behind stops; seen again there, a second later, that one has the number still."""
    tracker, walked = Tracker(), 0.0
    for moment in np.arange(0.0, 0.6, 0.1):
        walked = 0.5 * float(moment)
        behind, before = numbers(tracker, [person(0.0, at=walked), person(0.0, at=walked + 0.1)], float(moment))
    for moment in np.arange(0.6, 1.5, 0.1):
        tracker.update([person(0.0, at=0.5 * float(moment) + 0.1)], float(moment))
    assert numbers(tracker, [person(0.0, at=walked), person(0.0, at=0.85)], 1.5) == [behind, before]


@pytest.mark.parametrize(("shade", "place"), [(40, 0), (220, 1)])
def test_clothes_decide_where_places_do_not(shade, place):
    """Somebody found halfway between two who were seen is the one who wears the same."""
    middle = float(person(0.0, seed=5).joints[:, 0].mean())
    dark_and_bright = np.full((100, 200, 3), 40, np.uint8)
    dark_and_bright[:, round(100 * middle) :] = 220
    tracker = Tracker()
    people, _ = tracker.update([person(0.0, at=side, seed=5) for side in (-0.17, 0.17)], 0.0, dark_and_bright)
    ((number, _),), _ = tracker.update([person(0.0, seed=5)], 0.2, np.full((100, 200, 3), shade, np.uint8))
    assert number == people[place][0]


@pytest.mark.parametrize(("grey", "is_same"), [(20, True), (220, False)])
def test_who_was_lost_is_known_again_by_what_they_wear(grey, is_same):
    """Half a body from where somebody must be, farther than they could go, the same clothes are that person."""
    tracker = Tracker()
    for moment in (0.0, 0.1, 0.2):
        here = person(moment, seed=2)
        ((number, _),), _ = tracker.update([here], moment, painted((here, 20)))
    there = person(0.3, at=0.28, seed=2)
    ((now, _),), departures = tracker.update([there], 0.3, painted((there, grey)))
    assert (now == number, tracker.begun) == (is_same, 1 if is_same else 2)
    assert departures == []


@given(st.lists(st.lists(st.integers(0, 60), max_size=4, unique=True), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_poses_changes_nothing(frames, chance):
    """Poses named in any order get the same numbers; places are whole twentieths of a frame's height."""
    one, other = Tracker(), Tracker()
    for moment, places in enumerate(frames):
        poses = [person(moment / 5, at=place / 20) for place in places]
        shuffled = chance.sample(poses, len(poses))
        given_here = {id(pose): number for number, pose in one.update(poses, moment / 5)[0]}
        given_there = {id(pose): number for number, pose in other.update(shuffled, moment / 5)[0]}
        assert given_here == given_there


def test_clearing_ends_everybody():
    """After clearing, which names who was there, the same person in the same place is somebody new."""
    tracker = Tracker()
    before = numbers(tracker, [person(0.0), person(0.0, at=0.5)], 0.0)
    assert tracker.clear() == before
    after = numbers(tracker, [person(0.1)], 0.1)
    assert not set(after) & set(before)
    assert tracker.update([], 10.0)[1][0].track == after[0]


@given(
    st.lists(
        st.tuples(
            st.floats(0.01, 1.0), st.lists(st.tuples(st.floats(0, 3), st.sampled_from([20, 120, 220])), max_size=4)
        ),
        max_size=25,
    )
)
def test_numbers_are_unique_and_never_come_back(frames):
    """Whoever appears wherever in what: no frame has a number twice, departures are told once, and are for good."""
    tracker, moment = Tracker(), 0.0
    gone: set[int] = set()
    known: set[int] = set()
    for step, present in frames:
        moment += step
        clothed = [(person(moment, at=place), grey) for place, grey in present]
        people, departures = tracker.update([pose for pose, _ in clothed], moment, painted(*clothed))
        seen = [number for number, _ in people]
        assert len(set(seen)) == len(seen)
        assert not set(seen) & gone
        left = [one.track for one in departures]
        assert set(left) <= known - gone
        assert not set(left) & set(seen)
        gone |= set(left)
        known |= set(seen)
