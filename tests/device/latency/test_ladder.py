"""The ladder steps down when it must, up when it can, and does not swing."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.latency.ladder import Ladder, Rules, Workload, rungs_for
from device.pose import Effort

ALL = ("detection", "alternate", "resolution", "people")
FULL = Workload(Effort(max_people=3, detect_every=15))
RULES = Rules(budget_ms=50.0)
OVER, BETWEEN, ROOM = 70.0, 45.0, 20.0


def ladder(names=ALL, full=FULL, rules=RULES, **having) -> Ladder:
    return Ladder(full, rungs_for(names, full, **having), rules)


def names(one: Ladder) -> list[str]:
    return [text.split(":")[0] for text in one.in_force]


def press(one: Ladder, *, people: int = 3, start: float = 0.0) -> int:
    """Over the budget until nothing changes any more; how many steps that took."""
    return sum(one.judge(OVER, start + number, people=people) for number in range(20))


def test_steps_are_taken_in_order_and_each_keeps_those_before():
    """Over the budget, the steps come one by one in the order of the settings, and add up."""
    one = ladder()
    assert one.workload == FULL
    seen = []
    for moment in range(9):
        one.judge(OVER, float(moment), people=3)
        seen.append((names(one), one.workload))
    assert [workload for _, workload in seen[:6]] == [
        Workload(Effort(3, 60, at_once=False)),
        Workload(Effort(3, 60, at_once=False), every=2),
        Workload(Effort(3, 60, at_once=False), every=2, halved=True),
        Workload(Effort(1, 60, at_once=False), every=2, halved=True),
        Workload(Effort(1, 60, at_once=False), every=2, halved=True),
        Workload(Effort(1, 60, at_once=False), every=2, halved=True),
    ]
    assert seen[-1][0] == list(ALL)
    other = ladder(("people", "alternate"))
    press(other)
    assert names(other) == ["people", "alternate"]


@pytest.mark.parametrize(
    ("having", "full", "expected"),
    [
        ({"choice": False}, FULL, ["alternate", "resolution"]),
        ({"camera": False}, FULL, ["detection", "alternate", "people"]),
        ({}, Workload(Effort(1, 15)), ["alternate", "resolution"]),
        ({}, Workload(Effort(2, 300)), ["alternate", "resolution", "people"]),
        ({"choice": False, "camera": False}, FULL, ["alternate"]),
    ],
)
def test_steps_that_cannot_help_are_not_there(having, full, expected):
    """An estimator without a choice, a camera of one size or one person only: such steps are never taken."""
    one = ladder(full=full, **having)
    press(one)
    assert names(one) == expected


def test_room_for_people_who_are_not_there_is_no_saving():
    """With two people there, ten places become two at once; with nobody there, places are not touched at all."""
    full = Workload(Effort(10, 15))
    one = ladder(("people",), full)
    assert one.judge(OVER, 0.0, people=2)
    assert one.workload.effort.max_people == 2
    assert one.in_force == ("people: at most 2 of 10 people are followed",)
    other = ladder(("people",), full)
    assert press(other, people=0) == 0


def test_an_empty_ladder_never_steps():
    """Without steps everything stays as it is."""
    one = ladder(())
    assert press(one) == 0
    assert one.workload == FULL
    assert one.in_force == ()


def test_a_step_up_needs_lasting_room_and_somebody_to_measure_with():
    """Room with nobody in the picture, or interrupted by frames near the budget, brings nothing back."""
    one = ladder(("alternate",))
    one.judge(OVER, 0.0, people=1)
    assert not any(one.judge(ROOM, float(moment), people=0) for moment in range(1, 200))
    for start in (200, 220, 240):
        assert not any(one.judge(ROOM, float(start + moment), people=1) for moment in range(19))
        assert not one.judge(BETWEEN, start + 19.0, people=1)
    assert [one.judge(ROOM, 260.0 + moment, people=1) for moment in range(20)] == [False] * 19 + [True]


def test_a_long_silence_is_no_room():
    """Without frames for an hour, the first good one does not bring anything back."""
    one = ladder(("alternate",))
    one.judge(OVER, 0.0, people=1)
    one.judge(ROOM, 1.0, people=1)
    assert not one.judge(ROOM, 3600.0, people=1)


def swings(seconds: int) -> list[float]:
    """Moments of steps up of a board that is too slow without a step and has room with it."""
    one = ladder(("alternate",))
    ups = []
    for moment in range(seconds):
        depth = len(one.in_force)
        one.judge(ROOM if depth else OVER, float(moment), people=1)
        if depth and not one.in_force:
            ups.append(float(moment))
    return ups


def test_a_step_up_that_fails_is_tried_again_ever_later():
    """Each failed attempt doubles the wait, from twenty seconds up to ten minutes."""
    ups = swings(6000)
    waits = [after - before for before, after in itertools.pairwise(ups)]
    assert waits[:4] == pytest.approx([40, 80, 160, 320], abs=3)
    assert waits[4:] == pytest.approx([600] * len(waits[4:]), abs=3)


def test_a_step_up_that_holds_makes_it_patient_again():
    """After an attempt that held, the next step up needs the normal wait only."""
    one = ladder(("alternate", "resolution"))
    moment = itertools.count(0.0, 1.0)
    one.judge(OVER, next(moment), people=1)
    for _ in range(3):  # three failures
        while one.in_force:
            one.judge(ROOM, next(moment), people=1)
        one.judge(OVER, next(moment), people=1)
    one.judge(OVER, next(moment), people=1)
    waits = []
    for _ in range(2):
        depth, began = len(one.in_force), next(moment)
        while len(one.in_force) == depth:
            now = next(moment)
            one.judge(ROOM, now, people=1)
        waits.append(now - began)
    assert waits[0] == pytest.approx(160, abs=3)
    assert waits[1] == pytest.approx(30, abs=3)  # until the first has proved itself


def test_when_the_load_is_gone_it_does_not_wait_for_what_failed_under_it():
    """After failed attempts, frames that are clearly quicker than before them are room enough for the normal wait."""
    one = ladder(("people",))
    moment = itertools.count(0.0, 1.0)
    one.judge(OVER, next(moment), people=3)
    for _ in range(4):
        while one.in_force:
            one.judge(ROOM, next(moment), people=3)
        one.judge(OVER, next(moment), people=3)
    began = next(moment)
    assert not any(one.judge(ROOM, next(moment), people=3) for _ in range(60))
    gone = next(moment)
    while one.in_force:
        now = next(moment)
        one.judge(ROOM / 3, now, people=3)
    assert now - gone == pytest.approx(20, abs=3)
    assert now - began < 160


def test_a_load_that_comes_and_goes_makes_it_ever_more_patient():
    """A step up that was taken early because frames were much quicker, and fails, is taken early only twice as late."""
    one, ups = ladder(("alternate",)), list[float]()
    for moment in range(3000):
        depth, p95_ms = len(one.in_force), ROOM if len(ups) % 2 else ROOM / 3  # every second time much quicker
        one.judge(p95_ms if depth else OVER, float(moment), people=1)
        if depth and not one.in_force:
            ups.append(float(moment))
    early = [after - before for before, after in zip(ups[1::2], ups[2::2], strict=False)]
    assert early == pytest.approx([20, 40, 80, 160, 320], abs=3)


JUDGEMENTS = st.lists(st.tuples(st.floats(0.1, 5), st.floats(0, 200), st.integers(0, 4)), min_size=1, max_size=150)


@given(JUDGEMENTS, st.permutations(ALL), st.integers(1, 10), st.floats(1, 60))
def test_whatever_comes_it_stays_within_bounds(judgements, order, most, patience_s):
    """Steps down only over the budget, one at a time; steps up only with room, one at a time, and never in a hurry."""
    full = Workload(Effort(most, 15))
    rungs = rungs_for(order, full)
    rules = Rules(50.0, patience_s=patience_s)
    one = Ladder(full, rungs, rules)
    workloads = [full, *(rung.workload for rung in rungs)]
    now, changed_at = 0.0, -float("inf")
    for pause, p95_ms, people in judgements:
        now += pause
        before = workloads.index(one.workload)
        changed = one.judge(p95_ms, now, people=people)
        after = workloads.index(one.workload)
        assert changed == (before != after)
        if after > before:
            assert p95_ms > 50
        if after < before:
            assert after == before - 1
            assert p95_ms <= 0.7 * 50
            assert now - changed_at >= patience_s
        changed_at = now if changed else changed_at
        assert 1 <= one.workload.effort.max_people <= most
        assert len(set(names(one))) == len(names(one)) <= len(ALL)


@given(st.floats(0, 200), st.integers(1, 4), st.integers(0, 5))
def test_under_constant_conditions_it_moves_one_way_and_rests(p95_ms, people, pressed):
    """The same latency again and again never leads down and up again; it ends and stays where it ends."""
    one = ladder()
    for number in range(pressed):
        one.judge(OVER, float(number), people=3)
    workloads = [FULL, *(rung.workload for rung in rungs_for(ALL, FULL))]
    depths = []
    for moment in range(400):
        one.judge(p95_ms, 10.0 + moment, people=people)
        depths.append(workloads.index(one.workload))
    assert depths in (sorted(depths), sorted(depths, reverse=True))
    assert depths[-1] == depths[200]


@given(st.integers(600, 4000))
def test_swings_grow_with_the_logarithm_of_time_only(seconds):
    """In the worst case there are no more attempts than doublings of the wait, and one every ten minutes after that."""
    assert len(swings(seconds)) <= 6 + seconds / 600
