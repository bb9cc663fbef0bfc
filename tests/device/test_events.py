"""Probabilities become events: each performed action one start and one end, at the right time, whatever the noise."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from core.bundle import Thresholds
from device.classifier import Decision
from device.events import EventDraft, EventMachine
from tests.device.decisions import HALF_S, LABELS, STRIDE_S, decision, machine, random_script, steady, windows_of


def play(one: EventMachine, decisions: Sequence[Decision]) -> list[EventDraft]:
    return [draft for each in decisions for draft in one.decide(each)]


def kinds(drafts: Sequence[EventDraft]) -> list[tuple[str, str]]:
    return [(draft.kind, draft.action) for draft in drafts]


@pytest.mark.parametrize("gaps", [True, False], ids=["with pauses", "without pauses"])
@pytest.mark.parametrize("seed", range(8))
def test_every_performed_action_gives_one_start_and_one_end_at_its_time(seed, gaps):
    """Over noisy windows each action of a script is one event within a second of the truth, and nothing else is."""
    rng = np.random.default_rng(seed)
    script = random_script(rng, gaps=gaps)
    drafts = play(machine(), windows_of(script, rng, noise=0.6))
    truth = [segment for segment in script if segment[0] != "background"]
    assert kinds(drafts) == [(kind, action) for action, _, _ in truth for kind in ("start", "end")]
    for (_, start, end), event in zip(truth, drafts[1::2], strict=True):
        assert event.started_at == pytest.approx(start, abs=1.0)
        assert event.ended_at == pytest.approx(end, abs=1.0)
        assert event.ended_by == "finished"


def test_borders_lie_where_the_probability_passes_one_half():
    """On straight slopes the times are those of the straight line, although the report comes later."""
    probability = np.interp(np.arange(0, 20, STRIDE_S), [5, 7, 12, 13], [0, 1, 1, 0])
    one = machine()
    decisions = [decision(i * STRIDE_S, [1 - p, p, 0, 0]) for i, p in enumerate(probability)]
    drafts = [(each.moment, draft) for each in decisions for draft in one.decide(each)]
    (reported_at, start), (_, end) = drafts
    assert start.started_at == pytest.approx(6.0, abs=0.02)
    assert reported_at >= 6.0 + 0.8
    assert end.ended_at == pytest.approx(12.5, abs=0.05)


def test_who_comes_in_doing_it_has_done_it_from_the_first_picture():
    """If the first window already shows an action, the action began when the window did."""
    (start,) = play(machine(), steady(("wave", 3)))
    assert start.started_at == pytest.approx(0.0)


def test_a_causal_window_tells_nothing_of_the_time_before_its_person_came():
    """Poses before the first one are made up: what the first causal window shows began with the first pose."""
    causal = [Decision(1, one.probabilities, 0.0, replace(one.window, causal=True)) for one in steady(("wave", 3))]
    (start,) = play(machine(), causal)
    assert start.started_at == pytest.approx(causal[0].window.ended_at)


@pytest.mark.parametrize("wrong", ["background", "squat"])
def test_one_wrong_window_neither_ends_nor_makes_an_event(wrong):
    """A single window that is sure of something else changes nothing, in the middle of an action or of background."""
    drafts = play(machine(), steady(("background", 3), ("wave", 3), (wrong, STRIDE_S), ("wave", 3), ("background", 3)))
    assert kinds(drafts) == [("start", "wave"), ("end", "wave")]
    assert play(machine(), steady(("background", 3), ("squat", STRIDE_S), ("background", 5))) == []


def test_what_two_of_three_windows_say_holds():
    """Answers that flicker around the truth are one event."""
    flicker = (("wave", 2 * STRIDE_S), ("background", STRIDE_S)) * 6
    drafts = play(machine(cool_down_s=0.0), steady(("background", 3), *flicker, ("background", 3)))
    assert kinds(drafts) == [("start", "wave"), ("end", "wave")]


@pytest.mark.parametrize(("pause_s", "events"), [(0.5, 1), (4.0, 2)])
def test_short_pauses_are_bridged_and_long_ones_are_not(pause_s, events):
    """An action that goes on within the cool-down is one event; after a real pause it is another."""
    parts = (("background", 3), ("wave", 3), ("background", pause_s), ("wave", 3), ("background", 4))
    drafts = play(machine(cool_down_s=1.0), steady(*parts))
    assert kinds(drafts) == [("start", "wave"), ("end", "wave")] * events


@pytest.mark.parametrize(("minimum_s", "reported"), [(1.5, True), (3.0, False)])
def test_what_is_shorter_than_the_minimum_is_never_heard_of(minimum_s, reported):
    """Two seconds of an action are an event when 1.5 s are asked for, and nothing when 3 s are."""
    drafts = play(machine(minimum_s=minimum_s), steady(("background", 3), ("wave", 2), ("background", 4)))
    assert kinds(drafts) == ([("start", "wave"), ("end", "wave")] if reported else [])


@pytest.mark.parametrize("phase", np.linspace(0, STRIDE_S, 6, endpoint=False))
def test_the_minimum_is_measured_by_the_true_times(phase):
    """An action of exactly two seconds passes a minimum just below them, wherever the windows fall."""
    times = np.arange(0, 15, STRIDE_S)
    probability = np.interp(times, np.array([5, 6, 7, 8]) + phase, [0, 1, 1, 0])
    decisions = [decision(float(now), [1 - p, p, 0, 0]) for now, p in zip(times, probability, strict=True)]
    (end,) = (draft for draft in play(machine(minimum_s=0.0), decisions) if draft.kind == "end")
    assert end.ended_at is not None
    lasted = end.ended_at - end.started_at
    assert lasted == pytest.approx(2.0, abs=0.05)
    assert len(play(machine(minimum_s=lasted - 1e-6), decisions)) == 2


def test_a_long_action_is_confirmed_by_updates():
    """Between start and end an update comes every `update_s`, with the same id and a confidence that only grows."""
    drafts = play(machine(update_s=2.0), steady(("background", 3), ("wave", 9), ("background", 3)))
    assert kinds(drafts) == [("start", "wave"), *[("update", "wave")] * 3, ("end", "wave")]
    assert len({draft.id for draft in drafts}) == 1
    confidences = [draft.confidence for draft in drafts]
    assert confidences == sorted(confidences)
    assert confidences[-1] == pytest.approx(0.97, abs=1e-3)


def test_a_new_action_ends_the_old_one():
    """From one action straight into another: the first ends before the second starts, and they do not overlap."""
    drafts = play(machine(), steady(("background", 3), ("wave", 3), ("squat", 3)))
    assert kinds(drafts) == [("start", "wave"), ("end", "wave"), ("start", "squat")]
    end, start = drafts[1:]
    assert end.ended_at is not None
    assert end.ended_at <= start.started_at
    assert start.started_at == pytest.approx(HALF_S + 6, abs=0.5)


def test_a_pause_between_two_actions_belongs_to_neither():
    """The first action ends where it fell, not where the second begins, even if the pause is within the cool-down."""
    drafts = play(machine(cool_down_s=5.0), steady(("background", 3), ("wave", 3), ("background", 1), ("squat", 3)))
    assert kinds(drafts) == [("start", "wave"), ("end", "wave"), ("start", "squat")]
    assert drafts[1].ended_at == pytest.approx(HALF_S + 6, abs=0.5)
    assert drafts[2].started_at == pytest.approx(HALF_S + 7, abs=0.5)


@pytest.mark.parametrize(("cool_down_s", "minimum_s"), [(5.0, 0.8), (0.0, 2.0)])
def test_low_thresholds_make_no_overlap(cool_down_s, minimum_s):
    """Where two actions can both be likely, the second begins when it overtakes the first, which lasted until then."""
    one = machine(Thresholds(enter=0.35, exit=0.2), cool_down_s=cool_down_s, minimum_s=minimum_s)
    answers = [[0.1, 0.5, 0.38, 0.02]] * 15 + [[0.1, 0.38, 0.5, 0.02]] * 4 + [[0.1, 0.02, 0.86, 0.02]] * 10
    decisions = [decision(HALF_S + i * STRIDE_S, answer) for i, answer in enumerate(answers)]
    start, end, following = play(one, decisions)
    assert [start.action, end.action, following.action] == ["wave", "wave", "squat"]
    assert end.ended_at is not None
    assert HALF_S + 14 * STRIDE_S <= end.ended_at <= HALF_S + 19 * STRIDE_S
    assert end.ended_at <= following.started_at <= HALF_S + 19 * STRIDE_S


def test_people_do_not_disturb_each_other():
    """Each track has events of its own, as if it were alone."""
    first, second = steady(("wave", 6), ("background", 3)), steady(("background", 3), ("squat", 6), track=2)
    both = play(machine(), [one for pair in zip(first, second, strict=True) for one in pair])
    for track, alone in ((1, first), (2, second)):
        expected = play(machine(), alone)
        found = [draft for draft in both if draft.track == track]
        assert [(d.kind, d.action, d.started_at) for d in found] == [(d.kind, d.action, d.started_at) for d in expected]


@pytest.mark.parametrize("end", [lambda m: m.end_track(1, 9.5, "person_left"), lambda m: m.end_all(9.5, "camera_lost")])
def test_events_end_with_the_track_or_the_camera(end: Callable[[EventMachine], list[EventDraft]]):
    """Whoever leaves in the middle of an action ends it then; asked again, there is nothing left to end."""
    one = machine()
    (start,) = play(one, steady(("background", 3), ("wave", 4)))
    (ended,) = end(one)
    assert (ended.kind, ended.id, ended.started_at, ended.ended_at) == ("end", start.id, start.started_at, 9.5)
    assert ended.ended_by in {"person_left", "camera_lost"}
    assert end(one) == []
    assert one.current() == ("background", 1.0, None)


def test_what_was_over_when_its_track_ended_ended_by_itself():
    """An action that fell away just before its person left was finished, at the time it fell."""
    one = machine(cool_down_s=5.0)
    play(one, steady(("background", 3), ("wave", 4), ("background", 1)))
    (end,) = one.end_track(1, 30.0, "person_left")
    assert end.ended_by == "finished"
    assert end.ended_at == pytest.approx(HALF_S + 7, abs=0.5)


def test_an_event_never_ends_before_it_began():
    """Whatever moment the end is given, it is not before the start; and a probability is at most one."""
    one = machine()
    (start,) = play(one, [decision(HALF_S + i * STRIDE_S, [0, 1.0000001, 0, 0]) for i in range(8)])
    assert start.confidence == 1.0
    (end,) = one.end_track(1, start.started_at - 3, "person_left")
    assert end.ended_at == start.started_at


def test_the_current_action_is_the_newest_reported_one():
    """Background until something is reported; then its name, confidence and true start."""
    one = machine()
    assert one.current() == ("background", 1.0, None)
    (start,) = play(one, steady(("background", 3), ("wave", 4)))
    assert one.current() == ("wave", pytest.approx(start.confidence), start.started_at)
    (newer,) = play(one, steady(("background", 6), ("squat", 3), track=2))
    assert one.current() == ("squat", pytest.approx(newer.confidence), newer.started_at)


def test_a_new_release_with_the_same_labels_interrupts_nothing():
    """An event that is running when the release changes goes on under its id."""
    one, decisions = machine(), steady(("background", 3), ("wave", 6), ("background", 3))
    drafts = play(one, decisions[:24])
    assert one.adopt(Thresholds(enter=0.7, exit=0.3), LABELS) == []
    drafts += play(one, decisions[24:])
    assert kinds(drafts) == [("start", "wave"), ("end", "wave")]


def test_a_new_release_with_other_labels_ends_what_runs():
    """Labels of another release mean other things: what runs ends, and the new ones are used from then on."""
    one = machine()
    play(one, steady(("background", 3), ("wave", 4)))
    (end,) = one.adopt(Thresholds(), ("background", "bow"))
    assert (end.kind, end.action) == ("end", "wave")
    later = [decision(20 + i * STRIDE_S, [0.05, 0.95], track=2) for i in range(12)]
    assert kinds(play(one, later)) == [("start", "bow")]


def test_windows_that_are_not_newer_are_ignored():
    """A window that is repeated, or older than the last, changes nothing."""
    decisions = steady(("background", 3), ("wave", 4), ("background", 3))
    repeated = [each for one in decisions for each in (one, one, decisions[0])]
    assert play(machine(), repeated) == play(machine(), decisions)
