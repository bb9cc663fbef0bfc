"""Names of classes, from anybody's folder to an event."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.messages import Label
from tests.training.plays import play
from training.datasets.labels import LABEL, check_labels, label_of, with_labels

PATTERN = next(one.pattern for one in Label.__metadata__ if one.pattern)


@given(st.text(max_size=100))
def test_every_name_becomes_a_label_or_is_refused(name):
    """Whatever a class is called, events can carry what it becomes; naming it again changes nothing."""
    try:
        label = label_of(name)
    except InputError:
        assert not re.search("[A-Za-z0-9]", name)
        return
    assert re.fullmatch(PATTERN, label)
    assert label_of(label) == label
    check_labels([label])


def test_labels_read_as_the_names_did():
    """Spaces, capitals and accents go, and what was written stays recognisable."""
    assert [label_of(one) for one in ("Draw X", "side-boxing", "Trébucher (gauche)", "A001")] == [
        "draw_x",
        "side-boxing",
        "trebucher_gauche",
        "a001",
    ]


def test_the_pattern_is_that_of_events():
    """A name is refused before training exactly if a release would refuse it."""
    assert f"^{LABEL.pattern}$" == PATTERN
    with pytest.raises(InputError, match="'draw x'"):
        check_labels(["background", "draw x"])


def test_two_names_never_become_one():
    """Classes that would be one afterwards are refused by name; others keep their frames."""
    one = play(script=(("wave", 1.0),), classes=("background", "Wave", "wave"))
    with pytest.raises(InputError, match="Wave and wave would both be wave"):
        with_labels(one)
    kept = with_labels(dataclasses.replace(one, classes=("background", "Wave", "Bow!")))
    assert kept.classes == ("background", "wave", "bow")
