"""A process that dies in the middle of a round: the next one on the same state goes on, and nothing counts twice."""

import pytest
from sqlalchemy import select

from fleet.tables import Audit
from tests.fleet.world import World


@pytest.mark.parametrize("crashes", [0, 1, 2, 3])
def test_a_crash_mid_round_loses_and_repeats_nothing(world: World, crashes: int):
    """However many deltas had come when the process died, a new one goes on and every device counts once."""
    world.tick()
    name = world.opened.round
    packages = [world.good_package(sender, seed) for seed, sender in enumerate(world.senders)]
    for number, (sender, package) in enumerate(zip(world.senders, packages, strict=True)):
        if number == crashes:
            world.start()
        world.send(sender, package)
    if crashes == 3:
        world.start()
    assert world.closed.round == name
    assert (world.closed.outcome, world.closed.accepted) == ("released", 3)
    assert world.published().manifest.version == 2


def test_a_crash_while_averaging_averages_again(world: World, monkeypatch: pytest.MonkeyPatch):
    """The last delta is stored and acknowledged, the process dies before the release: the next one makes it."""
    world.tick()
    world.send_good(*world.senders[:2])

    def die(*_arguments: object, **_more: object) -> None:
        raise SystemExit

    package = world.good_package(world.senders[2])
    with monkeypatch.context() as patched:
        patched.setattr("fleet.candidate.Judge.conclude", die)
        with pytest.raises(SystemExit):
            world.send(world.senders[2], package)
    assert world.receipts[world.senders[2].topics.inbox][-1].accepted
    assert world.opened
    world.start()
    assert (world.closed.outcome, world.closed.accepted) == ("released", 3)


def test_a_crash_between_files_and_database_leaves_no_half_release(world: World, monkeypatch: pytest.MonkeyPatch):
    """Files of a release that the database never heard of are not published; the round makes them again."""
    world.tick()
    world.send_good(*world.senders[:2])
    package = world.good_package(world.senders[2])
    with monkeypatch.context() as patched:
        patched.setattr("fleet.records.add_release", _die)
        with pytest.raises(SystemExit):
            world.send(world.senders[2], package)
    assert world.published().manifest.version == 1
    world.start()
    assert world.published().manifest.version == 2
    with world.store.read() as session:
        assert session.scalars(select(Audit.what)).all().count("round released") == 1


def _die(*_arguments: object, **_more: object) -> None:
    raise SystemExit
