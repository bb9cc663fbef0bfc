"""A release, recordings and what taught it, up to the report."""

import dataclasses

import pytest

from core.bundle import WEIGHTS
from core.errors import InputError
from tests import tiny
from tests.training.plays import PLAY, play
from training.evaluation.assess import assess, choose
from training.provenance import Provenance, Taught
from training.report import Level, verdict

CLIPS = [play(f"{who}_{action}", who, ((action, 3.0),)) for who in ("ann", "ben", "cem") for action in tiny.LABELS]


def taught_by(bundle, *people, clips=False, digest=None):
    """A note that these people taught the release."""
    return Provenance(
        weights_sha256=digest or bundle.manifest.files[WEIGHTS].sha256,
        clips=clips,
        training=tuple(Taught(name=f"{one}_1", source=f"{one}_1", subject=one) for one in people),
        validation=(),
    )


@pytest.fixture(scope="module")
def evaluation(bundle):
    """Ann taught; ben and cem are judged."""
    films = [play(f"{who}_1", who) for who in ("ann", "ben", "cem")]
    return assess(bundle, films, source="films", provenance=taught_by(bundle, "ann"))


def test_only_people_whom_training_never_saw_are_judged(evaluation):
    """Whoever taught the model is left out of every figure."""
    assert evaluation.people == ["ben", "cem"]
    assert set(evaluation.report.quantized.by_subject) == {"ben", "cem"}
    assert {take.subject for take in evaluation.takes} == {"ben", "cem"}
    assert evaluation.split.optimistic == ""


def test_films_are_judged_as_windows_and_as_events(evaluation):
    """Both actions of both people are found, and the figures of windows stand beside."""
    assert evaluation.kind == "windows"
    assert len(evaluation.stream.touching.found) == 4
    assert evaluation.report.accuracy > 0.8


def test_nobody_else_means_that_the_figures_are_optimistic(bundle):
    """If everybody taught the model, everybody is judged, and the verdict says why not to trust that."""
    found = assess(bundle, [play()], source="films", provenance=taught_by(bundle, "ann"))
    assert "people" in found.split.optimistic
    assert verdict(found).level is Level.DOUBT


def test_a_release_that_learnt_since_is_known_by_its_weights(bundle):
    """The note of other weights than the release's says so in the verdict."""
    found = assess(bundle, [play()], source="films", provenance=taught_by(bundle, "zoe", digest="0" * 64))
    assert found.learnt_since
    assert any("learnt since" in one.text for one in verdict(found).reasons)


def test_a_clip_has_one_answer(bundle):
    """Every clip has one answer where training took them so, and there are no events to find in them."""
    found = assess(bundle, CLIPS, source="clips", provenance=taught_by(bundle, "zoe", clips=True))
    assert (found.kind, found.report.windows, found.stream) == ("clips", len(CLIPS), None)
    assert assess(bundle, CLIPS, source="clips", clips=True).report.windows == len(CLIPS)


def test_pictures_are_windows_in_which_nothing_moves(bundle):
    """Separate pictures are judged one by one."""
    album = dataclasses.replace(play("album", script=(("background", 1.0), ("wave", 1.0))), stills=True)
    found = assess(bundle, [album], source="album")
    assert (found.kind, found.report.windows, found.stream) == ("pictures", 30, None)


def test_what_the_model_does_not_know_is_neither_right_nor_wrong(bundle):
    """Windows of unknown classes are told by their energy only, and the verdict names the classes."""
    classes = ("background", "wave", "squat", "juggle")
    film = play("juggler", "ben", (*PLAY, ("clap", 5.0)), classes=classes)
    film.labels[-75:] = 3
    found = assess(bundle, [play(), film], source="films")
    assert found.unknown == ["juggle"]
    assert found.report.unknown.windows > 0
    assert found.report.classes == tiny.LABELS
    assert any("juggle" in one.text for one in verdict(found).reasons)


def test_nothing_known_is_one_clear_error(bundle):
    """Data that shows nothing which the model knows is refused with what it knows; so are people who are not there."""
    juggler = dataclasses.replace(play(script=(("wave", 4.0),)), classes=("background", "toss", "catch", "juggle"))
    with pytest.raises(InputError, match="knows background, clap, squat, wave"):
        assess(bundle, [juggler], source="films")
    with pytest.raises(InputError, match="zoe is not in the data"):
        choose([play()], None, frozenset({"zoe"}))


def test_both_sides_are_checked_where_both_are_there(bundle):
    """A take of the test side that is a copy of one that taught is found, whatever it is called."""
    copy = dataclasses.replace(play("ann_1", "ann"), name="other_1", subject="ben", source="other_1")
    found = assess(bundle, [play("ann_1", "ann"), copy], source="films", provenance=taught_by(bundle, "ann"))
    assert "same_movement_on_both_sides" in {one.check for one in found.findings}
