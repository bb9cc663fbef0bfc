"""A specification decides everything, and the ground truth fits the picture, mirrored or not."""

from dataclasses import replace
from itertools import islice

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.skeleton import MEDIAPIPE33
from training.synthesis import ACTIONS, Footage, Script, Segment, film, random_build, random_footage
from training.synthesis.footage import mirror, mirror_joints

SHORT = Script((Segment("background", 0, 1), Segment("wave", 1, 2)))
SMALL = Footage(name="small", subject="anna", person_seed=5, room_seed=6, script=SHORT, fps=5, width=160, height=120)


def test_the_same_arguments_give_the_same_footage():
    """random_footage has no memory and no clock."""
    assert random_footage("anna", 3, seed=1) == random_footage("anna", 3, seed=1)
    assert random_footage("anna", 3, seed=1) != random_footage("anna", 3, seed=2)


def test_a_person_stays_the_same_from_take_to_take():
    """Takes share the person and nothing else; other people are other people."""
    one, two, other = random_footage("anna", 0), random_footage("anna", 1), random_footage("ben", 0)
    assert one.person_seed == two.person_seed != other.person_seed
    assert one.room_seed != two.room_seed
    assert one.script != two.script
    assert one.subject == two.subject == "anna"


def test_only_the_actions_asked_are_done():
    """The script has the actions of the caller, all of them and no others."""
    script = random_footage("anna", 0, ("wave", "squat")).script
    assert {segment.action for segment in script.actions()} == {"wave", "squat"}
    assert {segment.action for segment in random_footage("anna").script.actions()} == set(ACTIONS)


def test_takes_vary_within_their_bounds():
    """Rates, sizes, yaw and mirroring spread over what is promised."""
    takes = [random_footage(f"person{number}") for number in range(40)]
    assert {take.fps for take in takes} <= {float(rate) for rate in range(9, 16)}
    assert len({take.fps for take in takes}) >= 5
    assert {take.mirrored for take in takes} == {True, False}
    assert max(abs(take.yaw) for take in takes) <= 0.61
    assert len({(take.width, take.height) for take in takes}) >= 3
    shares = [_share(take) for take in takes]
    assert 0.45 < min(shares) < 0.55
    assert 0.75 < max(shares) < 0.9


def _share(footage):
    """Of the picture's height that the standing person fills."""
    height = random_build(np.random.default_rng(footage.person_seed)).height_m
    top, floor = footage.camera.project(np.array([[0.0, height, 0.0], [0.0, 0.0, 0.0]]))[:, 1]
    return (floor - top) / footage.height


def test_films_repeat_to_the_pixel():
    """The same footage filmed twice gives the same pictures and joints."""
    for (t, one), (again, two) in zip(islice(film(SMALL), 4), islice(film(SMALL), 4), strict=True):
        assert t == again
        assert (one.picture == two.picture).all()
        assert (one.joints == two.joints).all()


def test_a_film_has_a_frame_for_every_moment():
    """Frames come at the rate asked, for as long as the script lasts."""
    times = [t for t, _ in film(SMALL)]
    assert times == pytest.approx(np.arange(10) / 5)
    assert SMALL.frames == len(times)


def test_the_ground_truth_is_inside_the_picture():
    """Over many people and all actions, feet and bodies are in view and hardly a raised hand leaves the picture."""
    inside, feet = [], []
    for number in range(4):
        footage = replace(random_footage(f"person{number}"), fps=1.0, width=160, height=120, noise=0.0)
        for _, shot in film(footage):
            seen = ((shot.joints >= 0) & (shot.joints < [160, 120])).all(axis=1)
            inside.append(seen.mean())
            feet.append(seen[27:29].all())
    assert np.mean(inside) > 0.99
    assert all(feet)


def test_a_mirrored_film_is_the_film_in_a_mirror():
    """Mirrored footage gives the flipped pictures, and joints that swap sides and names."""
    (_, plain), (_, mirrored) = next(film(SMALL)), next(film(replace(SMALL, mirrored=True)))
    assert (mirrored.picture == plain.picture[:, ::-1]).all()
    left, right = (MEDIAPIPE33.joints.index(f"{side}_wrist") for side in ("left", "right"))
    assert mirrored.joints[left] == pytest.approx([160 - plain.joints[right, 0], plain.joints[right, 1]])
    assert mirrored.joints[left, 0] > mirrored.joints[right, 0]


@given(arrays.arrays(np.float32, (3, 33, 2), elements=st.floats(-100, 700, width=32)))
def test_mirroring_twice_changes_nothing(joints):
    """The mirror is an involution."""
    assert mirror_joints(mirror_joints(joints, 480), 480) == pytest.approx(joints, abs=1e-3)


def test_mirroring_a_shot_twice_changes_nothing():
    """Pictures and joints come back."""
    shot = next(film(SMALL))[1]
    twice = mirror(mirror(shot))
    assert (twice.picture == shot.picture).all()
    assert twice.joints == pytest.approx(shot.joints, abs=1e-3)


def test_every_field_counts_in_the_digest():
    """Changing anything gives another digest; the same footage has the same, also after a trip through JSON."""
    changes = {
        "name": "n",
        "subject": "s",
        "person_seed": 9,
        "room_seed": 9,
        "fps": 6.0,
        "width": 200,
        "height": 200,
        "distance_m": 4.0,
        "camera_height_m": 1.0,
        "field_of_view": 0.7,
        "aside_m": 0.1,
        "yaw": 0.1,
        "mirrored": True,
        "noise": 1.0,
        "script": Script((Segment("clap", 0, 2),)),
    }
    assert set(changes) == set(SMALL.__dataclass_fields__)
    digests = {replace(SMALL, **{field: value}).digest for field, value in changes.items()}
    assert len(digests | {SMALL.digest}) == len(changes) + 1
    assert msgspec.json.decode(msgspec.json.encode(SMALL), type=Footage).digest == SMALL.digest


@pytest.mark.parametrize("wrong", [{"width": 161}, {"height": 20}, {"fps": 0}, {"distance_m": 0}, {"name": "../x"}])
def test_what_cannot_be_filmed_is_refused(wrong):
    """Odd sizes, impossible rates and names that lead elsewhere are a ValueError."""
    with pytest.raises(ValueError, match="cannot"):
        replace(SMALL, **wrong)
