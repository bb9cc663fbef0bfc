"""Several people in one picture: the truth about each, and about who hides whom, fits the picture."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from core.skeleton import MEDIAPIPE33
from training.synthesis.route import Mark, Route
from training.synthesis.script import Script, Segment
from training.synthesis.stage import Actor, Stage, play

SMALL = {"width": 320, "height": 240, "noise": 0.0, "fps": 4.0, "seconds": 0.25}


def at(x: float, z: float = 0.0, *, person: int = 1) -> Actor:
    return Actor(person_seed=person, route=Route((Mark(0.0, x=x, z=z),)))


def first(*actors: Actor, **options):
    _, picture, truths = next(play(Stage(name="s", room_seed=4, actors=actors, **SMALL | options)))
    return picture, truths


def test_each_person_is_drawn_where_the_truth_says():
    """The picture differs from the empty room at all clear joints of everybody, and nowhere far from everybody."""
    empty, _ = first()
    picture, truths = first(at(-0.8, person=1), at(0.0, person=2), at(0.8, person=3))
    changed = np.abs(picture.astype(int) - empty).max(axis=2) > 8
    for truth in truths:
        columns, rows = truth.joints[truth.clear].astype(int).T
        assert changed[rows, columns].mean() > 0.9
        beside = truth.joints[:, 0].min() - 20
        assert beside > 0
    assert not changed[:, : int(truths[0].joints[:, 0].min()) - 20].any()


def test_who_stands_alone_is_wholly_visible():
    """Nobody before a person and the picture's edges far away: everything is seen, all joints are clear."""
    _, (truth,) = first(at(0.0))
    assert truth.visible == pytest.approx(1.0, abs=0.01)
    assert truth.clear.all()


def test_the_nearer_person_hides_the_farther_one():
    """Right behind somebody, most of a body is hidden and its joints are not clear; the nearer one is whole."""
    _, (near, far) = first(at(0.0, 0.6, person=1), at(0.0, -0.4, person=2))
    assert near.visible == pytest.approx(1.0, abs=0.01)
    assert far.visible < 0.4
    assert near.clear.all()
    assert far.clear.mean() < 0.4


def test_who_is_named_first_does_not_matter():
    """Depth decides what is seen, not the order of the actors."""
    near, far = at(0.1, 0.6, person=1), at(0.0, -0.4, person=2)
    picture, truths = first(near, far)
    same, turned = first(far, near)
    assert np.abs(picture.astype(int) - same).mean() < 0.05
    assert [truth.visible for truth in turned] == pytest.approx([truth.visible for truth in truths[::-1]], abs=0.005)


def test_the_share_is_that_of_the_pixels():
    """The visible share is how many of a body's own pixels keep its colour when another one comes before it."""
    far, near = at(0.0, -0.4, person=2), at(0.18, 0.6, person=1)
    alone, _ = first(far)
    empty, _ = first()
    both, (truth, _) = first(far, near)
    body = np.abs(alone.astype(int) - empty).max(axis=2) > 25
    kept = np.abs(both.astype(int) - alone)[body].max(axis=1) < 8
    assert 0.2 < truth.visible < 0.9
    assert truth.visible == pytest.approx(kept.mean(), abs=0.08)


def test_half_a_body_outside_the_picture_is_not_visible():
    """The picture's edge hides like another body does."""
    edge = Stage(name="s", room_seed=1, **SMALL).camera
    x = (edge.width / 2) / edge.focal * edge.see(np.array([0.0, 0.9, 0.0]))[2]
    _, (truth,) = first(at(float(x)))
    assert truth.visible == pytest.approx(0.5, abs=0.12)
    assert 0.2 < truth.clear.mean() < 0.8


def test_the_height_is_that_of_the_standing_person():
    """From the feet to the nose it is nine tenths of the truth's height, near and far."""
    for z in (-0.8, 0.8):
        _, (truth,) = first(at(0.0, z))
        sole = truth.joints[[MEDIAPIPE33.joints.index(f"left_{end}") for end in ("heel", "foot_index")], 1].mean()
        assert (sole - truth.joints[0, 1]) / truth.height == pytest.approx(0.9, abs=0.04)


def test_people_go_where_their_paths_lead():
    """From left to right on the route is from left to right in the picture, in profile while walking."""
    walker = Actor(person_seed=3, route=Route((Mark(0.0, x=-1.0), Mark(2.0, x=1.0))))
    stage = Stage(name="s", room_seed=1, actors=(walker,), **SMALL | {"seconds": 2.0})
    shots = list(play(stage))
    hips = [truths[0].joints[23:25, 0].mean() for _, _, truths in shots]
    assert (np.diff(hips) > 0).all()
    (middle,) = shots[4][2]
    nose, ears = middle.joints[0, 0], middle.joints[7:9, 0].mean()
    assert nose > ears + 0.02 * middle.height


def test_a_script_is_played_on_the_spot():
    """Who stands does what the script says."""
    waving = replace(at(0.0), script=Script((Segment("raise_arms", 0.0, 4.0),)))
    stage = Stage(name="s", room_seed=1, actors=(waving,), **SMALL | {"seconds": 3.0})
    wrists = [truths[0].joints[15:17, 1].min() - truths[0].joints[0, 1] for _, _, truths in play(stage)]
    assert min(wrists) < 0 < max(wrists)


def test_the_same_stage_gives_the_same_clip():
    """A stage decides everything; changing any of it changes the digest, a trip through JSON does not."""
    stage = Stage(name="s", room_seed=4, actors=(at(0.0),), **SMALL | {"noise": 3.0})
    (_, one, (truth,)), (_, two, (same,)) = next(play(stage)), next(play(stage))
    assert (one == two).all()
    assert (truth.joints == same.joints).all()
    assert msgspec.json.decode(msgspec.json.encode(stage), type=Stage).digest == stage.digest
    others = [replace(stage, actors=(at(0.1),)), replace(stage, seconds=1), replace(stage, distance_m=5)]
    assert len({stage.digest, *(other.digest for other in others)}) == 4


@pytest.mark.parametrize("wrong", [{"width": 161}, {"height": 20}, {"fps": 0}, {"distance_m": 0}])
def test_what_cannot_be_filmed_is_refused(wrong):
    """Odd sizes and impossible rates are a ValueError."""
    with pytest.raises(ValueError, match="cannot be filmed"):
        Stage(name="s", room_seed=1, **SMALL | wrong)
