"""Figures of a status are a minute's, whatever happened within it."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Queue
from device.figures import FIRST_S, Bookkeeper, Figures, coarse
from device.latency.meter import KEPT, TOTAL, LatencyMeter
from tests.endurance.sieve.traces import STEP_S, Course, Seen, traces

NONE_WAITS = Queue(events=0, deltas=0)
MINUTE_S = 60.0

times_ms = st.floats(0.001, 1e4)
minutes = st.lists(times_ms, min_size=1, max_size=60)


class Board:
    """A board whose frames take what a test says, evenly spread over its time."""

    def __init__(self, interval_s: float = MINUTE_S) -> None:
        self.meter = LatencyMeter()
        self.queue = NONE_WAITS
        self.keeper = Bookkeeper(self.meter, lambda: self.queue, interval_s=interval_s)
        self.now, self.frames = 1000.0, 0
        self.judge(1.0, 0.0)

    def judge(self, took_ms: float, after_s: float) -> Figures:
        return self.judge_at(self.now + after_s, took_ms)

    def judge_at(self, now: float, took_ms: float) -> Figures:
        self.now = now
        self.frames += 1
        self.meter.record(TOTAL, took_ms)
        self.keeper.look(self.now, self.frames)
        return self.keeper.newest

    def live(self, took_ms: Sequence[float], seconds: float) -> list[Figures]:
        began, number = self.now, len(took_ms)
        return [self.judge_at(began + seconds * (place + 1) / number, one) for place, one in enumerate(took_ms)]


@given(st.lists(minutes, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_nothing_in_them_knows_the_order_within_a_minute(course: list[list[float]], random):
    """Two courses with the same frames in each minute, in any two orders, give equal figures in every status."""
    one, other = Board(), Board()
    for board in (one, other):
        board.live([5.0], FIRST_S)
    for minute in course:
        shuffled = random.sample(minute, len(minute))
        assert one.live(minute, MINUTE_S) == other.live(shuffled, MINUTE_S)


@given(st.lists(st.tuples(times_ms, st.floats(0.01, 200)), max_size=200), st.floats(1, 600))
def test_they_change_no_more_often_than_once_in_their_interval(course: list[tuple[float, float]], interval_s: float):
    """However irregular frames are, new figures come an interval after the last ones at the earliest."""
    board, changed_at = Board(interval_s), []
    for took_ms, after_s in course:
        before = board.keeper.newest
        if board.judge(took_ms, after_s) is not before:
            changed_at.append(board.now)
    assert all(later - earlier >= interval_s for earlier, later in itertools.pairwise(changed_at))
    assert not changed_at or changed_at[0] - 1000.0 >= min(FIRST_S, interval_s)


@given(minutes, st.integers(0, 10**6))
def test_they_are_the_minutes_own_in_two_digits(minute: list[float], before: int):
    """Percentiles are numpy's over that minute alone, counts and rates those of its frames, each within 5 %."""
    board = Board()
    board.live([7.0] * (before % 50 + 1), FIRST_S)
    known = board.keeper.newest.frames
    figures = board.live(minute, MINUTE_S)[-1]
    found = figures.latency[TOTAL]
    expected = np.percentile(minute, [50, 95, 99])
    assert (found.p50_ms, found.p95_ms, found.p99_ms) == pytest.approx(tuple(expected), rel=0.051, abs=0.0051)
    assert figures.frames - known == pytest.approx(len(minute), rel=0.051)
    assert figures.fps == pytest.approx(len(minute) / MINUTE_S, rel=0.051)
    for number in (found.p50_ms, found.p95_ms, found.p99_ms, figures.fps):
        assert len(f"{number:.6e}".split("e")[0].rstrip("0").replace(".", "")) <= 2


@given(st.floats(1e-6, 1e9))
def test_two_digits_are_the_nearest(value: float):
    """Rounding costs at most half a step of the second digit."""
    step = 10.0 ** (np.floor(np.log10(value)) - 1)
    assert abs(coarse(value) - value) <= step * 0.5001
    assert coarse(coarse(value)) == coarse(value)


def test_the_first_come_soon_and_after_a_frame():
    """Before any frame there are none; ten seconds after the first one there are, then once a minute."""
    meter, waiting = LatencyMeter(), Queue(events=3, deltas=1)
    keeper = Bookkeeper(meter, lambda: waiting, interval_s=MINUTE_S)
    for second in range(100):
        keeper.look(float(second), 0)
    assert keeper.newest == Figures(queue=waiting)
    fresh = [second for second in range(100, 300) if _changes(keeper, float(second), second)]
    assert fresh == [110, 170, 230, 290]


def _changes(keeper: Bookkeeper, now: float, frames: int) -> bool:
    before = keeper.newest
    keeper.look(now, frames)
    return keeper.newest is not before


def test_a_stage_that_did_not_run_is_left_out():
    """Latency names the stages of that minute; a camera that is away leaves none, and no frames a second."""
    board = Board()
    board.live([5.0], FIRST_S)
    assert set(board.keeper.newest.latency) == {TOTAL}
    board.keeper.look(board.now + MINUTE_S, board.frames)
    assert (board.keeper.newest.latency, board.keeper.newest.fps, board.keeper.newest.frames) == ({}, 0.0, 1)


def test_what_waits_is_counted_when_they_are_made():
    """The queue of a status is that of its figures, not of its moment."""
    board = Board()
    board.queue = Queue(events=1, deltas=0)
    assert {one.queue for one in board.live([5.0] * 9, FIRST_S - 1)} == {NONE_WAITS}
    assert board.judge(5.0, 1.0).queue == board.queue


def test_a_shorter_interval_counts_at_once():
    """After a change of the setting, figures that were an hour away come after the new interval."""
    board = Board(3600.0)
    board.live([5.0], FIRST_S)
    before = board.live([5.0] * 60, MINUTE_S)[-1]
    board.keeper.interval_s = MINUTE_S
    assert board.judge(5.0, 0.1) is not before


def test_a_busy_minute_is_summed_up_by_its_newest_frames():
    """Of more frames than the meter keeps, the newest count; the number of frames is all of theirs."""
    board = Board()
    board.live([5.0], FIRST_S)
    figures = board.live([500.0] * KEPT + [10.0] * KEPT, MINUTE_S)[-1]
    assert (figures.latency[TOTAL].p99_ms, figures.fps) == (10.0, 2 * KEPT / MINUTE_S)


def test_a_hand_that_every_frame_follows_is_seen_in_fine_numbers_and_not_in_these():
    """Where a frame takes longer the higher a hand is, 95th percentiles of a second follow it, figures do not."""
    rng = np.random.default_rng(11)
    cells = round(900 / STEP_S)
    hand = np.convolve(rng.normal(size=cells + 8), np.ones(8) / 8, "valid")[:cells]
    board, moments = Board(), np.arange(cells) * STEP_S
    fine, said = [], []
    for height in hand:
        said.append(board.live(30 + 10 * height + rng.normal(0, 1, 3), STEP_S)[-1])
        fine.append(board.meter.p95(TOTAL, newest=6))
    seen = Seen(0.0, ["a hand"], hand[:, None])
    assert traces({"fine": Course(moments, np.array(fine))}, seen)[0]
    courses = {
        "p95": [one.latency[TOTAL].p95_ms if one.latency else np.nan for one in said],
        "frames": [one.frames or 0 for one in said],
        "fps": [one.fps or 0 for one in said],
    }
    assert traces({name: Course(moments, np.array(course, float)) for name, course in courses.items()}, seen)[0] == []
