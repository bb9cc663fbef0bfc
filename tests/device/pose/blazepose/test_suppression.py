"""Overlapping boxes become one, weighted by their scores; what lies apart stays apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.pose.blazepose.suppression import blend_overlapping

ROWS = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.01, 1)), max_size=12
)


def arrays(rows):
    table = np.array(rows, np.float32).reshape(-1, 5)
    boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
    return boxes, table[:, :4], table[:, 4]


def overlap(one, other):
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared) if shared else 0.0


@given(rows=ROWS)
def test_every_box_ends_up_in_one_blend(rows):
    """Blends are means within the range of what is blended, surest first, and as many as a plain greedy count says."""
    boxes, values, scores = arrays(rows)
    blended, best = blend_overlapping(boxes, values, scores, overlap=0.3)
    left, groups = sorted(range(len(rows)), key=lambda index: -scores[index]), []
    while left:
        group = [index for index in left if index == left[0] or overlap(boxes[left[0]], boxes[index]) > 0.3]
        groups.append(group)
        left = [index for index in left if index not in group]
    assert blended.shape == (len(best), 4)
    if len(best) != len(groups):  # only where an overlap is 0.3 to within float32
        assert any(abs(overlap(a, b) - 0.3) < 1e-4 for a in boxes for b in boxes)
        return
    assert best == pytest.approx([scores[group[0]] for group in groups])
    for blend, group in zip(blended, groups, strict=True):
        assert blend == pytest.approx(np.average(values[group], axis=0, weights=scores[group]), abs=1e-4)


def test_boxes_apart_stay_apart():
    """Boxes that only touch are not blended."""
    boxes = np.array([[0, 0, 1, 1], [1, 0, 2, 1], [0, 1, 1, 2]], np.float32)
    _, best = blend_overlapping(boxes, boxes, np.array([0.2, 0.9, 0.5], np.float32), overlap=0.0)
    assert best == pytest.approx([0.9, 0.5, 0.2])
