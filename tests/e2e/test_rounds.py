"""Rounds among real processes: learning together, losing a device, going on."""

import itertools
from itertools import pairwise
from pathlib import Path

import pytest

from core.messages import RoundClosed
from posefleet.broker import LocalBroker
from tests.broker import Subscriber, wait_until
from tests.conftest import BundleFactory
from tests.e2e.household import SITE, household
from tests.e2e.leaks import leaks
from tests.endurance.sieve.copies import Secrets, copies
from tests.fleet.world import set_up

pytestmark = [pytest.mark.timeout(400), pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
DEVICES = ("kitchen", "studio", "workshop")


@pytest.fixture
def house(tmp_path: Path, bundle_factory: BundleFactory, trained_weights, broker: LocalBroker, subscriber: Subscriber):
    beginning = set_up(tmp_path / "operator", bundle_factory, trained_weights)
    with household(tmp_path, beginning, broker, subscriber) as running:
        running.start_fleet(goal=len(DEVICES), deadline_s=45)
        for seed, name in enumerate(DEVICES):
            running.add_device(name, seed=seed + 1)
        wait_until(lambda: all(judging(running, name) for name in DEVICES), "every device judging frames", 60)
        yield running


def judging(house, name: str) -> bool:
    statuses = house.statuses(name)
    return bool(statuses) and statuses[-1].state == "online" and (statuses[-1].frames or 0) > 0


def runs(house, name: str, version: int) -> bool:
    return house.statuses(name)[-1].model_version == version


def closed(house, rounds: int) -> RoundClosed:
    wait_until(lambda: len(house.rounds(RoundClosed)) >= rounds, f"the end of round {rounds}", 90)
    return house.rounds(RoundClosed)[-1]


def test_a_round_ends_without_a_killed_device_which_takes_part_in_the_next(house):
    """SIGKILL in a round costs that device's delta and nothing else; restarted, it takes part in the next round.

    All devices then say that they run the newest release, and no frame loop stood still while it was swapped in.
    Of all that was on the broker, nothing is undocumented or could hold a picture or a keypoint; of what the devices
    said, nothing is a copy of the joints that they saw, in whatever encoding.
    """
    house.ask_for_round()
    house.kill("studio")
    first = closed(house, 1)
    assert (first.outcome, first.accepted) == ("released", 2), house.log("fleet")[-1500:]

    house.run_device("studio")
    wait_until(lambda: all(runs(house, name, 2) for name in DEVICES), "release 2 on every device", 60)
    house.ask_for_round()
    second = closed(house, 2)
    assert second.accepted == 3, house.log("fleet")[-1500:]
    newest = 3 if second.outcome == "released" else 2  # the gate may find that nothing got better
    wait_until(lambda: all(runs(house, name, newest) for name in DEVICES), f"release {newest} on every device", 60)

    assert leaks(house.subscriber.messages) == []
    from_devices = [one for one in house.subscriber.messages if one.topic.startswith(f"posefleet/v1/{SITE}/")]
    assert copies(from_devices, Secrets(dict(itertools.chain(*map(house.joints, DEVICES))))) == []
    for name in ("kitchen", "workshop"):
        frames = [status.frames for status in house.statuses(name) if status.state == "online" and status.frames]
        assert frames == sorted(frames)
        moments = [status.at for status in house.statuses(name) if status.state == "online"]
        silences = [(b - a).total_seconds() for a, b in pairwise(moments)]
        assert max(silences) < 5, silences
        films = house.statuses(name)[-1]
        lived = (films.at - moments[0]).total_seconds()
        assert films.frames > 0.6 * 15 * lived, "the frame loop stood still"
