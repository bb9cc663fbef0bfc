"""Figures over takes, against what can be counted by hand."""

import numpy as np
import pytest

from training.evaluation.event_metrics import Span
from training.evaluation.stream_scores import false_alarm_interval, judge_takes, quantiles
from training.evaluation.streaming import UNKNOWN, Take

LABELS = ("background", "clap", "wave")


def take(done, events, *, subject="ann", seconds=20, newest=None, truth=None):
    """A take at ten frames a second from what was done and reported."""
    times = np.arange(seconds * 10) / 10

    def frames(spans):
        labels = np.zeros(len(times), np.int64)
        for span in spans:
            labels[(times >= span.start) & (times < span.end)] = LABELS.index(span.action)
        return labels

    told = frames(events)
    return Take(
        name="t",
        subject=subject,
        times=times,
        truth=frames(done) if truth is None else truth,
        told=told,
        newest=told if newest is None else newest,
        done=tuple(done),
        events=tuple(events),
    )


def test_each_way_of_being_on_time_is_counted():
    """An event half a second late and three seconds long for five counts by onset and overlap; one far off does not."""
    done = [Span("wave", 2, 7), Span("clap", 10, 12)]
    figures = judge_takes([take(done, [Span("wave", 2.5, 6, 3.5), Span("clap", 11.5, 14, 13.0)])], labels=LABELS)
    assert (len(figures.onset.found), len(figures.overlapping.found), len(figures.touching.found)) == (1, 1, 2)
    assert (figures.takes, figures.subjects, figures.hours * 3600) == (1, 1, pytest.approx(20))
    assert figures.delay.p50 == pytest.approx((1.5 + 3.0) / 2)
    assert figures.onset_error.p50 == pytest.approx((0.5 + 1.5) / 2)


def test_a_second_event_for_one_action_is_a_false_alarm():
    """Of two events during one action one is right; an event while nothing was done is false, too."""
    events = [Span("wave", 2, 4, 3.0), Span("wave", 5, 7, 6.0), Span("clap", 15, 16, 15.5)]
    figures = judge_takes([take([Span("wave", 2, 7)], events)], labels=LABELS)
    assert len(figures.touching.false) == 2
    assert figures.false_alarms_per_hour == pytest.approx(2 * 3600 / 20)
    assert figures.segmental[10] == pytest.approx(2 / (2 + 2))


def test_few_false_alarms_leave_many_possible():
    """None in an hour leaves 3.7 possible, as the formula of Poisson says; the interval holds the rate."""
    nothing = false_alarm_interval(0, 1.0)
    assert nothing.low == 0
    assert np.exp(-nothing.high) == pytest.approx(0.025)
    five = false_alarm_interval(5, 2.0)
    at_most = sum(np.exp(-2 * five.high) * (2 * five.high) ** k / np.prod(np.arange(1, k + 1)) for k in range(6))
    assert at_most == pytest.approx(0.025)
    assert five.low < 2.5 < five.high


def test_early_says_what_was_known_by_then():
    """Who names an action after one of its two seconds knows it at half of it, not at a quarter."""
    done = [Span("wave", 2, 4)]
    newest = np.zeros(200, np.int64)
    newest[30:40] = 2
    figures = judge_takes([take(done, [], newest=newest)], labels=LABELS)
    assert figures.early == {0.25: 0.0, 0.5: 1.0, 0.75: 1.0, 1.0: 0.0}
    assert figures.frames == pytest.approx((200 - 10) / 200)
    assert figures.delay is None


def test_frames_of_what_the_model_does_not_know_count_for_nothing():
    """Unknown frames are neither right nor wrong, and events during them are false alarms."""
    truth = np.zeros(200, np.int64)
    truth[50:100] = UNKNOWN
    newest = np.zeros(200, np.int64)
    newest[50:100] = 2
    figures = judge_takes([take([], [Span("wave", 5, 10, 6.0)], truth=truth, newest=newest)], labels=LABELS)
    assert figures.frames == 1.0
    assert len(figures.touching.false) == 1


def test_the_interval_of_events_is_over_people():
    """With one person whose events are all found and one whose are not, F1 could be anything."""
    done = [Span("wave", 2, 7)]
    takes = [take(done, [Span("wave", 2, 7, 3.0)]), take(done, [], subject="ben")]
    figures = judge_takes(takes, labels=LABELS)
    assert (figures.f1_interval.low, figures.f1_interval.high) == (0, 1)
    assert judge_takes(takes[:1], labels=LABELS).f1_interval is None


def test_quantiles_are_of_what_was_found():
    """The median of three values is the middle one, and nothing has none."""
    assert quantiles([3.0, 1.0, 2.0]).p50 == 2.0
    assert quantiles([]) is None
