"""Training can be killed, repeated and taught."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from msgspec.structs import replace

from core.architecture import Architecture, Conv1D, Dense, MeanMaxPool
from core.checkpoint import Checkpoint, Description, read_checkpoint, write_checkpoint
from core.errors import ConfigError
from core.features import FeatureSpec, extract
from core.network import initialise
from core.window import WindowSpec
from tests import people
from training.augmentation.augment import Augmentation, blinded
from training.datasets.recording import Recording, save
from training.datasets.windows import WindowSet
from training.models import MODELS
from training.train import RunOptions, TrainingConfig, train

pytestmark = pytest.mark.xdist_group("tensorflow")

ACTIONS = ("background", "squat", "wave")
OPTIONS = ("--model", "conv1d", "--epochs", "30", "--seed", "3", "--deterministic")


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A folder of recordings of four people."""
    folder = tmp_path_factory.mktemp("recordings")
    times = np.arange(150) / 15
    for person in range(4):
        actions = [ACTIONS[second // 2 % len(ACTIONS)] for second in range(10) for _ in range(15)]
        joints = [people.joints_at(action, t, seed=person) for action, t in zip(actions, times, strict=True)]
        labels = np.array([ACTIONS.index(action) for action in actions])
        one = Recording(f"take{person}", f"person{person}", times, np.array(joints), labels, ACTIONS)
        save(one, folder / f"{one.name}.npz")
    return folder


@pytest.fixture(autouse=True)
def _small_network(monkeypatch):
    """A network that TensorFlow prepares in a second."""

    def architecture(*, features, window, classes):
        layers = (Dense("embed", 24, "relu"), Conv1D("conv", 24, 5, "relu"), MeanMaxPool(), Dense("logits", classes))
        return Architecture(features.size, window, layers)

    monkeypatch.setitem(MODELS, "small", architecture)


def windows(count, seed):
    """Labelled windows of people who do the three actions."""
    keypoints, labels = people.windows(ACTIONS, count, seed=seed)
    return WindowSet(keypoints, np.eye(3, dtype=np.float32)[labels], np.full(len(labels), "anna"), ACTIONS)


def posefleet(*arguments: str, then: str = "") -> subprocess.Popen[bytes]:
    """Runs the command, and perhaps once more in the same process."""
    script = "import sys; from posefleet.__main__ import app; runs = ' '.join(sys.argv[1:]).split(' then ')\n"
    script += "for one in runs: app(one.split(), standalone_mode=False)"
    command = [sys.executable, "-c", script, *arguments, *then.split()]
    return subprocess.Popen(command, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}, stderr=subprocess.PIPE)


def test_a_killed_run_resumes_to_the_same_result(recordings, tmp_path):
    """Killed with SIGKILL at any moment, a run goes on with --resume to the weights of one that was never disturbed."""
    train_it = ("train", str(recordings), *OPTIONS, "--out")
    killed, whole = str(tmp_path / "killed"), str(tmp_path / "whole")
    child = posefleet(*train_it, killed)
    while not (tmp_path / "killed" / "unfinished.npz").exists():
        assert child.poll() is None, child.stderr.read().decode()
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.25))
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert not (tmp_path / "killed" / "checkpoint.json").exists()
    both = posefleet(*train_it, killed, "--resume", "then", *train_it, whole)
    assert both.communicate()[1].count(b"Traceback") == 0
    for name in ("weights.safetensors", "checkpoint.json", "golden.safetensors"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not (tmp_path / "killed" / "unfinished.npz").exists()


def test_training_stops_when_validation_gets_no_better():
    """With patience, a run ends so many epochs after its best one, and gives an epoch that is as good or nearly so."""
    seen = []
    config = TrainingConfig(model="small", epochs=40, patience=2, batch=8, learning_rate=0.0)
    trained = train(windows(3, 0), windows(2, 50), config, seen.append)
    accuracies = [one.validation_accuracy for one in seen]
    assert len(seen) == accuracies.index(max(accuracies)) + 1 + 2
    assert trained.validation_accuracy == accuracies[trained.epoch - 1] >= max(accuracies) - 0.25


def test_a_network_with_objects_learns_every_window_blind_as_well(monkeypatch):
    """Each step shows its windows twice, with the objects and without any; joints and targets are the same in both."""
    steps = []

    def run(_, batches, __):
        steps.extend(batches)
        return 0.0

    monkeypatch.setattr("training.trainer.Trainer.run", run)
    features = FeatureSpec(objects=("cup",))
    poses = windows(4, 0)
    boxes = np.random.default_rng(0).uniform(0.5, 1, (len(poses), 32, 2, 4)).astype(np.float32)
    both = WindowSet(np.concatenate([poses.keypoints, boxes], axis=2), poses.shares, poses.subjects, ACTIONS)
    augmentation = Augmentation(object_drop=0)
    train(both, both, TrainingConfig("small", epochs=1, batch=4, features=features, augmentation=augmentation))
    seen, blind = (extract(one, features, rate_hz=15.0) for one in (both.keypoints, blinded(both.keypoints, features)))
    of_boxes = (seen != blind).any(axis=(0, 1))
    assert [len(shown) for shown, _ in steps] == [8, 8, 8]
    for shown, targets in steps:
        assert (shown[1::2][..., of_boxes] == 0).all()
        assert (shown[::2][..., of_boxes] != 0).any(axis=(1, 2)).all()
        np.testing.assert_array_equal(shown[::2][..., ~of_boxes], shown[1::2][..., ~of_boxes])
        np.testing.assert_array_equal(targets[::2], targets[1::2])


def test_a_student_learns_what_its_teacher_says(tmp_path):
    """With the teacher's word alone, a network learns the teacher's classes and never the labels."""
    trained = train(windows(24, 0), windows(8, 50), TrainingConfig(model="small", epochs=15, batch=8))
    swapped = {name: tensor[..., [1, 2, 0]] if "logits" in name else tensor for name, tensor in trained.weights.items()}
    description = Description(
        labels=ACTIONS,
        architecture=trained.architecture,
        features=trained.config.features,
        window=trained.config.window,
        temperature=1.0,
    )
    write_checkpoint(Checkpoint(description, swapped, np.zeros((1, 32, 4), np.float32)), tmp_path)
    options = RunOptions(teachers=(read_checkpoint(tmp_path),))
    config = TrainingConfig(model="small", epochs=15, batch=8, distillation=1.0)
    seen = []
    train(windows(24, 0), windows(8, 50), config, seen.append, options)
    assert trained.validation_accuracy > 0.8
    assert seen[-1].validation_accuracy < 0.2


def test_a_teacher_of_other_classes_is_refused(tmp_path):
    """A teacher that knows other classes, or sees other windows or joints, is a sentence before training begins."""
    config = TrainingConfig(model="small", epochs=1)
    architecture = MODELS["small"](features=config.features, window=config.window.length, classes=3)
    weights = initialise(architecture, np.random.default_rng(0))
    own = Description(
        labels=ACTIONS,
        architecture=architecture,
        features=config.features,
        window=config.window,
        temperature=1.0,
    )
    others = ("background", "sit", "wave")
    for known, says in (
        (replace(own, labels=others), "a teacher knows background, sit, wave; the student learns"),
        (replace(own, window=WindowSpec(rate_hz=10)), "a teacher sees 32 frames at 10 Hz, the student 32 at 15 Hz"),
        (replace(own, features=FeatureSpec(objects=("cup",))), "a teacher sees core15, cup, the student core15;"),
    ):
        teacher = Checkpoint(known, weights, np.zeros((1, 32, 4), np.float32))
        with pytest.raises(ConfigError, match=says):
            train(windows(2, 0), windows(2, 50), config, options=RunOptions(teachers=(teacher,)))
