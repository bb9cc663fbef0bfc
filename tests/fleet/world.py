"""An aggregator in memory: real database, real releases, a clock and a broker's memory that the test holds."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from core import chunks, topics
from core.bundle import Bundle, check_manifest, open_bundle, write_bundle
from core.messages import Receipt, RoundClosed, RoundMessage, RoundOpen, SignedManifest, Status, decode, encode
from core.signing import SigningKey
from core.weights import Weights, add, subtract
from fleet.aggregator import Aggregator
from fleet.devices import enrol
from fleet.settings import FleetSettings
from fleet.store import Store
from tests import people, tiny
from tests.conftest import BundleFactory
from tests.fleet.sender import Sender, small_delta

START = datetime(2025, 6, 1, 12, tzinfo=UTC)
ROUNDS = {"automatic": True, "goal": 3, "quorum": 2, "pause_s": 60, "deadline_s": 100, "clip_norm": 20.0}


def write_evaluation(path: Path, *, each: int = 15, seed: int = 5) -> Path:
    """Held-out windows as an operator would provide them."""
    keypoints, y = people.windows(tiny.LABELS, each, seed=seed)
    np.savez_compressed(path, keypoints=keypoints, y=y, labels=np.array(tiny.LABELS))
    return path


def weakened(weights: Weights, label: str = "wave") -> Weights:
    """A model that rarely thinks of one action."""
    bias = weights["logits/bias"].copy()
    bias[tiny.LABELS.index(label)] -= 8
    return weights | {"logits/bias": bias}


@dataclass(frozen=True)
class Beginning:
    """What an operator set up: state/fleet.key, release/ signed with it, and evaluation.npz, in one folder."""

    directory: Path
    key: SigningKey
    first: Bundle
    good: Weights


def set_up(directory: Path, make_bundle: BundleFactory, weights: Weights) -> Beginning:
    """A fleet whose first model is weak in one action, which `weights` are not."""
    key = SigningKey.load_or_create(directory / "state" / "fleet.key")
    first = make_bundle(1, weights=weakened(weights), key=key)
    write_bundle(first, directory / "release")
    write_evaluation(directory / "evaluation.npz")
    return Beginning(directory, key, first, weights)


class World:
    """See the module. `start` again stands for a new process on the same state directory."""

    def __init__(
        self, directory: Path, start: Beginning, *, gate: dict[str, object], rounds: dict[str, object]
    ) -> None:
        shutil.copytree(start.directory, directory)
        self.key, self.first, self.good = start.key, start.first, start.good
        self.settings = FleetSettings(
            fleet={"state_directory": directory / "state"},
            release={"initial": directory / "release"},
            rounds=ROUNDS | rounds,
            gate={"evaluation": directory / "evaluation.npz"} | gate,
        )
        self.now = START
        self.retained: dict[str, bytes] = {}
        self.receipts: dict[str, list[Receipt]] = {}
        self.log: list[str] = []
        self.senders = [Sender(name=name) for name in ("kitchen", "studio", "workshop")]
        self.store = Store(self.settings.fleet.database_url)
        with self.store.write() as session:
            for sender in self.senders:
                enrol(session, sender.topics, sender.key.public, START)
        self.start()

    def start(self) -> None:
        """A new process, connected."""
        self.aggregator = Aggregator(self.settings, self.store, self._publish, now=self.now)
        self.aggregator.connected(self.now)

    def _publish(self, topic: str, payload: bytes, retain: bool) -> int | None:  # noqa: FBT001
        self.log.append(topic)
        if retain:
            self.retained[topic] = payload
            if not payload:
                del self.retained[topic]
        else:
            self.receipts.setdefault(topic, []).append(decode(payload, Receipt))
        return len(self.log)

    def tick(self, seconds: float = 1, *, connected: bool = True) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        self.aggregator.tick(self.now, connected=connected)

    def send(self, sender: Sender, package: bytes) -> Receipt | None:
        """Deliver a package on the device's topics; returns the receipt that it led to."""
        before = len(self.receipts.get(sender.topics.inbox, []))
        opened = self.round_message
        for topic, payload in sender.messages(opened, package):
            self.aggregator.handle(topic, payload, self.now)
        answers = self.receipts.get(sender.topics.inbox, [])[before:]
        assert len(answers) <= 1
        return answers[0] if answers else None

    def good_package(self, sender: Sender, seed: int = 0) -> bytes:
        """A delta that leads back to the good weights, with a little of the device's own."""
        delta = add(subtract(self.good, weakened(self.good)), small_delta(seed, norm=0.05))
        return sender.package(self.opened, delta=delta)

    def send_good(self, *senders: Sender) -> None:
        """These devices send good deltas, which are accepted."""
        for seed, sender in enumerate(senders):
            receipt = self.send(sender, self.good_package(sender, seed))
            assert receipt is not None
            assert (receipt.accepted, receipt.reason) == (True, "accepted")

    @property
    def round_message(self) -> RoundOpen | RoundClosed:
        """What devices read about rounds."""
        return decode(self.retained[topics.rounds("default")], RoundMessage)

    @property
    def opened(self) -> RoundOpen:
        """The open round."""
        assert isinstance(self.round_message, RoundOpen)
        return self.round_message

    @property
    def closed(self) -> RoundClosed:
        """The end of the latest round."""
        assert isinstance(self.round_message, RoundClosed)
        return self.round_message

    def published(self) -> Bundle:
        """The release as a device would fetch it: manifest, then every chunk that it names."""
        signed = decode(self.retained[topics.release_manifest("stable")], SignedManifest)
        manifest = check_manifest(signed, self.key.public)
        files = {}
        for name, entry in manifest.files.items():
            count = -(-entry.size // chunks.CHUNK_BYTES)
            names = [topics.release_chunk("stable", entry.sha256, number) for number in range(count)]
            files[name] = b"".join(chunks.decode(self.retained[one]).data for one in names)
        return open_bundle(signed, files, self.key.public)

    def status(self, sender: Sender, **fields: object) -> None:
        """A device says how it is."""
        message = Status(site=sender.site, device=sender.name, state="online", at=self.now)
        payload = encode(msgspec.structs.replace(message, **fields))
        self.aggregator.handle(sender.topics.status, payload, self.now)
