"""Splits: disjoint, complete, nested, and honest about themselves."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from training.datasets.halves import halves
from training.datasets.recording import Recording
from training.datasets.splits import (
    Unit,
    as_published,
    by_recording,
    by_subject,
    k_folds,
    leave_one_subject_out,
    main_label,
    random_split,
    units,
    windows_of,
    with_validation,
)


def unit(subject: str, take: str = "", parts: tuple[str, ...] = ()) -> Unit:
    return Unit(take or f"take of {subject}", subject, "wave", 0.0, 10.0, parts)


@st.composite
def crowds(draw) -> list[Unit]:
    """Two to eight people with one to four takes each, in any order."""
    people = draw(st.lists(st.integers(1, 4), min_size=2, max_size=8))
    everyone = [unit(f"p{i}", f"p{i}t{take}") for i, takes in enumerate(people) for take in range(takes)]
    return draw(st.permutations(everyone))


SEEDS = st.integers(0, 2**31)
SHARES = st.floats(0.01, 0.99)


@given(crowds(), SEEDS, SHARES)
def test_sides_are_disjoint_cover_everything_and_keep_people_apart(everyone, seed, share):
    """Every unit is on exactly one side, nobody is on both, and neither side is empty."""
    split = by_subject(everyone, share=share, seed=seed)
    assert sorted([*split.train, *split.test]) == list(range(len(everyone)))
    assert split.train
    assert split.test
    assert not {everyone[i].subject for i in split.train} & {everyone[i].subject for i in split.test}
    assert split.optimistic == ""


@given(crowds(), SEEDS, SHARES)
def test_validation_comes_out_of_the_training_people_only(everyone, seed, share):
    """The test side is untouched; training and validation share nobody and make up what training was."""
    split = leave_one_subject_out(everyone)[0]
    if len({everyone[i].source for i in split.train}) < 2:
        return
    nested = with_validation(split, everyone, share=share, seed=seed)
    assert nested.test == split.test
    assert sorted([*nested.train, *nested.validation]) == sorted(split.train)
    assert nested.train
    assert nested.validation
    if len({everyone[i].subject for i in split.train}) > 1:
        assert not {everyone[i].subject for i in nested.train} & {everyone[i].subject for i in nested.validation}
    else:
        assert not {everyone[i].source for i in nested.train} & {everyone[i].source for i in nested.validation}


@given(crowds(), st.integers(2, 8), SEEDS, st.sampled_from(["subject", "recording"]))
def test_every_unit_is_tested_in_exactly_one_fold(everyone, k, seed, by):
    """The folds' test sides add up to everything, each unit once, with no group on both sides."""
    groups = [one.subject if by == "subject" else one.source for one in everyone]
    if k > len(set(groups)):
        with pytest.raises(InputError, match=f"{k} folds cannot be made"):
            k_folds(everyone, k, by=by)
        return
    folds = k_folds(everyone, k, by=by, seed=seed)
    assert sorted(i for fold in folds for i in fold.test) == list(range(len(everyone)))
    for fold in folds:
        assert not {groups[i] for i in fold.train} & {groups[i] for i in fold.test}
        assert sorted([*fold.train, *fold.test]) == list(range(len(everyone)))


@given(crowds())
def test_everybody_is_left_out_once(everyone):
    """There is one split for every person, and it tests all of that person's takes and nothing else."""
    splits = leave_one_subject_out(everyone)
    people = sorted({one.subject for one in everyone})
    assert [{one.subject for one in split.pick(everyone, "test")} for split in splits] == [{one} for one in people]


@given(crowds(), SEEDS)
def test_the_same_seed_gives_the_same_split(everyone, seed):
    """Splits are pure."""
    assert by_subject(everyone, seed=seed) == by_subject(everyone, seed=seed)
    assert random_split(everyone, seed=seed) == random_split(everyone, seed=seed)


@given(crowds(), SEEDS, SHARES)
def test_a_random_split_always_says_that_it_flatters(everyone, seed, share):
    """Even one that happens to keep people apart carries the label in its text, and validation keeps it."""
    split = random_split(everyone, share=share, seed=seed)
    assert sorted([*split.train, *split.test]) == list(range(len(everyone)))
    assert "(optimistic: " in str(split)
    shared = {everyone[i].subject for i in split.train} & {everyone[i].subject for i in split.test}
    assert ("the same people" in split.optimistic) == bool(shared)


def test_takes_kept_apart_do_not_hide_that_people_are_not():
    """A split by recording within one person is labelled; by recording with one take each it is honest."""
    assert "same people" in str(by_recording([unit("anna", f"take {i}") for i in range(4)]))
    assert str(by_recording([unit("anna"), unit("ben")])) == "by recording"


def test_windows_of_one_take_leak_when_they_are_drawn():
    """Overlapping windows split at random have their take on both sides; by recording they have not."""
    windows = windows_of([unit("anna"), unit("ben")], length_s=2, stride_s=0.5)
    assert len(windows) == 2 * 17
    assert max(one.ended_at for one in windows) == 10
    assert "takes" in random_split(windows).optimistic
    assert by_recording(windows).optimistic == ""


def test_published_splits_are_found_by_name():
    """Parts that belong together are a split; `val` validates only where there is a `test`."""
    everyone = [
        unit("a", parts=("xsub_train", "train")),
        unit("b", parts=("xsub_val", "val")),
        unit("c", parts=("test",)),
    ]
    xsub = as_published(everyone, "xsub")
    assert (str(xsub), xsub.train, xsub.validation, xsub.test) == ("as published: xsub", (0,), (), (1,))
    plain = as_published(everyone)
    assert (plain.train, plain.validation, plain.test) == ((0,), (1,), (2,))
    with pytest.raises(
        InputError, match="no split 'xview' was published with this data; there is: the unnamed one, xsub"
    ):
        as_published(everyone, "xview")


def test_lists_of_people_come_from_a_file(tmp_path):
    """Numbers mean the people whose names end in them; all others are tested."""
    path = tmp_path / "two_splits.json"
    path.write_text(json.dumps({"train_subjects": [[1, 3], ["s02"]]}))
    everyone = [unit(f"s{i:02}") for i in (1, 2, 3)]
    splits = halves(everyone, path)
    assert [(str(one), one.train, one.test) for one in splits] == [
        ("two_splits 1", (0, 2), (1,)),
        ("two_splits 2", (1,), (0, 2)),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not {"),
        ('{"people": []}', "not {"),
        ('{"train_subjects": [[9]]}', "split 1: 9 is not among"),
        ('{"train_subjects": [[1, 2]]}', "nobody is left to test"),
        (None, "cannot be read"),
    ],
)
def test_bad_lists_are_explained(tmp_path, content, says):
    """One sentence names the file and what is wrong."""
    path = tmp_path / "halves.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=f"halves.json.*{says}"):
        halves([unit("s01"), unit("s02")], path)


@pytest.mark.parametrize("make", [by_subject, by_recording, random_split, leave_one_subject_out])
def test_one_unit_cannot_be_split(make):
    """A split that would have an empty side is one clear sentence."""
    with pytest.raises(InputError, match=r"needs at least two|would be empty"):
        make([unit("anna")])


def test_somebody_who_is_not_there_is_named():
    """A misspelt name is an error, with the names there are."""
    with pytest.raises(InputError, match="subject zoe is not in the data, which has anna, ben"):
        by_subject([unit("anna"), unit("ben")], test=["zoe"])


def test_a_recording_is_known_by_what_it_shows_most():
    """A little action outweighs much background; a recording of nothing else is background."""
    made = Recording(
        "r",
        "anna",
        np.arange(5.0),
        np.zeros((5, 33, 4), "f4"),
        np.array([0, 0, 0, 1, 2]),
        ("background", "clap", "wave"),
    )
    assert main_label(made) == "clap"
    assert units([made])[0] == Unit("r", "anna", "clap", 0.0, 4.0)
