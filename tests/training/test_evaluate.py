"""Figures, checked against an independent formula."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.datasets.windows import WindowSet
from training.evaluate import class_scores, confusion_matrix, score

CLASSES = ("background", "clap", "wave")
PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


@given(PAIRS)
def test_scores_follow_their_definitions(pairs):
    """Precision, recall and F1 of every class agree with counting true and false positives by hand."""
    truth, answers = (np.array(column) for column in zip(*pairs, strict=True))
    confusion = confusion_matrix(truth, answers, 3)
    assert confusion.sum() == len(pairs)
    for index, one in enumerate(class_scores(confusion, CLASSES)):
        hit = sum(t == a == index for t, a in pairs)
        wrong = sum(a == index != t for t, a in pairs)
        missed = sum(t == index != a for t, a in pairs)
        assert one.support == hit + missed
        assert one.precision == (hit / (hit + wrong) if hit + wrong else 0)
        assert one.recall == (hit / (hit + missed) if hit + missed else 0)
        assert np.isclose(one.f1, 2 * hit / (2 * hit + wrong + missed) if hit + wrong + missed else 0)


def test_transitions_count_apart():
    """The headline figure is over clear windows; the one over all windows stands beside it."""
    shares = np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.4, 0.1]], np.float32)
    windows = WindowSet(np.zeros((3, 4, 15, 4), np.float32), shares, np.array(["a", "a", "b"]), CLASSES)
    report = score("m-1", np.array([0, 1, 2]), windows, agreement=1.0)
    assert (report.accuracy, report.windows) == (1.0, 2)
    assert np.isclose(report.accuracy_all, 2 / 3)
    assert report.subjects == 2
