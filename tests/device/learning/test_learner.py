import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from core import chunks
from core.architecture import parameter_shapes
from core.bundle import Bundle
from core.delta import check_origin, open_delta
from core.features import FeatureSpec
from core.messages import Receipt, RoundClosed, RoundOpen
from core.signing import SigningKey
from core.topics import DeviceTopics
from core.weights import decode_delta, global_norm
from device.learning.learner import Learner, is_chosen
from device.learning.samples import SampleStore
from device.learning.training_job import augment
from device.outbox.store import Outbox
from device.settings import LearningSettings
from tests import people, tiny
from tests.broker import wait_until
from tests.device.events import ROOM, TOPICS


@pytest.fixture(scope="session")
def weak(bundle_factory, trained_weights) -> Bundle:
    """A release that answers right, and hardly dares to."""
    return bundle_factory(1, weights={name: tensor * np.float32(0.55) for name, tensor in trained_weights.items()})


def opened(name: str = "r1", **changes) -> RoundOpen:
    fields = {
        "round": name, "group": "g", "base": 1, "epochs": 2, "learning_rate": 0.02, "batch": 16, "clip_norm": 5.0,
        "codec": "int8", "minimum_samples": 20, "fraction": 1.0, "goal": 3, "seed": 7,
        "deadline": datetime.now(UTC) + timedelta(minutes=5),
    }  # fmt: skip
    return RoundOpen(**fields | changes)


def closed(name: str = "r1") -> RoundClosed:
    return RoundClosed(round=name, group="g", outcome="released", accepted=3)


class Pupil:
    """A learner with everything that it needs, driven by hand."""

    def __init__(self, directory: Path, bundle: Bundle, people_each: int = 8, **settings) -> None:
        self.outbox = Outbox(directory / "outbox.sqlite", ROOM)
        self.samples = SampleStore(directory / "samples.sqlite", 5000)
        self.key = SigningKey.load_or_create(directory / "device.key")
        if not self.samples.count_by_action():
            keypoints, labels = people.windows(tiny.LABELS, people_each, seed=321)
            for window, label in zip(keypoints, labels, strict=True):
                self.samples.add(window, tiny.LABELS[label], captured_at=0.0, source="lesson")
        self.learner = Learner(
            LearningSettings(**settings),
            topics=TOPICS,
            directory=directory / "learning",
            samples=self.samples,
            samples_file=directory / "samples.sqlite",
            outbox=self.outbox,
            key=self.key,
            bundle=bundle,
        )
        self.directory = directory / "learning"

    def hear(self, *messages: RoundOpen | RoundClosed | Receipt) -> None:
        for message in messages:
            self.learner.on_receipt(message) if isinstance(message, Receipt) else self.learner.on_round(message)
        self.learner.poll()

    def learn(self, message: RoundOpen) -> None:
        self.hear(message)
        assert self.learner.state == f"{message.round}: training"
        wait_until(
            lambda: (self.learner.poll(), self.learner.state != f"{message.round}: training")[1], "training's end"
        )

    def package(self) -> bytes:
        assembler = chunks.Assembler()
        return [assembler.add(chunks.decode(entry.payload)) for entry in self.outbox.pending(99)][-1]

    def close(self) -> None:
        self.learner.stop()
        self.samples.close()
        self.outbox.close()


@pytest.fixture
def pupil(tmp_path: Path, weak: Bundle):
    one = Pupil(tmp_path, weak)
    yield one
    one.close()


def test_a_round_ends_in_a_signed_delta_that_helps(pupil: Pupil, weak: Bundle):
    """Training in a child lowers the loss on the device's samples; the delta is clipped, signed and in the outbox."""
    pupil.learn(opened(epochs=4, learning_rate=0.05, clip_norm=0.5))
    delta = open_delta(pupil.package())
    check_origin(delta, pupil.key.public)
    header = delta.header
    assert (header.site, header.device, header.round, header.base, header.samples) == ("home", "cam", "r1", 1, 32)
    assert header.steps == 4 * 2
    assert header.loss_after < 0.9 * header.loss_before
    shapes = parameter_shapes(weak.manifest.architecture)
    tensors = decode_delta("int8", delta.payload, shapes, max_bytes=2**20)
    assert 0.4 < global_norm(tensors) <= 0.5 * 1.02
    assert not list(pupil.directory.iterdir())


def test_an_answered_round_is_not_trained_again(tmp_path: Path, weak: Bundle):
    """Neither the same message again, nor a restart, before or after the receipt, makes a second delta."""
    first = Pupil(tmp_path, weak)
    message = opened(epochs=1)
    first.learn(message)
    transfer = chunks.digest(first.package())
    first.hear(message)
    assert "training" not in first.learner.state
    first.close()
    again = Pupil(tmp_path, weak)
    again.hear(message)
    assert again.learner.state == "r1: answered"
    again.hear(Receipt(round="r1", transfer=transfer, accepted=True, reason="accepted"))
    assert again.learner.state == "r1: accepted"
    assert again.outbox.counts().deltas == 0
    again.hear(message)
    assert again.learner.state == "r1: accepted"
    again.close()


def test_a_refused_delta_is_dropped_and_said(pupil: Pupil):
    """A receipt that refuses becomes a problem with its reason; receipts for unknown transfers do nothing."""
    pupil.learn(opened(epochs=1))
    pupil.hear(Receipt(round="r1", transfer="0" * 64, accepted=False, reason="forged"))
    assert pupil.learner.problem is None
    transfer = chunks.digest(pupil.package())
    pupil.hear(Receipt(round="r1", transfer=transfer, accepted=False, reason="not_enrolled", detail="who are you?"))
    assert pupil.learner.problem == "round r1: the fleet refuses our delta: not_enrolled who are you?"
    assert pupil.outbox.counts().deltas == 0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"base": 2}, "needs release 2, 1 runs"),
        ({"minimum_samples": 33}, "32 samples, 33 needed"),
        ({"fraction": 1e-9}, "not chosen"),
        ({"deadline": datetime.now(UTC) - timedelta(seconds=1)}, "its deadline has passed"),
    ],
)
def test_who_does_not_take_part_says_why(pupil: Pupil, changes: dict, why: str):
    """Another base, too few samples, bad luck or a passed deadline: nothing is trained, and the status says why."""
    pupil.hear(opened(**changes))
    assert pupil.learner.state == f"r1: {why}"


def test_learning_can_be_switched_off(tmp_path: Path, weak: Bundle):
    """With learning.enabled = false no round is taken part in."""
    pupil = Pupil(tmp_path, weak, enabled=False)
    pupil.hear(opened())
    assert pupil.learner.state == "r1: learning is switched off"
    pupil.close()


def test_a_release_that_arrives_later_lets_the_round_begin(pupil: Pupil, weak: Bundle):
    """A device that waits for the round's base release begins when it runs."""
    pupil.hear(opened(base=2, epochs=1))
    assert "needs release 2" in pupil.learner.state
    newer = Bundle(msgspec.structs.replace(weak.manifest, version=2), weak.signed, weak.files)
    pupil.learner.release_changed(newer)
    pupil.learner.poll()
    assert pupil.learner.state == "r1: training"


def test_a_closed_round_ends_training_and_takes_the_delta_back(pupil: Pupil):
    """When the round closes, the child is gone within the same moment, and an undelivered delta as well."""
    pupil.hear(opened(epochs=100))
    child = pupil.learner._training.pid
    pupil.hear(closed())
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert pupil.learner.state is None
    assert not list(pupil.directory.iterdir())
    pupil.learn(opened("r2", epochs=1))
    assert pupil.outbox.counts().deltas == 1
    pupil.hear(closed("r2"))
    assert pupil.outbox.counts().deltas == 0


def test_a_killed_child_costs_its_round_only(pupil: Pupil):
    """A training process that is killed is reported with its signal; the next round is trained."""
    pupil.hear(opened(epochs=100))
    os.kill(pupil.learner._training.pid, signal.SIGKILL)
    wait_until(lambda: (pupil.learner.poll(), pupil.learner.problem)[1], "the report")
    assert pupil.learner.problem == "round r1: training was killed by signal 9: it said nothing"
    pupil.learner.poll()
    assert pupil.learner.state == "r1: training failed"
    pupil.learn(opened("r2", epochs=1))
    assert pupil.learner.problem is None


def test_the_child_may_not_take_more_memory_than_allowed(tmp_path: Path, weak: Bundle):
    """A training process that needs more than learning.memory_mb ends with that reason, and harms nobody."""
    pupil = Pupil(tmp_path, weak, people_each=1, memory_mb=100)
    keypoints = np.random.default_rng(0).random((32, 15, 4), np.float32)
    for _ in range(4000):
        pupil.samples.add(keypoints, "wave", captured_at=0.0, source="lesson")
    pupil.hear(opened())
    wait_until(lambda: (pupil.learner.poll(), pupil.learner.problem)[1], "the report")
    assert "training needs more memory than learning.memory_mb allows" in pupil.learner.problem
    pupil.close()


def test_diverged_training_is_no_delta(pupil: Pupil, tmp_path: Path, weak: Bundle):
    """NaN never reaches the outbox: the round fails with the reason."""
    broken = dict(weak.files)
    from core.bundle import WEIGHTS
    from core.weights import from_safetensors, to_safetensors

    weights = from_safetensors(broken[WEIGHTS])
    broken[WEIGHTS] = to_safetensors(weights | {"embed/bias": weights["embed/bias"] + np.float32("inf")})
    pupil.learner.release_changed(Bundle(weak.manifest, weak.signed, broken))
    pupil.hear(opened(epochs=1))
    wait_until(lambda: (pupil.learner.poll(), pupil.learner.problem)[1], "the report")
    assert "training diverged" in pupil.learner.problem
    assert pupil.outbox.counts().deltas == 0


def test_the_child_ends_with_its_parent(tmp_path: Path, weak: Bundle):
    """When the daemon is killed, its training process does not go on; restarted, the device answers the round."""
    child_pid = tmp_path / "pid"
    reading, writing = os.pipe()
    daemon = os.fork()
    if daemon == 0:  # the daemon: begins to train, says so, and is killed
        try:
            pupil = Pupil(tmp_path, weak)
            pupil.hear(opened(epochs=100))
            child_pid.write_text(str(pupil.learner._training.pid))
            os.write(writing, b"x")
            time.sleep(60)
        finally:
            os._exit(1)
    os.read(reading, 1)
    os.kill(daemon, signal.SIGKILL)
    os.waitpid(daemon, 0)
    pid = int(child_pid.read_text())
    wait_until(lambda: not _runs(pid), "the child's end")
    pupil = Pupil(tmp_path, weak)
    pupil.learn(opened(epochs=1))
    assert pupil.outbox.counts().deltas == 1
    pupil.close()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_child_is_polite_and_light(pupil: Pupil):
    """The training process has the lowest priority, and loads no TensorFlow, MediaPipe or OpenCV."""
    pupil.hear(opened(epochs=100))
    pid = pupil.learner._training.pid
    wait_until(lambda: os.getpriority(os.PRIO_PROCESS, pid) == 19, "nice 19")
    wait_until(lambda: "_multiarray_umath" in Path(f"/proc/{pid}/maps").read_text(), "numpy")
    time.sleep(0.5)
    maps = Path(f"/proc/{pid}/maps").read_text()
    assert not [name for name in ("tensorflow", "mediapipe", "cv2") if name in maps]


def test_about_the_asked_fraction_is_chosen_and_others_every_round():
    """The hash chooses about `fraction` of the devices, independently in each round."""
    devices = [DeviceTopics("home", f"cam{number}") for number in range(2000)]
    chosen = [{one for one in devices if is_chosen(opened(name, fraction=0.25), one)} for name in ("r1", "r2")]
    assert all(430 < len(one) < 570 for one in chosen)
    assert 80 < len(chosen[0] & chosen[1]) < 170


def test_augmentation_changes_little_and_stays_finite():
    """Augmented windows differ from the originals by less than half a torso, and scores stay."""
    keypoints, _ = people.windows(tiny.LABELS, 3)
    changed = augment(keypoints, FeatureSpec(), np.random.default_rng(0))
    assert changed.shape == keypoints.shape
    assert changed.dtype == np.float32
    moved = np.linalg.norm(changed[..., :2] - keypoints[..., :2], axis=-1)
    assert 0.001 < moved.mean() < 0.1
    np.testing.assert_allclose(changed[..., 3], keypoints[..., 3])
