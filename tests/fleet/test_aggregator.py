"""A whole round through the aggregator, with everything that devices and crashes can do to it."""

import logging
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from sqlalchemy import select

from core import chunks, topics
from core.bundle import write_bundle
from core.golden import golden_test
from core.weights import from_safetensors, to_safetensors
from fleet.tables import Delta, Device, Round
from tests.fleet.sender import SHAPES, Sender, small_delta
from tests.fleet.world import World


def test_start_publishes_the_first_release_and_opens_a_round(world: World):
    """After the start a device finds a complete release that it trusts, and an open round from it at the first tick."""
    golden_test(world.published())
    assert world.published().manifest.version == 1
    world.tick()
    assert world.opened.base == 1


def test_manifest_is_published_after_all_of_its_chunks(world: World):
    """Whoever reads the manifest finds its files; the acknowledgement that matters is the manifest's."""
    manifest = world.log.index(topics.release_manifest("stable"))
    assert all("/chunk/" in topic for topic in world.log[:manifest])
    assert not world.aggregator.release_acknowledged
    world.aggregator.acknowledged(manifest + 1)
    assert world.aggregator.release_acknowledged


def test_a_round_makes_a_better_release(world: World):
    """Three good deltas close the round at once; the average becomes a signed release that the gate found better."""
    world.tick()
    world.send_good(*world.senders)
    assert (world.closed.outcome, world.closed.accepted) == ("released", 3)
    release = world.published()
    golden_test(release)
    assert (release.manifest.version, release.manifest.parent) == (2, 1)
    assert release.manifest.metrics["accuracy"] > release.manifest.metrics["accuracy_before"]
    base, made = from_safetensors(world.first.files["weights.safetensors"]), release.files["weights.safetensors"]
    averages = [small_delta(seed, norm=0.05)["embed/kernel"] for seed in range(3)]
    expected = base["embed/kernel"] + np.mean(averages, axis=0)
    np.testing.assert_allclose(from_safetensors(made)["embed/kernel"], expected, atol=2e-3)  # int8 deltas


def test_release_is_out_before_the_round_is_over(world: World):
    """Who hears that a round led to a release finds it."""
    world.tick()
    world.send_good(*world.senders)
    manifests = [at for at, topic in enumerate(world.log) if topic == topics.release_manifest("stable")]
    closings = [at for at, topic in enumerate(world.log) if topic == topics.rounds("default")]
    assert manifests[-1] < closings[-1]


def test_a_worse_model_is_not_released(world: World):
    """A round whose average spoils the model is rejected, with figures; devices keep what they have."""
    world.tick()
    for sender in world.senders:
        spoiling = sender.package(world.opened, delta=small_delta(3, norm=19))
        assert world.send(sender, spoiling).accepted
    assert world.closed.outcome == "rejected"
    assert "fell from" in world.closed.reason or "agree" in world.closed.reason
    assert world.published().manifest.version == 1


BAD = {
    "wrong_base": lambda world, one: one.package(world.opened, base=7),
    "wrong_round": lambda world, one: one.package(world.opened, round="round-0"),
    "not_finite": lambda world, one: one.package(world.opened, payload=_nan_payload()),
    "shape": lambda world, one: one.package(world.opened, delta=small_delta(shapes=SHAPES | {"logits/bias": (9,)})),
    "norm": lambda world, one: one.package(world.opened, delta=small_delta(norm=30)),
    "forged": lambda world, one: Sender(name=one.name).package(world.opened),
    "malformed": lambda world, one: b"rubbish",
    "unknown_device": lambda world, one: Sender(name="stranger").package(world.opened),
}


def _nan_payload() -> bytes:
    import zstandard

    int8 = {}
    for name, tensor in small_delta().items():
        int8 |= {name: np.ones(tensor.shape, np.int8), f"{name}/scale": np.array([np.nan], np.float32)}
    from safetensors.numpy import save

    return zstandard.compress(save(int8))


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_delta_is_refused_and_the_round_goes_on(world: World, caplog: pytest.LogCaptureFixture, reason: str):
    """It gets a receipt with its reason and one line in the log; the others' deltas make the release."""
    world.tick()
    culprit = Sender(name="stranger") if reason == "unknown_device" else world.senders[0]
    with caplog.at_level(logging.WARNING, "fleet"):
        receipt = world.send(culprit, BAD[reason](world, culprit))
    assert (receipt.accepted, receipt.reason) == (False, reason)
    assert receipt.detail
    assert [record.getMessage().count("\n") for record in caplog.records] == [0]
    world.send_good(*world.senders[1:])
    world.tick(200)
    assert (world.closed.outcome, world.closed.accepted) == ("released", 2)


def test_the_same_delta_twice_counts_once(world: World):
    """Sent again because its receipt was lost, it gets another one; another delta in the same round is refused."""
    world.tick()
    sender = world.senders[0]
    package = world.good_package(sender)
    first, again = world.send(sender, package), world.send(sender, package)
    assert (first.accepted, first.reason) == (True, "accepted")
    assert (again.accepted, again.reason) == (True, "duplicate")
    other = world.send(sender, world.good_package(sender, seed=9))
    assert (other.accepted, other.reason) == (False, "duplicate")
    world.send_good(*world.senders[1:])
    assert world.closed.accepted == 3
    # Also when the round is over by then.
    late = sender.messages(msgspec.structs.replace(world.closed), package)
    for topic, payload in late:
        world.aggregator.handle(topic, payload, world.now)
    assert world.receipts[sender.topics.inbox][-1].accepted


def test_quarantine_after_repeated_faults(world: World):
    """A device that signs unusable deltas five times in a row is shut out until it is enrolled again."""
    world.tick()
    sender = world.senders[0]
    for seed in range(5):
        assert world.send(sender, sender.package(world.opened, delta=small_delta(seed, norm=30))).reason == "norm"
    assert world.send(sender, world.good_package(sender)).reason == "quarantined"
    with world.store.read() as session:
        row = session.get(Device, ("home", "kitchen"))
        assert (row.quarantined, row.refusals) == (True, 6)


def test_forgeries_do_not_shut_a_device_out(world: World):
    """Ten deltas that somebody else signed in its name leave a device in good standing."""
    world.tick()
    for seed in range(10):
        forged = Sender(name="kitchen").package(world.opened, delta=small_delta(seed))
        assert world.send(world.senders[0], forged).reason == "forged"
    assert world.send(world.senders[0], world.good_package(world.senders[0])).accepted


def test_without_a_quorum_nothing_is_averaged(world: World):
    """At the deadline one delta is not enough; the round says so and the next one starts after the pause."""
    world.tick()
    world.send_good(world.senders[0])
    world.tick(99)
    assert world.opened
    world.tick(2)
    assert (world.closed.outcome, world.closed.accepted) == ("no_quorum", 1)
    world.tick(61)
    assert world.opened.round.startswith("round-2-")


def test_round_from_another_release_is_given_up(world: World, bundle_factory):
    """When the operator brings a new model while a round is open, the round is aborted and the new model published."""
    world.tick()
    write_bundle(bundle_factory(7, key=world.key), world.settings.release.initial)
    world.start()
    assert (world.closed.outcome, world.published().manifest.version) == ("aborted", 7)
    world.tick(100)
    assert world.opened.base == 7


def test_tensors_are_erased_when_the_round_is_over(world: World):
    """What devices sent is kept no longer than needed; figures stay."""
    world.tick()
    world.send_good(*world.senders)
    with world.store.read() as session:
        rows = session.scalars(select(Delta)).all()
        gate = session.scalar(select(Round.gate))
    assert [(row.payload, row.samples) for row in rows] == [(None, 40)] * 3
    assert "wave" in gate


def test_old_chunks_leave_the_broker(make_world):
    """After several releases the broker keeps the files of the last two, and shared files are spared."""
    world = make_world(pause_s=0, gate={"tolerance": 100, "maximum_action_drop": 100})
    manifests = [world.first.manifest]
    for _ in range(3):
        world.tick()
        for seed, sender in enumerate(world.senders):
            world.send(sender, sender.package(world.opened, delta=small_delta(seed, norm=0.01)))
        manifests.append(world.published().manifest)
    kept = {topic.split("/")[-2] for topic in world.retained if "/chunk/" in topic}
    wanted = {entry.sha256 for manifest in manifests[-2:] for entry in manifest.files.values()}
    assert [manifest.version for manifest in manifests] == [1, 2, 3, 4]
    assert kept == wanted


def test_noise_on_every_topic_is_one_line_each(world: World, caplog: pytest.LogCaptureFixture):
    """Whatever arrives, the aggregator says one line and goes on."""
    device = world.senders[0].topics
    foreign = b'{"type":"status","site":"home","device":"studio","state":"online","at":"2025-06-01T12:00:00Z"}'
    noise = [
        ("posefleet/v1/home/kitchen/status", b"\xff\xfe"),
        (device.status, foreign),
        (f"{device.base}/delta/round-1/0", b"noise"),
        (f"{device.base}/delta/Not A Round/0", chunks.encode(chunks.split(b"x")[0])),
        ("somewhere/else", b""),
    ]
    for topic, payload in noise:
        caplog.clear()
        with caplog.at_level(logging.WARNING, "fleet"):
            world.aggregator.handle(topic, payload, world.now)
        assert len(caplog.records) == 1
        assert "\n" not in caplog.records[0].getMessage()


def test_its_own_publications_are_passed_over(world: World, caplog: pytest.LogCaptureFixture):
    """A broker that hands everything back causes no complaint and changes nothing."""
    world.tick()
    before = dict(world.retained)
    with caplog.at_level(logging.WARNING, "fleet"):
        for topic, payload in before.items():
            world.aggregator.handle(topic, payload, world.now)
    assert caplog.records == []
    assert world.retained == before


def test_status_says_what_a_device_runs(world: World):
    """The version that counts is the one in the device's own status; strangers are not remembered."""
    world.status(world.senders[0], model_version=1)
    world.status(Sender(name="stranger"), model_version=1)
    world.tick()
    with world.store.read() as session:
        rows = {row.name: row.model_version for row in session.scalars(select(Device))}
        seen = session.get(Device, ("home", "kitchen")).seen_at
    assert rows == {"kitchen": 1, "studio": None, "workshop": None}
    assert seen == world.now - timedelta(seconds=1)


def test_rounds_wait_for_devices_and_the_broker(make_world):
    """With fewer devices than the quorum, or no connection, no round is opened in vain."""
    world = make_world(goal=5, quorum=4)
    world.tick()
    assert topics.rounds("default") not in world.retained
    other = make_world()
    other.tick(connected=False)
    assert topics.rounds("default") not in other.retained


def test_reconnect_says_everything_again(world: World):
    """A broker that lost its memory gets release and round again."""
    world.tick()
    before = dict(world.retained)
    world.retained.clear()
    world.aggregator.connected(world.now)
    assert world.retained == before


def test_weights_file_is_what_devices_train_from(world: World):
    """Float weights of a release read back to the bit: deltas are differences from them."""
    data = world.published().files["weights.safetensors"]
    assert to_safetensors(from_safetensors(data)) == data
