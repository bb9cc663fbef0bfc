"""Ready-made stages show what their names say."""

from dataclasses import replace

import numpy as np
import pytest

from core.skeleton import MEDIAPIPE33
from training.synthesis.motions import BACKGROUND, REPERTOIRE
from training.synthesis.plays import (
    GAPS_M,
    alone,
    crossings,
    empty_room,
    group,
    performance,
    performances,
    side_by_side,
)
from training.synthesis.props import KINDS
from training.synthesis.stage import play

SMALL = {"width": 160, "height": 120, "noise": 0.0}


def test_everybody_crosses_once():
    """In each of the twenty variants the two change sides in the picture once, and are apart before and after."""
    for stage in crossings(20):
        times = np.linspace(0, stage.seconds, 60)
        one, two = (np.array([stage.camera.project(actor.route.place(t))[0] for t in times]) for actor in stage.actors)
        assert np.count_nonzero(np.diff(np.sign(one - two))) == 1, stage.name
        assert min(abs(one[0] - two[0]), abs(one[-1] - two[-1])) > 60, stage.name


def test_crossings_differ():
    """Looks, rooms, speeds, depths and sides are others in each, and the first ones do not depend on how many."""
    stages = crossings(20)
    assert stages[:5] == crossings(5)
    assert len({actor.person_seed for stage in stages for actor in stage.actors}) == 40
    assert len({stage.digest for stage in stages}) == 20
    assert {stage.actors[0].route.marks[0].x > 0 for stage in stages} == {True, False}
    assert {stage.actors[0].route.marks[0].z > stage.actors[1].route.marks[0].z for stage in stages} == {True, False}
    assert np.ptp([stage.seconds for stage in stages]) > 1


def test_who_crosses_behind_is_hidden_for_a_while():
    """In a crossing somebody is hidden by more than half at the meeting, and nobody at the ends."""
    stage = replace(crossings(1)[0], **SMALL)
    least = [min(truth.visible for truth in truths) for _, _, truths in play(stage)]
    assert min(least) < 0.5
    assert least[0] > 0.9
    assert least[-1] > 0.9


def test_the_closer_they_stand_the_less_is_seen():
    """Well apart both are whole; at the closest gap one hides half of the other."""
    shares = [
        min(truth.visible for truth in next(play(replace(side_by_side(gap), **SMALL)))[2])
        for gap in (GAPS_M[0], GAPS_M[-1])
    ]
    assert shares[0] > 0.95
    assert shares[1] < 0.75


def test_a_group_stands_apart():
    """Everybody in a group is seen, from head to foot, in the order from left to right."""
    _, _, truths = next(play(replace(group(4), **SMALL)))
    assert min(truth.visible for truth in truths) > 0.85
    assert (np.diff([truth.joints[23:25, 0].mean() for truth in truths]) > 0).all()


def test_a_performance_is_one_action_seen_from_somewhere():
    """All of it is the action; takes differ in room and in view, within 60 degrees; people stay who they are."""
    stages = [performance("kick", person=3, take=take) for take in range(40)]
    turned = np.degrees([stage.actors[0].yaw for stage in stages])
    assert np.abs(turned).max() <= 60
    assert turned.min() < -40
    assert turned.max() > 40
    assert len({stage.room_seed for stage in stages}) == 40
    assert {stage.actors[0].person_seed for stage in stages} == {3}
    for action in (*REPERTOIRE, BACKGROUND):
        script = performance(action, person=1, take=0).actors[0].script
        assert {script.label_at(t) for t in np.arange(0, 4, 0.1)} == {action}


def test_performances_are_everything_by_everybody():
    """Each person does each action and background twice, once of it behind something; no two clips are the same."""
    stages = performances([5, 9])
    assert len({stage.digest for stage in stages}) == len(stages) == 2 * 2 * (len(REPERTOIRE) + 1)
    assert [bool(stage.props) for stage in stages] == [False, True] * (len(stages) // 2)
    assert {stage.actors[0].person_seed for stage in stages} == {5, 9}


def test_a_performer_is_in_the_picture_from_head_to_foot():
    """With nothing before the person almost all of the body is visible, whatever is done."""
    for take, action in enumerate(REPERTOIRE):
        stage = replace(performance(action, person=take, take=0), **SMALL, fps=2.0)
        assert min(truths[0].visible for _, _, truths in play(stage)) > 0.85


def test_what_stands_before_a_performer_hides_limbs():
    """Of eight hidden takes six at least hide an elbow, wrist, knee or ankle at some time, and none the whole body."""
    limbs = [MEDIAPIPE33.index[f"{side}_{joint}"] for side in ("left", "right") for joint in ("wrist", "knee", "ankle")]
    hides, seen = 0, []
    for take in range(8):
        stage = replace(performance("wave", person=take, take=take, hidden=True), **SMALL, fps=1.0)
        truths = [each[0] for _, _, each in play(stage)]
        hides += any(not truth.clear[limbs].all() for truth in truths)
        seen += [truth.visible for truth in truths]
    assert hides >= 6
    assert min(seen) > 0.3


def test_an_empty_room_is_empty():
    """Nobody is in it, and it is as still as its noise."""
    stage = replace(empty_room(5, seconds=0.2), **SMALL)
    (_, one, truths), (_, two, _) = play(stage)
    assert truths == ()
    assert (one == two).all()


@pytest.mark.parametrize("kind", KINDS)
def test_things_are_there_and_are_nobody(kind):
    """A thing changes the picture of its room in one place, and there is no truth about a person."""
    stage = replace(alone(kind, seconds=0.2), **SMALL)
    _, picture, truths = next(play(stage))
    empty = next(play(replace(stage, props=())))[1]
    changed = (np.abs(picture.astype(int) - empty).max(axis=2) > 15).mean()
    assert truths == ()
    assert 0.002 < changed < 0.4


def test_the_dog_walks():
    """The dog is elsewhere in the end."""
    stage = replace(alone("dog", seconds=2.0), fps=1.0, **SMALL)
    (_, start, _), (_, later, _) = play(stage)
    assert (np.abs(start.astype(int) - later).max(axis=2) > 15).mean() > 0.005
