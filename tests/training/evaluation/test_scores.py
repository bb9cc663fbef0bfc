"""Figures of windows, checked by counting and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, f1_score, top_k_accuracy_score

from training.evaluation.scores import (
    calibration_error,
    class_scores,
    confusion_matrix,
    interval,
    reliability_bins,
    score,
    unknown_auroc,
)

CLASSES = ("background", "clap", "wave", "bow")
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


def answers_of(seed, windows=200, people=6):
    """Probabilities that are often right, labels, and who."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, windows)
    logits = rng.normal(0, 1, (windows, 4)) + 1.5 * np.eye(4)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return probabilities, labels, np.array([f"p{one}" for one in rng.integers(0, people, windows)])


@given(PAIRS)
def test_scores_follow_their_definitions(pairs):
    """Precision, recall and F1 of every class agree with counting true and false positives by hand."""
    truth, answers = (np.array(column) for column in zip(*pairs, strict=True))
    confusion = confusion_matrix(truth, answers, 4)
    assert confusion.tolist() == [[pairs.count((row, column)) for column in range(4)] for row in range(4)]
    for index, one in enumerate(class_scores(truth, answers, CLASSES)):
        hit = sum(t == a == index for t, a in pairs)
        wrong = sum(a == index != t for t, a in pairs)
        missed = sum(t == index != a for t, a in pairs)
        assert one.support == hit + missed
        assert np.isclose(one.precision, hit / (hit + wrong) if hit + wrong else 0)
        assert np.isclose(one.recall, hit / (hit + missed) if hit + missed else 0)
        assert np.isclose(one.f1, 2 * hit / (2 * hit + wrong + missed) if hit + wrong + missed else 0)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(4, 80))
def test_figures_agree_with_scikit_learn(seed, windows):
    """Accuracy, macro F1 over what occurs, and top-k are those of scikit-learn."""
    probabilities, labels, subjects = answers_of(seed, windows)
    figures = score(probabilities, labels, subjects, CLASSES)
    answers = probabilities.argmax(axis=1)
    assert np.isclose(figures.accuracy, accuracy_score(labels, answers))
    there = np.unique(labels)
    assert np.isclose(figures.macro_f1, f1_score(labels, answers, labels=there, average="macro", zero_division=0))
    for k, share in figures.top.items():
        assert np.isclose(share, top_k_accuracy_score(labels, probabilities, k=k, labels=range(4)))
    assert set(figures.top) == {2, 3}


@given(st.integers(0, 1000))
def test_reliability_agrees_with_scikit_learn(seed):
    """Bins hold what scikit-learn's calibration curve holds, and the error is their weighted mean distance."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0, 1, 300)
    right = rng.uniform(0, 1, 300) < confidence
    bins = reliability_bins(confidence, right)
    shares, means = calibration_curve(right, confidence, n_bins=15)
    assert np.allclose([one.right for one in bins], shares)
    assert np.allclose([one.confidence for one in bins], means)
    place = np.floor(confidence * 15)
    by_hand = sum(abs(confidence[place == p].sum() - right[place == p].sum()) for p in range(15)) / 300
    assert np.isclose(calibration_error(bins), by_hand)


def test_a_model_that_is_always_sure_and_right_half_of_the_time_is_off_by_half():
    """Confidence 1 belongs to the last bin, and the error is the distance to what comes true."""
    assert calibration_error(reliability_bins(np.ones(10), np.arange(10) % 2 == 0)) == 0.5


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=20), st.lists(st.integers(-5, 5), min_size=1, max_size=20))
def test_auroc_is_the_chance_of_a_higher_energy(known, unknown):
    """The figure is the share of all pairs in which the unknown one is higher, ties counting one half."""
    pairs = [(a < b) + 0.5 * (a == b) for a in known for b in unknown]
    assert np.isclose(unknown_auroc(np.array(known, float), np.array(unknown, float)), np.mean(pairs))


def test_an_interval_is_over_people_not_windows():
    """A thousand windows of each of four people say as little about a fifth person as ten of each."""
    few = np.array([[9, 10], [5, 10], [7, 10], [8, 10]])

    def share(sums):
        return sums[:, 0] / sums[:, 1]

    narrow, wide = interval(few * 100, share), interval(few, share)
    assert narrow == wide
    assert narrow.low < 0.725 < narrow.high
    assert interval(few[:1], share) is None


def test_an_interval_is_as_wide_as_the_mean_of_people_varies():
    """For many people the interval is the mean plus and minus 1.96 standard errors."""
    rng = np.random.default_rng(3)
    right = rng.integers(40, 101, 60)
    found = interval(np.stack([right, np.full(60, 100)], axis=1), lambda sums: sums[:, 0] / sums[:, 1])
    error = 1.96 * right.std() / 100 / np.sqrt(60)
    assert found.low == pytest.approx(right.mean() / 100 - error, abs=0.01)
    assert found.high == pytest.approx(right.mean() / 100 + error, abs=0.01)


def test_people_are_shown_one_by_one():
    """Each person has a share of their own; the mean over windows is between the worst and the best."""
    probabilities, labels, subjects = answers_of(5)
    figures = score(probabilities, labels, subjects, CLASSES)
    assert set(figures.by_subject) == set(subjects.tolist())
    assert min(figures.by_subject.values()) <= figures.accuracy <= max(figures.by_subject.values())
    assert figures.accuracy_interval.low <= figures.accuracy <= figures.accuracy_interval.high
    assert figures.macro_f1_interval.low <= figures.macro_f1 <= figures.macro_f1_interval.high
