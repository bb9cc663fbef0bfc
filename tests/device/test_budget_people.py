"""The latency budget with the real pose model on rendered people, on a core that others want as well."""

import os
from dataclasses import replace
from itertools import islice

import pytest

from core.messages import Status
from device.latency.governor import FEWEST_FRAMES, Governor
from device.latency.ladder import Ladder, Rules, Workload, rungs_for
from device.lookouts import Lookouts
from device.loop import Parts
from device.pose import Effort
from device.pose.blazepose import BlazePoseEstimator
from device.settings import PoseSettings
from tests.broker import wait_until
from tests.device.busy import PATIENCE_S, Pictures, load, looping, newest_p95
from tests.device.looping import look, loop_parts, loop_settings
from training.synthesis.plays import side_by_side
from training.synthesis.stage import play

FULL = Workload(Effort(max_people=2, detect_every=30))
PICTURES_S = 0.08


@pytest.fixture(scope="module")
def pictures():
    """Two people beside each other, each doing something."""
    return [picture for _, picture, _ in islice(play(side_by_side(1.2)), 8)]


@pytest.fixture
def parts(tmp_path, bundle, pictures):
    settings = loop_settings(tmp_path, bundle)
    estimator = BlazePoseEstimator(PoseSettings(estimator="blazepose", max_people=2))
    with loop_parts(settings, bundle, estimator) as everything:
        lookout = look(Pictures(pictures, PICTURES_S), estimator, bundle, settings, everything.meter)
        yield replace(everything, lookouts=Lookouts([lookout]))


def govern(parts: Parts, budget_ms: float) -> Parts:
    """The same parts with a budget, and one step: fewer people."""
    ladder = Ladder(FULL, rungs_for(("people",), FULL), Rules(budget_ms, room=0.9, patience_s=3.0))
    governor = Governor(ladder, parts.meter, budget_ms=budget_ms, apply=parts.lookouts.adapt, settle_s=0.3)
    return replace(parts, governor=governor)


def test_under_load_one_of_two_people_is_given_up_and_afterwards_found_again(parts: Parts, tmp_path, bundle):
    """Two busy processes: one person less is followed, and the budget holds; without them, both are followed again.

    The budget is relative: three quarters of what both take on this machine under the load. The status names the step.
    """
    settings, core = loop_settings(tmp_path, bundle), max(os.sched_getaffinity(0))
    with load(core):
        with looping(parts, settings, core):
            wait_until(lambda: parts.lookouts.people == 2, "both people", PATIENCE_S)
            budget_ms = 0.75 * newest_p95(parts, FEWEST_FRAMES)
        governed = govern(parts, budget_ms)
        with looping(governed, settings, core):
            wait_until(lambda: governed.governor.in_force, "a step down", PATIENCE_S)
            wait_until(lambda: parts.lookouts.people == 1, "one person less", PATIENCE_S)
            wait_until(lambda: newest_p95(parts, FEWEST_FRAMES) <= budget_ms, "frames within the budget", PATIENCE_S)
    with looping(governed, settings, core):
        wait_until(lambda: not governed.governor.in_force, "the way back up", PATIENCE_S)
        wait_until(lambda: parts.lookouts.people == 2, "both people", PATIENCE_S)
        wait_until(lambda: newest_p95(parts, FEWEST_FRAMES) <= budget_ms, "frames within the budget", PATIENCE_S)
    named = [text for one in parts.link.said if isinstance(one, Status) for text in one.degraded]
    assert set(named) == {"people: at most 1 of 2 people are followed"}
