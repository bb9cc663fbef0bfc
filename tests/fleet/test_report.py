"""`posefleet fleet status`: what is shown is what the store holds."""

from datetime import timedelta

from rich.console import Console

from fleet.report import overview, render
from fleet.store import Store
from tests.fleet.sender import small_delta
from tests.fleet.test_rounds import START
from tests.fleet.world import World


def shown(view) -> str:
    """As on a wide terminal."""
    console = Console(width=250, record=True)
    with console.capture() as capture:
        console.print(render(view))
    return capture.get()


def test_an_empty_fleet_is_shown(store: Store):
    """Before the first start there is a table all the same, and a hint."""
    assert "start the service once" in shown(overview(store, START))


def test_a_fleet_after_a_round_is_shown(world: World):
    """Devices with what they run, are and were refused; the round with its gate figures; the release in force."""
    world.tick()
    kitchen, studio, _ = world.senders
    world.send(kitchen, kitchen.package(world.opened, delta=small_delta(norm=50)))
    for seed, sender in enumerate(world.senders):
        world.send(sender, world.good_package(sender, seed))
    world.status(kitchen, model_version=2, problems=["camera lost"])
    world.status(studio, model_version=1)
    world.tick()
    view = overview(world.store, world.now + timedelta(minutes=5))
    assert (view.release, view.version, view.up_to_date) == ("tiny-2", 2, 1)
    lines = {line.device: line for line in view.devices}
    assert [line.state for line in view.devices] == ["silent", "silent", "never seen"]
    assert (lines["home/kitchen"].running, lines["home/kitchen"].refusals) == (2, 1)
    assert view.rounds[0].outcome == "released"
    assert view.rounds[0].gate.after > view.rounds[0].gate.before
    text = shown(view)
    for part in ("tiny-2, running on 1 of 3", "camera lost", "5 min ago", "released", "accuracy"):
        assert part in text


def test_online_is_online(world: World):
    """A device that spoke lately is in the state that it says."""
    world.status(world.senders[0], model_version=1)
    world.tick()
    assert overview(world.store, world.now).devices[0].state == "online"
