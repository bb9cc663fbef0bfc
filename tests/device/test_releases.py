import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from core import chunks
from core.bundle import CLASSIFIER, GOLDEN, Bundle, seal, write_bundle
from core.errors import BundleError
from core.signing import SigningKey
from core.weights import Weights, from_safetensors, to_safetensors
from device.releases import ReleaseClient, ReleaseStore
from device.settings import ModelSettings
from tests.broker import wait_until


@pytest.fixture
def store(tmp_path: Path, bundle: Bundle) -> ReleaseStore:
    write_bundle(bundle, tmp_path / "configured")
    settings = ModelSettings(directory=tmp_path / "configured", public_key=bundle.signed.key)
    return ReleaseStore(tmp_path / "state", settings)


class Channel:
    """A release channel in memory: delivers the chunks of what it holds to whoever asks, through `spoil`."""

    def __init__(self) -> None:
        self.transfers: dict[str, list[chunks.Chunk]] = {}
        self.asked: list[str] = []
        self.client: ReleaseClient | None = None
        self.spoil = lambda chunk: chunk  # may change a chunk, or swallow it (None)

    def offer(self, bundle: Bundle) -> None:
        for data in bundle.files.values():
            self.transfers[chunks.digest(data)] = chunks.split(data)
        self.client.on_manifest(bundle.signed)

    def fetch(self, *transfers: str) -> None:
        self.asked += transfers
        for transfer in transfers:
            for chunk in self.transfers.get(transfer, []):
                if (delivered := self.spoil(chunk)) is not None:
                    self.client.on_chunk(delivered)

    def stop_fetching(self, *transfers: str) -> None:
        pass


class Device:
    """A release client at work."""

    def __init__(self, store: ReleaseStore, stalled_s: float = 30.0) -> None:
        self.store, self.channel, self.ready = store, Channel(), []
        self.client = ReleaseClient(store, store.load(), on_ready=self.ready.append, stalled_s=stalled_s)
        self.channel.client = self.client
        self.client.start(self.channel)

    def refuses(self, bundle: Bundle) -> str:
        """Offer a release; the reason why it is refused."""
        self.channel.offer(bundle)
        wait_until(lambda: self.client.problem, "a refusal")
        assert self.ready == []
        assert self.store.load().manifest.version == 1
        return self.client.problem


@pytest.fixture
def device(store: ReleaseStore):
    one = Device(store)
    yield one
    one.client.stop()


def other_weights(weights: Weights) -> Weights:
    return {name: tensor * np.float32(0.98) for name, tensor in weights.items()}


@pytest.fixture(scope="session")
def second(bundle_factory, trained_weights: Weights) -> Bundle:
    return bundle_factory(2, weights=other_weights(trained_weights))


def test_a_newer_release_is_fetched_proven_and_installed(device: Device, second: Bundle):
    """Only files that differ are fetched; the proven release is handed over and is what the next start loads."""
    device.channel.offer(second)
    wait_until(lambda: device.ready, "the release")
    assert device.ready == [second]
    assert device.client.problem is None
    loaded = device.store.load()
    assert loaded.manifest.version == 2
    assert loaded.files == second.files
    same = {
        entry.sha256
        for name, entry in second.manifest.files.items()
        if entry == device.ready[0].manifest.files[name] and name == "patch_map.json"
    }
    assert same
    assert not same & set(device.channel.asked)


def test_the_running_release_offered_again_is_no_news(device: Device, bundle: Bundle):
    """The retained manifest of the running release is neither fetched nor a problem."""
    device.channel.offer(bundle)
    device.client.stop()
    assert (device.client.problem, device.channel.asked, device.ready) == (None, [], [])


def test_an_older_release_is_refused(store: ReleaseStore, second: Bundle, bundle: Bundle):
    """A validly signed older release does not replace a newer one."""
    store.install(second)
    device = Device(store)
    device.channel.offer(bundle)
    wait_until(lambda: device.client.problem, "a refusal")
    device.client.stop()
    assert "release tiny-1 is refused: it is not newer than tiny-2" in device.client.problem
    assert store.load().manifest.version == 2


def test_another_key_is_refused(device: Device, bundle_factory):
    """A release signed by somebody else's key is refused before any of it is fetched, and blocks no version."""
    stranger = SigningKey.generate()
    assert "signed by key" in device.refuses(bundle_factory(2, key=stranger))
    assert device.channel.asked == []
    assert device.store.bad() == {}


def test_a_forged_signature_is_refused(device: Device, second: Bundle):
    """A manifest with another text under the operator's name is refused."""
    forged = msgspec.structs.replace(
        second.signed, manifest=second.signed.manifest.replace('"version":2', '"version":9')
    )
    assert "signature does not fit" in device.refuses(replace(second, signed=forged))


def test_a_flipped_byte_is_refused_and_healed(store: ReleaseStore, second: Bundle):
    """A byte flipped on the way is noticed; the device goes on, asks again, and takes the right bytes."""
    device = Device(store, stalled_s=0.0)

    def flip(chunk: chunks.Chunk) -> chunks.Chunk:
        data = bytearray(chunk.data)
        data[len(data) // 2] ^= 1
        return msgspec.structs.replace(chunk, data=bytes(data))

    device.channel.spoil = flip
    assert "arrived with other bytes than its digest says" in device.refuses(second)
    device.channel.spoil = lambda chunk: chunk
    wait_until(lambda: device.ready, "the release")
    device.client.stop()
    assert device.client.problem is None


def test_a_download_goes_on_after_a_restart(store: ReleaseStore, second: Bundle):
    """Files that arrived whole before a crash are not fetched again."""
    held = second.manifest.files[CLASSIFIER].sha256
    first = Device(store)
    first.channel.spoil = lambda chunk: chunk if chunk.transfer == held else None
    first.channel.offer(second)
    wait_until(lambda: store.incoming(held), "the first file")
    first.client.stop()
    again = Device(store)
    again.channel.offer(second)
    wait_until(lambda: again.ready, "the release")
    again.client.stop()
    assert held in first.channel.asked
    assert held not in again.channel.asked
    assert store.incoming(held) is None


def test_a_release_that_fails_its_golden_test_is_marked_bad(device: Device, second: Bundle, release_key: SigningKey):
    """A signed release that computes something else on this board is refused, remembered, and not fetched again."""
    tensors = from_safetensors(second.files[GOLDEN])
    wrong = to_safetensors(tensors | {"logits": tensors["logits"] + np.float32(3)})
    bad = seal(second.manifest, second.files | {GOLDEN: wrong}, release_key)
    assert "its logits differ" in device.refuses(bad)
    assert list(device.store.bad()) == [2]
    asked = len(device.channel.asked)
    device.client.on_manifest(bad.signed)
    wait_until(lambda: "stays refused" in (device.client.problem or ""), "the second refusal")
    assert len(device.channel.asked) == asked


def test_a_release_without_a_runnable_classifier_is_marked_bad(device: Device, second: Bundle, release_key: SigningKey):
    """A signed release whose classifier no runtime takes is refused; the old one goes on."""
    model = second.files[CLASSIFIER]
    bad = seal(second.manifest, second.files | {CLASSIFIER: model[:8] + bytes(len(model) - 8)}, release_key)
    device.refuses(bad)
    assert list(device.store.bad()) == [2]


def test_a_full_disk_keeps_the_old_release(device: Device, second: Bundle, monkeypatch: pytest.MonkeyPatch):
    """When the new release cannot be stored, the reason is said and the old one goes on; later it is taken."""

    def full(_data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(device.store, "keep_incoming", full)
    assert "No space left on device" in device.refuses(second)
    monkeypatch.undo()
    device.channel.offer(second)
    wait_until(lambda: device.ready, "the release")


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "empty"])
def test_a_damaged_slot_falls_back(store: ReleaseStore, second: Bundle, bundle_factory, damage: str):
    """A slot that was damaged on the disk is passed over for the one before, and that is said."""
    store.install(second)
    store.install(bundle_factory(3))
    file = store._directory / "3" / CLASSIFIER
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    if damage == "flip":
        file.write_bytes(data)
    elif damage == "truncate":
        file.write_bytes(data[:1000])
    elif damage == "remove":
        file.unlink()
    else:
        shutil.rmtree(file.parent)
        file.parent.mkdir()
    assert store.load().manifest.version == 2
    assert "3" in store.problems[0]
    shutil.rmtree(store._directory)
    assert store.load().manifest.version == 1


def test_a_slot_that_was_never_made_current_does_not_count(store: ReleaseStore, second: Bundle):
    """Power that fails between writing a slot and pointing to it leaves the old release."""
    write_bundle(second, store._directory / "2")
    assert store.load().manifest.version == 1


def test_a_newer_configured_release_wins(store: ReleaseStore, second: Bundle, bundle_factory, tmp_path: Path):
    """What the owner installs by hand runs when it is newer than what was received."""
    store.install(second)
    write_bundle(bundle_factory(5), tmp_path / "configured")
    assert store.load().manifest.version == 5


def test_no_release_at_all_says_what_is_wrong(store: ReleaseStore, tmp_path: Path):
    """Without any release the error names the configured place."""
    shutil.rmtree(tmp_path / "configured")
    with pytest.raises(BundleError, match=r"configured/manifest\.sig: No such file"):
        store.load()


def test_few_slots_are_kept(store: ReleaseStore, bundle_factory):
    """Old slots go; the current one and two before it stay."""
    for version in range(2, 7):
        store.install(bundle_factory(version))
    assert sorted(slot.name for slot in store._directory.iterdir()) == ["4", "5", "6", "current"]
