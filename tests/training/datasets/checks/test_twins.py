"""The same movement twice."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.skeleton import MEDIAPIPE33
from tests.outside import real_data
from tests.training.datasets.checks.makers import clean, recording, with_joints
from training.datasets.checks import check, check_split, check_twins
from training.datasets.checks.twins import duplicates, twins
from training.datasets.recording import Recording
from training.datasets.splits import Split, by_subject, judge, random_split, units, windows_of

RECORDINGS = clean()


def mirrored(joints):
    """As a mirror somewhere shows it, after a little rounding."""
    joints = joints[:, list(MEDIAPIPE33.mirror)].copy()
    joints[..., 0] = 1.7 - joints[..., 0]
    return joints.astype(np.float16).astype(np.float32)


def window(one, start: int, stop: int, name: str):
    """Some frames of a recording as a recording of its own."""
    return replace(one, name=name, times=one.times[start:stop], joints=one.joints[start:stop],
                   labels=one.labels[start:stop], source=name)  # fmt: skip


@given(st.sets(st.integers(0, len(RECORDINGS) - 1)), st.integers(0, 2**31))
def test_exactly_the_copies_are_found(copied, seed):
    """Every recording that is there twice is found once, wherever it stands, and no others are."""
    every = [*enumerate(RECORDINGS), *((i, replace(RECORDINGS[i], name=f"copy {i}")) for i in copied)]
    order = np.random.default_rng(seed).permutation(len(every))
    shuffled = [every[i] for i in order]
    pairs = twins([one for _, one in shuffled])
    assert sorted(shuffled[twin.first][0] for twin in pairs) == sorted(copied)
    assert all(shuffled[twin.first][0] == shuffled[twin.second][0] and twin.kind == "copy" for twin in pairs)


def test_mirror_images_are_found_wherever_the_mirror_stood():
    """A mirrored, shifted and rounded copy is found; two people who do the same are not each other's mirror image."""
    [finding] = duplicates([*RECORDINGS, with_joints(RECORDINGS[4], mirrored, name="mirrored")])
    assert finding.check == "mirrored_duplicates"
    assert finding.where == f"{RECORDINGS[4].name} = mirrored"


def test_overlapping_windows_are_found_unless_they_say_that_they_are_one_take():
    """Windows that share frames are found as such; with a common source splits keep them together and all is well."""
    long = recording("wave", "p9", seed=9, seconds=8.0)
    windows = [window(long, start, start + 30, f"w{start}") for start in range(0, 90, 10)]
    [finding] = duplicates([*RECORDINGS, *windows])
    assert finding.check == "overlapping_windows"
    assert finding.reason.startswith("8 pairs")
    assert duplicates([*RECORDINGS, *(replace(one, source="long") for one in windows)]) == []


@pytest.mark.parametrize("change", [lambda j: j, mirrored])
def test_the_same_movement_on_both_sides_is_refused_in_a_split_that_claims_to_be_honest(change):
    """Another name and another person's name do not hide it; at random it is a warning."""
    everyone = [*RECORDINGS, with_joints(RECORDINGS[0], change, name="again", source="again", subject="p2")]
    honest = by_subject(units(everyone), test=["p2"])
    assert check_split(honest, units(everyone)) == []
    [finding] = check_twins(honest, everyone)
    assert (finding.severity, finding.where) == ("refuse", "clap-p0-0 = again")
    [finding] = check_twins(replace(honest, drawn=True), everyone)
    assert finding.severity == "warn"
    assert check_twins(by_subject(units(RECORDINGS), test=["p2"]), RECORDINGS) == []


def test_overlapping_windows_across_a_split_are_named():
    """Windows of one take on both sides: a warning where they were drawn, a refusal where they were not."""
    windows = windows_of(units(RECORDINGS), length_s=2.0, stride_s=0.25)
    drawn = random_split(windows)
    overlap, people = check_split(drawn, windows)
    assert (overlap.severity, overlap.check) == ("warn", "overlap_across_split")
    assert (people.severity, people.check) == ("warn", "subject_on_both_sides")
    claimed = judge(Split("mine", drawn.train, drawn.test), windows)
    assert check_split(claimed, windows)[0].severity == "refuse"
    apart = by_subject(windows)
    assert check_split(apart, windows) == []


def test_a_take_on_both_sides_is_named_even_if_no_moment_is():
    """The two halves of one recording are one recording."""
    first, second = windows_of(units(RECORDINGS[:1]), length_s=1.5, stride_s=2.0)
    finding, _ = check_split(judge(Split("halves", (0,), (1,)), [first, second]), [first, second])
    assert (finding.severity, finding.check) == ("refuse", "recording_on_both_sides")


@pytest.mark.real_data
def test_published_recordings_that_were_cut_into_overlapping_windows_are_warned_about():
    """A public set of one continuous take a class: both the takes and a random split of their windows are named."""
    folder = real_data("refuse/leaky_windows")
    takes = []
    for number, path in enumerate(sorted(folder.glob("*.txt"))):
        joints = np.genfromtxt(path, delimiter=",", skip_header=1)[:, 1:].reshape(-1, 33, 4)
        labels = np.full(len(joints), number + 1)
        classes = ("background", "body swing", "hand swing", "swing")
        takes.append(Recording(path.stem, "one", np.arange(len(joints)) / 30, joints.astype("f4"), labels, classes))
    [finding] = [one for one in check(takes) if one.check == "one_take"]
    assert finding.severity == "warn"
    assert "3 classes come from one continuous recording each" in finding.reason
    windows = windows_of(units(takes), length_s=10 / 30, stride_s=1 / 30)
    overlap = check_split(random_split(windows), windows)[0]
    assert (overlap.severity, overlap.check) == ("warn", "overlap_across_split")
