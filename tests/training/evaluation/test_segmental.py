"""Segments against a second way of counting them."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.segmental import edit_score, segment_counts, segments

LABELS = st.lists(st.integers(0, 2), min_size=1, max_size=40)
PAIRS = st.integers(1, 40).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 2), min_size=n, max_size=n)] * 2))


def runs(labels):
    """(label, set of frames) of every run that is not background."""
    numbered = itertools.groupby(enumerate(labels), key=lambda one: one[1])
    return [(label, {frame for frame, _ in group}) for label, group in numbered if label != 0]


@given(LABELS)
def test_segments_are_the_runs(labels):
    """Every longest run of a label other than the background is a segment."""
    found = [(one.label, set(range(one.begin, one.end))) for one in segments(np.array(labels), background=0)]
    assert found == runs(labels)


@given(PAIRS, st.sampled_from([0.1, 0.25, 0.5]))
def test_counts_follow_the_definition(pair, least):
    """Right, made-up and missed segments agree with counting sets of frames by hand."""
    truth, answers = pair
    done, answered, taken, false = runs(truth), runs(answers), set(), 0
    for label, frames in answered:
        shares = [len(frames & other) / len(frames | other) if name == label else 0 for name, other in done]
        best = max(range(len(shares)), key=shares.__getitem__) if shares else None
        if best is not None and shares[best] >= least and best not in taken:
            taken.add(best)
        else:
            false += 1
    counts = segment_counts(np.array(truth), np.array(answers), least_overlap=least, background=0)
    assert (counts.right, counts.false, counts.missed) == (len(taken), false, len(done) - len(taken))


def test_pieces_cost_though_frames_are_right():
    """One action in three pieces is one right segment and two wrong ones, and recordings add up."""
    truth, answers = np.array([1] * 10), np.array([1, 1, 1, 1, 1, 1, 0, 1, 0, 1])
    counts = segment_counts(truth, answers, least_overlap=0.5, background=0)
    assert (counts.right, counts.false, counts.missed) == (1, 2, 0)
    assert (counts + counts).f1 == counts.f1 == 0.5


@given(PAIRS)
def test_edit_score_is_one_less_the_distance(pair):
    """The score agrees with the recursive definition of Levenshtein's distance; order counts, lengths do not."""

    def distance(one, other):
        if not one or not other:
            return len(one) + len(other)
        same = distance(one[1:], other[1:]) + (one[0] != other[0])
        return min(same, distance(one[1:], other) + 1, distance(one, other[1:]) + 1)

    truth, answers = ([label for label, _ in runs(labels[:12])] for labels in pair)
    expected = 1 - distance(truth[:5], answers[:5]) / max(len(truth[:5]), len(answers[:5]), 1)
    again = [np.array([0, *itertools.chain.from_iterable((label, 0) for label in one[:5])]) for one in (truth, answers)]
    assert np.isclose(edit_score(*again, background=0), expected)
