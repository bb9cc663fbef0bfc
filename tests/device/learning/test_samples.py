import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from device.learning.samples import SampleStore
from tests import people, tiny

WINDOW = np.random.default_rng(0).random((32, 15, 4), np.float32)


@pytest.fixture
def samples(tmp_path: Path):
    with SampleStore(tmp_path / "samples.sqlite", 1000) as store:
        yield store


def test_windows_come_back_as_they_were(samples: SampleStore):
    """Keypoints come back to the bit, with the class that the labels give, oldest first."""
    keypoints, labels = people.windows(tiny.LABELS, 2)
    for window, label in zip(keypoints, labels, strict=True):
        samples.add(window, tiny.LABELS[label], captured_at=1.0, source="lesson")
    loaded, classes = samples.load(tiny.LABELS, (32, 15))
    np.testing.assert_array_equal(loaded, keypoints)
    np.testing.assert_array_equal(classes, labels)
    assert loaded.dtype == np.float32
    assert samples.count_by_action() == dict.fromkeys(tiny.LABELS, 2)


def test_what_the_model_does_not_know_is_left_out(samples: SampleStore):
    """Other actions, lengths and joints are no samples for a model; none at all is an empty set."""
    samples.add(WINDOW, "dance", captured_at=1.0, source="lesson")
    samples.add(WINDOW[:16], "wave", captured_at=1.0, source="lesson")
    samples.add(np.ones((32, 75, 4), np.float32), "wave", captured_at=1.0, source="lesson")
    keypoints, classes = samples.load(tiny.LABELS, (32, 15))
    assert keypoints.shape == (0, 32, 15, 4)
    assert classes.shape == (0,)
    assert samples.count(tiny.LABELS, (32, 15)) == 0
    assert samples.count(["wave"], (32, 75)) == len(samples.load(["wave"], (32, 75))[0]) == 1
    assert samples.count(["dance"], (32, 15)) == len(samples.load(["dance"], (32, 15))[0]) == 1


def test_the_oldest_go_first(tmp_path: Path):
    """Above the maximum the oldest windows go."""
    with SampleStore(tmp_path / "s.sqlite", 3) as store:
        for number in range(5):
            store.add(np.full_like(WINDOW, number), "wave", captured_at=number, source="lesson")
        assert [int(window[0, 0, 0]) for window in store.load(["wave"], (32, 15))[0]] == [2, 3, 4]


def test_forgetting_erases_the_bytes(tmp_path: Path):
    """After `forget` the keypoints are in none of the store's files; other actions stay."""
    store = SampleStore(tmp_path / "s.sqlite", 10)
    store.add(WINDOW, "wave", captured_at=1.0, source="lesson")
    store.add(WINDOW + 1, "clap", captured_at=2.0, source="lesson")
    secret = WINDOW.tobytes()[100:400]
    assert any(secret in file.read_bytes() for file in tmp_path.iterdir())
    assert store.forget("wave") == 1
    assert not any(secret in file.read_bytes() for file in tmp_path.iterdir())
    assert store.count_by_action() == {"clap": 1}
    assert store.forget(before=1.5) == 0
    assert store.forget() == 1


def test_only_the_owner_can_read_the_files(samples: SampleStore, tmp_path: Path):
    """Keypoints lie in files of mode 0600."""
    samples.add(WINDOW, "wave", captured_at=1.0, source="lesson")
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("wrong", [np.zeros((32, 15, 3), np.float32), np.full((32, 15, 4), np.nan, np.float32)])
def test_what_is_no_window_is_refused(samples: SampleStore, wrong: np.ndarray):
    """Other shapes and NaN are refused."""
    with pytest.raises(ValueError, match="a sample has"):
        samples.add(wrong, "wave", captured_at=1.0, source="lesson")


def test_several_may_write_at_once(tmp_path: Path):
    """The daemon and a lesson may use the same file at the same time."""
    stores = [SampleStore(tmp_path / "s.sqlite", 1000) for _ in range(2)]

    def work(store: SampleStore) -> None:
        for number in range(50):
            store.add(WINDOW, "wave", captured_at=number, source="lesson")

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].count_by_action() == {"wave": 100}
