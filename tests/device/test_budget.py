"""The latency budget on a core that others want as well: real work, real load, and the status that is published."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest

from core.messages import Status
from core.skeleton import Pose
from device.latency.governor import FEWEST_FRAMES, Governor
from device.latency.ladder import Ladder, Rules, Workload, rungs_for
from device.lookouts import Lookouts
from device.loop import Parts
from device.pose import Effort
from tests import people
from tests.broker import wait_until
from tests.device.busy import PATIENCE_S, Pictures, load, looping, newest_p95
from tests.device.looping import look, loop_parts, loop_settings

STEPS = ("detection", "alternate", "people")
BLACK = np.zeros((4, 4, 3), np.uint8)
FULL = Workload(Effort(max_people=4, detect_every=3))
WORK_S = 0.003  # of processor time for a person, and for a look for newcomers
PICTURES_S = 0.02  # between two pictures: the full workload needs two thirds of a core, the smallest a twelfth


class Crowd:
    """An estimator that finds as many people as it may, and works for each of them as long as real ones do."""

    def __init__(self) -> None:
        self._effort, self._pictures = FULL.effort, 0

    def estimate(self, image: np.ndarray, captured_at: float) -> list[Pose]:
        self._pictures += 1
        looks = self._pictures % self._effort.detect_every == 0
        done = time.thread_time() + WORK_S * (self._effort.max_people + looks)
        while time.thread_time() < done:
            pass
        return [people.pose_at("wave", captured_at, seed=seed) for seed in range(self._effort.max_people)]

    def adapt(self, effort: Effort) -> None:
        self._effort = effort

    def close(self) -> None:
        pass


def govern(parts: Parts, budget_ms: float) -> Parts:
    """Parts with a ladder, and a budget."""
    # Little more than the full workload takes is room already: the budget is not far above it.
    rules = Rules(budget_ms, room=0.9, patience_s=1.0)
    ladder = Ladder(FULL, rungs_for(STEPS, FULL), rules)
    governor = Governor(ladder, parts.meter, budget_ms=budget_ms, apply=parts.lookouts.adapt, settle_s=0.3)
    return replace(parts, governor=governor)


@pytest.fixture
def parts(tmp_path, bundle):
    settings = loop_settings(tmp_path, bundle)
    with loop_parts(settings, bundle, Crowd()) as everything:
        lookout = look(Pictures([BLACK], PICTURES_S), Crowd(), bundle, settings, everything.meter)
        yield replace(everything, lookouts=Lookouts([lookout]))


def test_under_load_the_budget_is_held_and_afterwards_everything_comes_back(parts: Parts, tmp_path, bundle):
    """Two busy processes: steps down, 95 % of frames within the budget again; without them, all steps back up.

    The budget is relative: two thirds of what frames take on this machine under the load. The status names the steps,
    those in force and no others.
    """
    settings = loop_settings(tmp_path, bundle)
    core = max(os.sched_getaffinity(0))
    with load(core), looping(parts, settings, core):
        newest_p95(parts)  # the first ones are slow
        budget_ms = newest_p95(parts) / 1.5
    governed = govern(parts, budget_ms)
    said = parts.link.said
    with looping(governed, settings, core):
        with load(core):
            wait_until(lambda: governed.governor.in_force, "a step down", PATIENCE_S)
            wait_until(lambda: newest_p95(parts, FEWEST_FRAMES) <= budget_ms, "frames within the budget", PATIENCE_S)
            held_back = governed.governor.in_force
            assert held_back
            wait_until(lambda: set(governed.governor.in_force) <= set(_named(said)), "the status", PATIENCE_S)
        wait_until(lambda: not governed.governor.in_force, "the way back up", PATIENCE_S)
        wait_until(lambda: parts.link.status.degraded == [], "the status", PATIENCE_S)
        wait_until(lambda: newest_p95(parts, FEWEST_FRAMES) <= budget_ms, "frames within the budget", PATIENCE_S)
    assert [text.split(":")[0] for text in _named(said)] == list(STEPS)[: len(_named(said))]


def _named(said: list[object]) -> list[str]:
    """Every step that a status has named, in the order of the first time; of a step that went further, the newest."""
    names = [text for one in said if isinstance(one, Status) for text in one.degraded]
    return list({text.split(":")[0]: text for text in names}.values())
