"""Events against what was done; the field's own toolbox agrees."""

import itertools
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.event_metrics import Span, match, overlap, overlapping, together, touching, within

SPANS = st.lists(
    st.builds(
        lambda action, start, length: Span(action, start / 10, (start + length) / 10),
        st.sampled_from(["wave", "clap"]),
        st.integers(0, 100),
        st.integers(1, 40),
    ),
    max_size=8,
)


def sed_eval_counts(done, reported, **options):
    """Found, missed and made-up events as sed_eval counts them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        sed_eval = pytest.importorskip("sed_eval", reason="sed_eval is not installed: make setup")
    metric = sed_eval.sound_event.EventBasedMetrics(event_label_list=["wave", "clap"], **options)
    if not done and not reported:
        return 0, 0, 0
    listed = [
        [{"event_label": one.action, "event_onset": one.start, "event_offset": one.end} for one in spans]
        for spans in (done, reported)
    ]
    metric.evaluate(*listed)
    counts = [metric.class_wise[label] for label in ("wave", "clap")]
    return tuple(int(sum(one[key] for one in counts)) for key in ("Ntp", "Nfn", "Nfp"))


def counts(report):
    """Found, missed and made-up events of ours."""
    return len(report.found), len(report.missed), len(report.false)


@given(SPANS, SPANS, st.sampled_from([0.25, 0.55, 1.05]))
def test_onsets_are_counted_as_sed_eval_does(done, reported, tolerance):
    """Any recording has the same found, missed and made-up events by onset as in sed_eval."""
    expected = sed_eval_counts(done, reported, evaluate_offset=False, t_collar=tolerance)
    assert counts(match(done, reported, within(tolerance))) == expected


@given(SPANS, SPANS, st.sampled_from([0.25, 0.55, 1.05]))
def test_onsets_and_ends_are_counted_as_sed_eval_does(done, reported, tolerance):
    """The same when the ends have to fit, too."""
    expected = sed_eval_counts(done, reported, t_collar=tolerance, percentage_of_length=0.0)
    assert counts(match(done, reported, within(tolerance, ends=True))) == expected


@given(SPANS, SPANS)
def test_as_many_are_found_as_can_be(done, reported):
    """No other way of pairing finds more: compared with every way there is, for a few spans."""
    done, reported = done[:4], reported[:4]
    slots = [*range(len(reported)), *[-1] * len(done)]
    best = max(
        sum(
            j >= 0 and done[i].action == reported[j].action and overlap(done[i], reported[j]) >= 0.3
            for i, j in enumerate(way)
        )
        for way in set(itertools.permutations(slots, len(done)))
    )
    assert len(match(done, reported, overlapping(0.3)).found) == best


def test_an_action_counts_when_both_ends_are_near():
    """Start and end within the tolerance make a find; one of them off makes a miss and a false event."""
    done = [Span("wave", 10, 14)]
    good = match(done, [Span("wave", 10.8, 13.5)], within(1.0, ends=True))
    assert (good.precision, good.recall, good.f1) == (1, 1, 1)
    assert abs(good.found[0].start_error - 0.8) < 1e-9
    assert good.found[0].end_error == -0.5
    late = match(done, [Span("wave", 10.8, 15.5)], within(1.0, ends=True))
    assert (late.found, late.missed, late.false) == ((), (done[0],), (Span("wave", 10.8, 15.5),))


def test_two_events_cannot_both_find_one_action():
    """The second report of the same action is false, and it is the one that begins farther away."""
    result = match([Span("wave", 10, 14)], [Span("wave", 10.2, 14), Span("wave", 10, 14)], within(1.0))
    assert [one.event.start for one in result.found] == [10]
    assert [one.start for one in result.false] == [10.2]


def test_overlap_is_intersection_over_union():
    """Half of two equal spans is a third of their union; touching needs a common moment."""
    assert abs(overlap(Span("wave", 0, 2), Span("wave", 1, 3)) - 1 / 3) < 1e-9
    assert touching(Span("wave", 0, 2), Span("wave", 1.9, 3))
    assert not touching(Span("wave", 0, 2), Span("wave", 2, 3))


@given(SPANS, SPANS)
def test_every_span_is_counted_once(done, reported):
    """Found, missed and false add up, whatever was done and reported, for all actions and for each."""
    result = match(done, reported, touching)
    assert len(result.found) + len(result.missed) == len(done)
    assert len(result.found) + len(result.false) == len(reported)
    assert 0 <= result.f1 <= 1
    parts = [result.of("wave"), result.of("clap")]
    assert counts(together(parts)) == counts(result)


@given(SPANS)
def test_perfect_reports_are_perfect(done):
    """Reporting exactly what was done leaves nothing missed and nothing false."""
    result = match(done, done, overlapping(1.0))
    assert (result.missed, result.false) == ((), ())
