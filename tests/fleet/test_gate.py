"""The gate: only a model that is no worse passes, and only a file that is what it should be is read."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InputError
from fleet.gate import Evaluation, judge, judge_by_losses, read_evaluation
from fleet.records import Losses
from tests import people, tiny
from tests.conftest import BundleFactory
from tests.fleet.world import Beginning, weakened


@pytest.fixture(scope="module")
def evaluation(beginning: Beginning) -> Evaluation:
    """The operator's file."""
    return read_evaluation(beginning.directory / "evaluation.npz")


@pytest.fixture(scope="module")
def good(bundle_factory: BundleFactory, beginning: Beginning):
    """A better release than the first."""
    return bundle_factory(2, key=beginning.key)


def test_a_better_model_passes_with_its_figures(good, beginning: Beginning, evaluation: Evaluation):
    """Accuracy goes up, the weak action's most of all, and the report says so."""
    report = judge(good, beginning.first, evaluation, tolerance=0, maximum_action_drop=10)
    assert report.passed
    assert report.judged_by == "evaluation"
    assert report.after > report.before
    assert report.actions["wave"].before < 0.5 < report.actions["wave"].after
    assert sum(one.windows for one in report.actions.values()) == len(evaluation)
    mean = sum(one.windows * one.after for one in report.actions.values()) / len(evaluation)
    assert report.after == pytest.approx(mean)
    assert report.agreement > 0.97


def test_a_worse_model_fails_unless_tolerated(good, beginning: Beginning, evaluation: Evaluation):
    """The weaker model in place of the better one is refused; within the tolerance it passes."""
    strict = judge(beginning.first, good, evaluation, tolerance=0, maximum_action_drop=100)
    assert not strict.passed
    assert "fell from" in strict.reason
    assert judge(beginning.first, good, evaluation, tolerance=60, maximum_action_drop=100).passed


def test_one_lost_action_fails_a_model(good, beginning: Beginning):
    """A model that gives up one action is refused even where overall accuracy is tolerated."""
    keypoints, y = people.windows(tiny.LABELS, 25, seed=6)
    many = Evaluation(keypoints, np.asarray(y, np.int64), tiny.LABELS)
    report = judge(beginning.first, good, many, tolerance=100, maximum_action_drop=25)
    assert not report.passed
    assert "accuracy on wave" in report.reason


def test_an_equal_model_passes(good, evaluation: Evaluation):
    """No better and no worse is good enough."""
    assert judge(good, good, evaluation, tolerance=0, maximum_action_drop=0).passed


def test_labels_are_matched_by_name(good, beginning: Beginning, evaluation: Evaluation):
    """A file that numbers its actions otherwise gives the same verdict; one with strange actions is refused."""
    order = [2, 0, 3, 1]
    renumbered = Evaluation(
        evaluation.keypoints,
        np.array([order.index(index) for index in evaluation.y]),
        tuple(evaluation.labels[index] for index in order),
    )
    expected = judge(good, beginning.first, evaluation, tolerance=0, maximum_action_drop=25)
    assert judge(good, beginning.first, renumbered, tolerance=0, maximum_action_drop=25) == expected
    strange = Evaluation(evaluation.keypoints, evaluation.y, ("background", "clap", "squat", "dance"))
    with pytest.raises(InputError, match="dance"):
        judge(good, good, strange, tolerance=0, maximum_action_drop=25)


def test_windows_of_another_length_are_refused(good, evaluation: Evaluation):
    """A file made for another model is an error that says so."""
    short = Evaluation(evaluation.keypoints[:, :20], evaluation.y, evaluation.labels)
    with pytest.raises(InputError, match="20 frames"):
        judge(good, good, short, tolerance=0, maximum_action_drop=25)


def test_losses_decide_without_a_file():
    """The devices' losses, weighted by samples, decide, and the report says that they did."""
    better = judge_by_losses([Losses(100, 1.0, 0.5), Losses(10, 0.5, 1.0)])
    assert better.passed
    assert better.after == pytest.approx((100 * 0.5 + 10 * 1.0) / 110)
    assert "no evaluation file" in better.reason
    assert not judge_by_losses([Losses(10, 1.0, 0.5), Losses(100, 0.5, 1.0)]).passed


GOOD = {
    "keypoints": np.zeros((3, 32, 15, 4), np.float32),
    "y": np.array([0, 1, 1]),
    "labels": np.array(["background", "wave"]),
}
BROKEN = {
    "no y": {"y": None},
    "float64": {"keypoints": np.zeros((3, 32, 15, 4))},
    "without scores": {"keypoints": np.zeros((3, 32, 15, 3), np.float32)},
    "NaN": {"keypoints": np.full((3, 32, 15, 4), np.nan, np.float32)},
    "none": {"keypoints": np.zeros((0, 32, 15, 4), np.float32), "y": np.zeros(0, int)},
    "another number of answers": {"y": np.array([0, 1])},
    "an unknown class": {"y": np.array([0, 1, 2])},
    "a negative class": {"y": np.array([0, 1, -1])},
    "answers between classes": {"y": np.array([0, 0.5, 1])},
    "pickled labels": {"labels": np.array(["background", "wave"], object)},
    "equal labels": {"labels": np.array(["wave", "wave"])},
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_file_with_one_fault_is_refused(tmp_path: Path, fault: str):
    """Each fault of an evaluation file is one error that names the file."""
    arrays = {name: array for name, array in (GOOD | BROKEN[fault]).items() if array is not None}
    np.savez(tmp_path / "evaluation.npz", **arrays)
    with pytest.raises(InputError, match=r"evaluation\.npz"):
        read_evaluation(tmp_path / "evaluation.npz")


def test_a_missing_file_and_a_bomb_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file that is not there, and a small one that unpacks to a huge one, are errors before memory is taken."""
    monkeypatch.setattr("fleet.gate.MAX_EVALUATION_BYTES", 2**20)
    with pytest.raises(InputError):
        read_evaluation(tmp_path / "nothing.npz")
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("keypoints.npy", bytes(2**21))
    with pytest.raises(InputError, match="unpacks to"):
        read_evaluation(tmp_path / "bomb.npz")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4))
def test_damaged_files_are_refused_or_harmless(tmp_path: Path, changes: list[tuple[float, int]]):
    """A file with some bytes changed is refused as unreadable, or still is a valid file; nothing else happens."""
    path = tmp_path / "evaluation.npz"
    np.savez_compressed(path, **GOOD)
    data = bytearray(path.read_bytes())
    for place, change in changes:
        data[int(place * len(data))] ^= change
    path.write_bytes(data)
    try:
        assert len(read_evaluation(path)) >= 1
    except InputError as error:
        assert "evaluation.npz" in str(error)


def test_weakened_helper_weakens(trained_weights):
    """What these tests rest on: the first model of the tests differs from the good one in one bias only."""
    weak = weakened(trained_weights)
    differing = [name for name in weak if not np.array_equal(weak[name], trained_weights[name])]
    assert differing == ["logits/bias"]
