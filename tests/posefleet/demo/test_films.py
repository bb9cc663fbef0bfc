"""The demo's cast."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posefleet.demo.films import cast, shorten, split_among
from posefleet.demo.plan import QUICK, WEAK_ACTIONS, Plan
from training.datasets.recording import Recording


def test_everybody_has_one_role():
    """Nobody who trains, validates or lives with a device is among the people of the final figures."""
    for plan in (Plan(), QUICK):
        roles = [*plan.training, *plan.validation, *plan.test, *plan.devices.values()]
        assert len(set(roles)) == len(roles)


def test_only_one_training_person_shows_the_weak_actions():
    """The first model hardly knows the weak actions; validation, test and devices' people do all."""
    films = cast(Plan())
    teachers = [
        one.subject for one in films.training if set(WEAK_ACTIONS) & {part.action for part in one.script.actions()}
    ]
    assert teachers == [Plan().weak_teacher]
    for one in [*films.validation, *films.test, *films.lessons.values(), *films.cameras.values()]:
        assert set(WEAK_ACTIONS) <= {part.action for part in one.script.actions()}


def test_a_shortened_action_keeps_its_beginning():
    """Of each stretch of a weak action only the first seconds stay; everything else is untouched."""
    labels = np.array([0] * 20 + [1] * 40 + [0] * 20 + [2] * 20)
    recording = Recording(
        "r", "anna", np.arange(100) / 10, np.zeros((100, 33, 4), np.float32), labels, ("background", "clap", "wave")
    )
    short = shorten(recording, ["clap"], 1.5)
    assert (short.labels == 1).sum() == 15
    assert (short.labels != 1).sum() == 60
    assert short.times[short.labels == 1].max() < 3.5


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_a_split_leaves_no_action_without_an_owner(seed, alpha):
    """However skewed, some device has all its windows of each action, and shares are shares."""
    shares = split_among(["a", "b", "c"], ["clap", "wave"], seed=seed, alpha=alpha)
    for action in ("clap", "wave"):
        assert max(shares[device][action] for device in shares) == 1
        assert all(0 <= shares[device][action] <= 1 for device in shares)
