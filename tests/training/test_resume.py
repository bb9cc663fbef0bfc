"""The state of an unfinished run."""

import numpy as np
import pytest

from core.errors import InputError
from training.choice import Kept
from training.resume import Run, fingerprint, load_run, save_run

RUN = Run(
    3,
    Kept(0.75, 2, {"logits/bias": np.array([1, 2], np.float32)}, 0.8, 1),
    {"optimizer/000": np.array(7, np.int64), "network/000": np.ones((2, 3), np.float32)},
)


def test_a_run_survives_its_file(tmp_path):
    """What was saved is loaded, to the bit and of the same kind."""
    save_run(tmp_path / "run.npz", RUN, "mark")
    loaded = load_run(tmp_path / "run.npz", "mark")
    assert (loaded.epoch, loaded.kept.accuracy, loaded.kept.epoch) == (3, 0.75, 2)
    assert (loaded.kept.highest, loaded.kept.improved) == (0.8, 1)
    for found, saved in ((loaded.trainer, RUN.trainer), (loaded.kept.weights, RUN.kept.weights)):
        assert found.keys() == saved.keys()
        assert all(found[name].dtype == saved[name].dtype for name in saved)
        assert all(np.array_equal(found[name], saved[name]) for name in saved)


def test_without_a_file_there_is_nothing_to_resume(tmp_path):
    """Where nothing was interrupted, a run begins anew."""
    assert load_run(tmp_path / "run.npz", "mark") is None


def test_another_runs_state_is_refused(tmp_path):
    """The state of a run with other options or data is refused, and the sentence says what to do."""
    save_run(tmp_path / "run.npz", RUN, "mark")
    with pytest.raises(InputError, match=r"other options or other data; .* without --resume"):
        load_run(tmp_path / "run.npz", "another")


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_a_damaged_state_is_refused(tmp_path, keep):
    """A file that was cut short is one sentence that names it."""
    save_run(tmp_path / "run.npz", RUN, "mark")
    (tmp_path / "run.npz").write_bytes((tmp_path / "run.npz").read_bytes()[:keep])
    with pytest.raises(InputError, match=r"run\.npz: the interrupted run cannot be read"):
        load_run(tmp_path / "run.npz", "mark")


def test_a_fingerprint_depends_on_options_and_data():
    """Another text, number, shape or kind of number gives another fingerprint; equal ones the same."""
    numbers = np.arange(6, dtype=np.float32)
    marks = [
        fingerprint("a", numbers),
        fingerprint("b", numbers),
        fingerprint("a", numbers + 1),
        fingerprint("a", numbers.reshape(2, 3)),
        fingerprint("a", numbers.astype(np.float64)),
        fingerprint("a", numbers, numbers),
    ]
    assert len(set(marks)) == len(marks)
    assert fingerprint("a", numbers.copy()) == marks[0]
