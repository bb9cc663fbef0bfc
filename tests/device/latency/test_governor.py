"""Measurements in, steps out; each step is judged by what came after it."""

import logging
from collections.abc import Callable

import pytest

from device.latency.governor import FEWEST_FRAMES, Governor, make_ladder
from device.latency.ladder import Workload
from device.latency.meter import TOTAL, LatencyMeter
from device.settings import DeviceSettings

FPS = 30


class Board:
    """Frames at a fixed rate, each of which takes what the workload costs."""

    def __init__(self, settings: DeviceSettings, cost: Callable[[Workload], float]) -> None:
        self.meter, self.now, self.cost = LatencyMeter(), 0.0, cost
        self.workloads: list[Workload] = []
        ladder = make_ladder(settings, camera=True)
        self.governor = Governor(ladder, self.meter, budget_ms=settings.latency.budget_ms, apply=self.workloads.append)

    def run(self, seconds: float, *, people: int = 1) -> None:
        for _ in range(round(seconds * FPS)):
            self.now += 1 / FPS
            self.meter.record(TOTAL, self.cost(self.workloads[-1]))
            self.governor.look(self.now, people=people)


@pytest.fixture
def settings() -> DeviceSettings:
    key = "A" * 43 + "="
    return DeviceSettings(
        device={"site": "home", "name": "cam"},
        model={"directory": "m", "public_key": key},
        pose={"estimator": "mediapipe"},
        latency={"patience_s": 5.0},
    )


def steps(board: Board) -> list[str]:
    return [text.split(":")[0] for text in board.governor.in_force]


def test_the_full_workload_is_said_at_once(settings):
    """Before any frame, estimator and camera are told what the settings allow."""
    board = Board(settings, lambda _: 10.0)
    assert board.workloads[0].effort.max_people == settings.pose.max_people
    assert board.workloads[0].every == 1


def test_it_steps_down_until_the_budget_holds_and_no_further(settings):
    """A board that only holds the budget with every second picture takes that step, and stays there."""
    board = Board(settings, lambda workload: 70.0 if workload.every == 1 else 45.0)
    board.run(30)
    assert steps(board) == ["alternate"]
    assert not board.governor.exceeded
    assert len(board.workloads) == 2


def test_what_was_measured_before_a_step_does_not_count_against_it(settings):
    """After a step that helps, slow frames from before it do not cause another step."""
    board = Board(settings, lambda workload: 500.0 if workload.every == 1 else 1.0)
    board.run(4)
    assert steps(board) == ["alternate"]


def test_a_few_slow_frames_are_no_reason(settings):
    """One slow frame in a hundred is not the 95th percentile; nor are the first frames of all."""
    board = Board(settings, lambda _: 10.0)
    for _ in range(20):
        board.cost = lambda _: 900.0
        board.run(1 / FPS)
        board.cost = lambda _: 10.0
        board.run(100 / FPS)
    assert board.workloads == board.workloads[:1]
    young = Board(settings, lambda _: 900.0)
    young.run((FEWEST_FRAMES - 1) / FPS)
    assert young.workloads == young.workloads[:1]


def test_it_steps_up_when_the_load_is_gone(settings):
    """When frames are quick again for a while, everything is as before; each change is one line in the log."""
    board = Board(settings, lambda _: 80.0)
    board.run(20)
    assert steps(board) == ["alternate", "resolution"]
    assert board.governor.exceeded
    board.cost = lambda _: 10.0
    board.run(40)
    assert steps(board) == []
    assert board.workloads[-1] == board.workloads[0]


def test_every_change_is_one_line_in_the_log(settings, caplog):
    """The log says in one line what was measured, which way it goes, and what is held back now."""
    with caplog.at_level(logging.INFO, "device.latency.governor"):
        board = Board(settings, lambda workload: 80.0 if workload.every == 1 else 10.0)
        board.run(9)
    lines = [record.message for record in caplog.records]
    assert len(lines) == len(board.workloads) - 1 >= 2
    assert "up to 80 ms of 50 ms; a step down: alternate: every second picture" in lines[0]
    assert "up to 10 ms of 50 ms; a step up: nothing is held back" in lines[1]


def test_without_steps_the_budget_is_still_watched(settings):
    """With the ladder off nothing changes, and that frames take too long is still known."""
    off = settings.model_copy(update={"latency": settings.latency.model_copy(update={"ladder": ()})})
    board = Board(off, lambda _: 80.0)
    board.run(10)
    assert (board.governor.in_force, board.governor.exceeded) == ((), True)
    board.cost = lambda _: 10.0
    board.run(3)
    assert not board.governor.exceeded
