"""A release over windows: what devices run, beside its float weights."""

import dataclasses

import msgspec
import numpy as np
import pytest

from core.bundle import Thresholds
from tests import people, tiny
from training.datasets.windows import WindowSet
from training.evaluation.evaluate import answer, evaluate
from training.evaluation.parts import parts_of


@pytest.fixture(scope="module")
def windows():
    """Windows of two people each, one of them in the middle of a transition."""
    keypoints, labels = people.windows(tiny.LABELS, 2, seed=40)
    shares = np.eye(4, dtype=np.float32)[labels]
    shares[-1] = (0.4, 0, 0, 0.6)
    return WindowSet(keypoints, shares, np.array(["ann", "ben"] * 4), tiny.LABELS)


def test_both_models_are_judged_on_the_same_windows(bundle, windows):
    """The quantized model and its float weights answer alike, and their figures stand side by side."""
    report = evaluate(bundle, windows)
    assert (report.windows, report.subjects, report.agreement) == (7, 2, 1.0)
    assert report.accuracy == report.quantized.accuracy == report.exact.accuracy == 1.0
    assert report.confusion.trace() == 7
    assert report.unknown is None


def test_transitions_count_apart(bundle, windows):
    """The headline figure is over clear windows; the one over all windows stands beside it."""
    wrong = windows.shares.copy()
    wrong[-1] = (0, 0.6, 0.4, 0)
    report = evaluate(bundle, dataclasses.replace(windows, shares=wrong))
    assert report.accuracy == 1.0
    assert report.accuracy_all == 7 / 8


def test_answers_do_not_depend_on_what_is_judged_with_them(bundle, windows):
    """A window judged alone has the logits that it has among others, in both models."""
    everything, alone = answer(bundle, windows.keypoints), answer(bundle, windows.keypoints[5:6])
    assert np.array_equal(everything.quantized[5:6], alone.quantized)
    assert np.allclose(everything.exact[5:6], alone.exact, atol=1e-5)


def test_a_clip_is_answered_by_the_mean_of_its_parts(bundle, windows):
    """What has twice the steps of a window is judged by three windows of it, by devices' model and by float weights."""
    clips = np.repeat(windows.keypoints, 2, axis=1)
    together = answer(bundle, clips)
    alone = [answer(bundle, part) for part in parts_of(clips, windows.keypoints.shape[1])]
    assert np.allclose(together.quantized, np.mean([one.quantized for one in alone], axis=0), atol=1e-5)
    assert np.allclose(together.exact, np.mean([one.exact for one in alone], axis=0), atol=1e-4)
    assert np.ptp([one.exact for one in alone], axis=0).max() > 0.1


def test_what_is_too_strange_is_background(bundle, windows):
    """Windows above the release's limit of energy count as answered `background`, as devices report them."""
    limited = msgspec.structs.replace(bundle.manifest, thresholds=Thresholds(energy=-1000.0))
    report = evaluate(dataclasses.replace(bundle, manifest=limited), windows)
    assert report.confusion[:, 0].sum() == report.windows
    assert (report.refused, report.accuracy_all) == (1.0, 2 / 8)


def test_unknown_movement_is_told_by_its_energy(bundle, windows):
    """The figure is a share for noise that is no movement at all, and one half for what cannot be told apart."""
    noise = np.random.default_rng(0).normal(0, 1, windows.keypoints.shape).astype(np.float32)
    noise[..., 3] = 1
    other = WindowSet(noise, windows.shares, windows.subjects, tiny.LABELS)
    report = evaluate(bundle, windows, unknown=other)
    assert report.unknown is not None
    assert report.unknown.windows == 8
    assert 0 <= report.unknown.auroc <= 1
    assert evaluate(bundle, windows, unknown=windows.select(windows.clear)).unknown.auroc == 0.5
