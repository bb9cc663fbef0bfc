"""Recordings through the daemon's recogniser and event machine."""

import dataclasses

import numpy as np
import pytest

from core.skeleton import Pose
from device.classifier import Recogniser
from device.events import EventMachine
from device.settings import EventSettings
from tests import tiny
from tests.training.plays import play
from training.evaluation.event_metrics import touching
from training.evaluation.streaming import UNKNOWN, continuous, replay


@pytest.fixture(scope="module")
def take(bundle):
    """A play as a device tells it."""
    return replay(bundle, play())


def test_what_was_done_is_read_off_the_labels(take):
    """Every run of an action is a span from its first frame to the first frame after it."""
    assert [(one.action, one.start, one.end) for one in take.done] == [("wave", 3.0, 7.0), ("squat", 10.0, 14.0)]
    assert take.seconds == pytest.approx(17.0)


def test_a_device_tells_what_was_done(take):
    """Both actions of the play are reported at their time, after they began, and frames say so."""
    assert [one.action for one in take.events] == ["wave", "squat"]
    for done, event in zip(take.done, take.events, strict=True):
        assert touching(done, event)
        assert event.told_at > event.start
        inside = (take.times >= event.start) & (take.times < event.end)
        assert {take.told[frame] for frame in np.flatnonzero(inside)} == {tiny.LABELS.index(event.action)}


def test_the_events_are_the_daemons_own(bundle, take):
    """The same poses pushed through the daemon's parts by hand give the same events to the bit."""
    recording = play()
    recogniser = Recogniser(bundle)
    machine = EventMachine(EventSettings(), bundle.manifest.thresholds, bundle.manifest.labels)
    drafts = []
    for moment, joints in zip(recording.times, recording.joints, strict=True):
        pose = Pose(joints[:, :3], joints[:, 3], recording.layout)
        for decision in recogniser.push(7, float(moment), pose):
            drafts += machine.decide(decision)
    drafts += machine.end_all(float(recording.times[-1]), "stopped")
    ends = [(one.action, one.started_at, one.ended_at) for one in drafts if one.kind == "end"]
    assert ends == [(one.action, one.start, one.end) for one in take.events]


def test_nothing_is_known_before_it_is_decided(bundle):
    """A frame's newest decision does not change with what comes after that frame."""
    whole, half = play(), play()
    cut = 150
    half = dataclasses.replace(
        half, times=half.times[:cut], joints=half.joints[:cut], labels=half.labels[:cut], name="half"
    )
    assert np.array_equal(replay(bundle, whole).newest[:cut], replay(bundle, half).newest)


def test_whoever_leaves_ends_what_they_did(bundle):
    """An empty room ends the event at the moment the person was last seen, and what is newest is background again."""
    take = replay(bundle, play(script=(("wave", 5.0), ("nobody", 4.0), ("background", 3.0))))
    assert [one.action for one in take.events] == ["wave"]
    assert take.events[0].end <= 5.0
    assert set(take.newest[(take.times > 6) & (take.times < 9)].tolist()) == {0}


def test_what_the_model_does_not_know_is_nothing_that_it_could_find(bundle):
    """Frames of an unknown class are marked, and are no action that was done."""
    classes = ("background", "wave", "juggle")
    script = (("background", 3.0), ("wave", 4.0), ("background", 3.0))
    recording = play(script=script, classes=classes)
    recording.labels[recording.labels == 1] = 2
    take = replay(bundle, recording)
    assert take.done == ()
    assert (take.truth[50:100] == UNKNOWN).all()


def test_clips_of_one_action_are_not_continuous():
    """A clip without beginning or end, and separate pictures, are left out; a film in which nothing happens is not."""
    one, nothing = play("one", script=(("wave", 4.0),)), play("nothing", script=(("background", 4.0),))
    pictures = dataclasses.replace(play("pictures"), stills=True)
    assert [take.name for take in continuous([one, nothing, pictures, play()])] == ["nothing", "ann_1"]
