"""From recordings to a checkpoint: people are split, never windows."""

import numpy as np
import pytest

from core.errors import InputError
from training.datasets.recording import Recording
from training.pipeline import classes_of, split_people, windows_of
from training.train import TrainingConfig


def recordings(*subjects: str) -> list[Recording]:
    return [
        Recording(f"{s}{i}", s, np.arange(2.0), np.zeros((2, 33, 4), "f4"), np.zeros(2, np.int64), ("background", s))
        for s in subjects
        for i in range(2)
    ]  # fmt: skip


def test_nobody_is_on_both_sides():
    """All recordings of a person are in training or all are in validation."""
    inside, held_out = split_people(recordings("anna", "ben", "carl", "dora", "emil"))
    assert {one.subject for one in inside} & {one.subject for one in held_out} == set()
    assert len(inside) + len(held_out) == 10


def test_named_people_validate():
    """Whoever is named validates, and nobody else."""
    _, held_out = split_people(recordings("anna", "ben", "carl"), frozenset({"ben"}))
    assert {one.subject for one in held_out} == {"ben"}


@pytest.mark.parametrize(("people", "named", "says"), [(["anna"], [], "two people"), (["anna", "ben"], ["zoe"], "zoe")])
def test_splits_that_cannot_be_made_are_explained(people, named, says):
    """Too few people, or a name that is not there, is one clear sentence."""
    with pytest.raises(InputError, match=says):
        split_people(recordings(*people), frozenset(named))


def test_background_is_the_first_class():
    """Classes are those of all recordings, by name, with the background in front."""
    assert classes_of(recordings("zoe", "anna")) == ("background", "anna", "zoe")


def test_a_clip_is_one_window_of_all_of_it():
    """Where recordings are clips, each is one window from its first to its last frame, whatever it lasts."""
    config = TrainingConfig(clips=True)
    clips = [clip("anna", frames) for frames in (1, 20, 90)]
    windows = windows_of(clips, config, ("background", "wave"))
    finer = windows_of(clips, config, ("background", "wave"), finer=2)
    assert windows.keypoints.shape == (3, 32, 15, 4)
    assert finer.keypoints.shape == (3, 64, 15, 4)
    assert (windows.labels == 1).all()
    for one, recording in zip(windows.keypoints, clips, strict=True):
        assert np.allclose(one[0, 0, 0], recording.joints[0, 11, 0])
        assert np.allclose(one[-1, 0, 0], recording.joints[-1, 11, 0])
        expected = np.linspace(recording.joints[0, 11, 0], recording.joints[-1, 11, 0], 32)
        assert np.allclose(one[:, 0, 0], expected, atol=1e-5)


def clip(subject: str, frames: int) -> Recording:
    """A person who slides to the right, seen in every frame."""
    joints = np.ones((frames, 33, 4), np.float32)
    joints[..., 0] = np.linspace(0, 0.5, frames)[:, None]
    labels = np.ones(frames, np.int64)
    return Recording(f"{subject}{frames}", subject, np.arange(frames) / 30, joints, labels, ("background", "wave"))
