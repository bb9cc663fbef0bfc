"""Of boxes that overlap the best stays."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.pose.suppression import overlap, suppress

PLACES = st.integers(0, 20)
BOXES = st.lists(st.tuples(PLACES, PLACES, st.integers(0, 9), st.integers(0, 9)), max_size=25)
LIMITS = st.sampled_from([0.0, 0.3, 0.65, 1.0])


def boxes_of(drawn: list[tuple[int, int, int, int]]) -> np.ndarray:
    return np.array([(x, y, x + width, y + height) for x, y, width, height in drawn], np.float32).reshape(-1, 4)


def shared_cells(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union by counting the unit cells of both."""
    first, second = (
        set(itertools.product(range(int(box[0]), int(box[2])), range(int(box[1]), int(box[3])))) for box in (one, other)
    )
    return len(first & second) / len(first | second) if first | second else 0.0


@given(BOXES)
def test_overlap_is_what_counting_says(drawn):
    """Intersection over union agrees with counting unit cells."""
    boxes = boxes_of(drawn)
    for box in boxes[:5]:
        assert overlap(box, boxes) == pytest.approx([shared_cells(box, other) for other in boxes])


@given(BOXES, LIMITS, st.randoms(use_true_random=False))
def test_what_stays_is_apart_and_the_best(drawn, limit, random):
    """Kept boxes come best first and overlap no more than allowed; each other one overlaps a better kept one."""
    boxes = boxes_of(drawn)
    score = np.array(random.sample(range(1000), len(boxes)), np.float32) / 1000
    kept = suppress(boxes, score, most_overlap=limit, most=100)
    assert list(kept) == sorted(kept, key=lambda one: -score[one])
    for one, other in itertools.combinations(kept, 2):
        assert shared_cells(boxes[one], boxes[other]) <= limit + 1e-6
    for left_out in set(range(len(boxes))) - set(kept.tolist()):
        better = [one for one in kept if score[one] > score[left_out]]
        assert any(shared_cells(boxes[one], boxes[left_out]) > limit - 1e-6 for one in better)


@given(BOXES, st.integers(0, 5))
def test_never_more_than_asked(drawn, most):
    """At most so many are kept, and those are the first of all that would be."""
    boxes = boxes_of(drawn)
    score = np.linspace(0.9, 0.1, len(boxes)).astype(np.float32)
    everything = suppress(boxes, score, most_overlap=0.5, most=100)
    assert suppress(boxes, score, most_overlap=0.5, most=most).tolist() == everything[:most].tolist()
