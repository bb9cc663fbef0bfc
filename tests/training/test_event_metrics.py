"""Events against what was done."""

from hypothesis import given
from hypothesis import strategies as st

from training.event_metrics import Span, match

SPANS = st.lists(
    st.builds(
        lambda action, start, length: Span(action, start, start + length),
        st.sampled_from(["wave", "clap"]),
        st.floats(0, 100),
        st.floats(0.5, 5),
    ),
    max_size=12,
)


def test_an_action_counts_when_both_ends_are_near():
    """Start and end within the tolerance make a find; one of them off makes a miss and a false event."""
    done = [Span("wave", 10, 14)]
    good = match(done, [Span("wave", 10.8, 13.5)], tolerance_s=1.0)
    assert (good.precision, good.recall, good.f1) == (1, 1, 1)
    assert abs(good.found[0].start_error - 0.8) < 1e-9
    late = match(done, [Span("wave", 10.8, 15.5)], tolerance_s=1.0)
    assert (late.found, late.missed, late.false) == ((), (done[0],), (Span("wave", 10.8, 15.5),))


def test_two_events_cannot_both_find_one_action():
    """The second report of the same action is false."""
    result = match([Span("wave", 10, 14)], [Span("wave", 10, 14), Span("wave", 10.2, 14)], tolerance_s=1.0)
    assert (len(result.found), len(result.false)) == (1, 1)


@given(SPANS, SPANS)
def test_every_span_is_counted_once(done, reported):
    """Found, missed and false add up, whatever was done and reported."""
    result = match(done, reported, tolerance_s=1.0)
    assert len(result.found) + len(result.missed) == len(done)
    assert len(result.found) + len(result.false) == len(reported)
    assert 0 <= result.f1 <= 1


@given(SPANS)
def test_perfect_reports_are_perfect(done):
    """Reporting exactly what was done leaves nothing missed and nothing false."""
    result = match(done, done, tolerance_s=1.0)
    assert (result.missed, result.false) == ((), ())
