"""Who is who in unordered people."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.datasets.formats._people import join_pieces, keep_people, link, spread


def body(x: float, score: float = 1.0) -> np.ndarray:
    points = np.array([[0.0, 0.0], [0.3, 0.0], [0.0, 1.0], [0.3, 1.0]]) + np.array([x, 0.0])
    return np.column_stack([points, np.full(4, score)])


@given(st.lists(st.permutations([0, 1, 2]), min_size=2, max_size=12), st.floats(-0.05, 0.05))
def test_the_order_in_a_frame_does_not_matter(orders, step):
    """Three people who walk side by side keep their identity in whatever order frames list them."""
    frames = [[body(2.0 * who + step * number) for who in order] for number, order in enumerate(orders)]
    tracks = link(frames, "clip")
    assert len(tracks) == 3
    for track in tracks:
        walked = np.diff([person[0, 0] for person in track.values()])
        assert np.allclose(walked, step)


def test_somebody_far_away_or_much_later_is_somebody_else():
    """A jump of several body lengths, or a long absence, ends a track."""
    assert len(link([[body(0)], [body(3)]], "clip")) == 2
    assert len(link([[body(0)], *([[]] * 5), [body(0)]], "clip")) == 1
    assert len(link([[body(0)], *([[]] * 20), [body(0)]], "clip")) == 2


def test_the_most_present_are_kept_and_pieces_joined():
    """Presence is the sum of scores; pieces that never overlap share a place, others do not."""
    long, late, faint = {0: body(0), 1: body(0)}, {2: body(5)}, {0: body(9, 0.1), 1: body(9, 0.1)}
    first, second = keep_people([faint, late, long], 2)
    assert first.keys() == {0, 1, 2}
    assert second is not faint
    assert second.keys() == faint.keys()
    assert len(join_pieces([long, late, faint], 1)) == 1


def test_a_track_is_spread_over_all_frames():
    """Frames without the person are zero."""
    values = spread({1: body(0)}, 3, 4)
    assert values.shape == (3, 4, 3)
    assert (values[[0, 2]] == 0).all()
    assert np.array_equal(values[1], body(0))
