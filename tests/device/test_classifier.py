"""Tracks become windows, windows become calibrated probabilities."""

import math
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pytest

from core.bundle import Bundle, Thresholds, seal
from core.features import extract
from core.signing import SigningKey
from core.skeleton import Pose
from core.window import WindowSpec, cut_windows
from device.classifier import Decision, Recogniser
from tests import tiny
from tests.people import pose_at

KEY = SigningKey.generate()
LOGITS = np.array([1.0, 3.0, -2.0, 0.5], np.float32)


class Answers:
    """A model that always says the same, and keeps what it was asked."""

    def __init__(self, logits: Sequence[float] | np.ndarray = LOGITS) -> None:
        self.answer = np.array(logits, np.float32)
        self.asked: list[np.ndarray] = []

    def logits(self, features: np.ndarray) -> np.ndarray:
        self.asked.append(features)
        return self.answer


@pytest.fixture(scope="module")
def release() -> Bundle:
    return tiny.bundle(KEY)


def changed(release: Bundle, **changes: object) -> Bundle:
    return seal(msgspec.structs.replace(release.manifest, **changes), release.files, KEY)


def film(seconds: float, *, action: str = "wave", fps: float = 15.0, seed: int = 1) -> Iterator[tuple[float, Pose]]:
    for frame in range(round(seconds * fps)):
        yield frame / fps, pose_at(action, frame / fps, seed=seed)


def push_all(recogniser: Recogniser, poses: Iterator[tuple[float, Pose]], *, track: int = 1) -> list[Decision]:
    return [decision for moment, pose in poses for decision in recogniser.push(track, moment, pose)]


def test_windows_and_features_are_those_of_training(release):
    """What the model is asked on a device is to the bit what training makes of the same poses."""
    model = Answers()
    decisions = push_all(Recogniser(release, classifier=model), film(5, fps=24))
    manifest = release.manifest
    windows = cut_windows(((moment, pose.core15) for moment, pose in film(5, fps=24)), manifest.window)
    assert len(decisions) == len(windows) > 5
    for decision, window, asked in zip(decisions, windows, model.asked, strict=True):
        assert np.array_equal(asked, extract(window.keypoints, manifest.features, rate_hz=manifest.window.rate_hz))
        assert np.array_equal(decision.window.keypoints, window.keypoints)
        assert decision.moment == (window.started_at + window.ended_at) / 2


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_probabilities_are_calibrated(release, temperature):
    """They are softmax(logits / T) (Guo et al. 2017); energy is -T log sum exp(logits / T) (Liu et al. 2020)."""
    recogniser = Recogniser(changed(release, temperature=temperature), classifier=Answers())
    decision = push_all(recogniser, film(3))[0]
    powers = [math.exp(float(logit) / temperature) for logit in LOGITS]
    assert decision.probabilities == pytest.approx([power / sum(powers) for power in powers], rel=1e-5)
    assert decision.energy == pytest.approx(-temperature * math.log(sum(powers)), rel=1e-5)


def test_movement_unlike_anything_known_is_background(release):
    """Above the release's limit of energy nothing of its labels is done; below it nothing changes."""
    energy = -math.log(sum(math.exp(float(logit)) for logit in LOGITS))
    for limit, expected in ((energy + 0.01, 1), (energy - 0.01, 0)):
        strict = changed(release, thresholds=Thresholds(energy=limit), temperature=1.0)
        decision = push_all(Recogniser(strict, classifier=Answers()), film(3))[0]
        assert decision.probabilities.argmax() == expected
        assert decision.probabilities.sum() == pytest.approx(1)


def test_huge_logits_overflow_nothing(release):
    """A model that is absurdly sure gives probabilities, not NaN."""
    decision = push_all(Recogniser(release, classifier=Answers([1e4, -1e4, 0, 9e3])), film(3))[0]
    assert decision.probabilities == pytest.approx([1, 0, 0, 0])


def test_tracks_do_not_mix(release):
    """Two people who are seen in turns are judged as if each were alone."""
    together, alone = Recogniser(release, classifier=Answers()), Recogniser(release, classifier=Answers())
    mixed = [
        decision
        for one, other in zip(film(4), film(4, action="squat", seed=2), strict=True)
        for track, (moment, pose) in ((1, one), (2, other))
        for decision in together.push(track, moment, pose)
    ]
    expected = push_all(alone, film(4, action="squat", seed=2))
    found = [decision.window.keypoints for decision in mixed if decision.track == 2]
    assert np.array_equal(found, [decision.window.keypoints for decision in expected])


def test_a_forgotten_track_starts_afresh(release):
    """After forgetting, a whole window has to be seen before the next decision; forgetting strangers is harmless."""
    recogniser = Recogniser(release, classifier=Answers())
    poses = list(film(6))
    assert push_all(recogniser, iter(poses[:45]))
    recogniser.forget(1)
    recogniser.forget(99)
    assert push_all(recogniser, iter(poses[45 : 45 + release.manifest.window.length - 1])) == []


def test_a_successor_goes_on_with_the_same_windows(release):
    """A new release with the same windows decides at the next stride, on poses from before and after the change."""
    before, model = Recogniser(release, classifier=Answers()), Answers()
    poses = list(film(6))
    push_all(before, iter(poses[:40]))
    after = before.successor(changed(release, version=2), classifier=model)
    assert after.manifest.version == 2
    first = push_all(after, iter(poses[40:]))[0]
    assert first.window.started_at < poses[40][0] <= first.window.ended_at
    assert len(model.asked) == len(push_all(Recogniser(release, classifier=Answers()), iter(poses))) - 3


def test_a_successor_with_other_windows_starts_afresh(release):
    """Windows of another rate cannot be continued: the first decision comes after a whole new window."""
    before = Recogniser(release, classifier=Answers())
    poses = list(film(8))
    push_all(before, iter(poses[:40]))
    after = before.successor(changed(release, version=2, window=WindowSpec(rate_hz=12)), classifier=Answers())
    assert push_all(after, iter(poses[40:]))[0].window.started_at >= poses[40][0]


def test_a_real_release_recognises_people(bundle):
    """The quantized model of a release, run as the daemon runs it, is right about people it has never seen."""
    recogniser = Recogniser(bundle)
    answers = [
        bundle.manifest.labels[int(decision.probabilities.argmax())] == action
        for track, action in enumerate(bundle.manifest.labels)
        for decision in push_all(recogniser, film(6, action=action, seed=900 + track), track=track)
    ]
    assert len(answers) > 40
    assert np.mean(answers) > 0.95
