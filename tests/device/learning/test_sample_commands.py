import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from core.bundle import Bundle
from core.errors import UnavailableError
from device.database import open_database
from device.learning.sample_commands import forget, overview_table
from device.learning.samples import SampleStore
from device.settings import DeviceSettings
from tests.device.looping import loop_settings

WINDOW = np.random.default_rng(1).random((32, 15, 4), np.float32)


@pytest.fixture
def settings(tmp_path: Path, bundle: Bundle) -> DeviceSettings:
    return loop_settings(tmp_path, bundle)


@pytest.fixture
def store(settings: DeviceSettings):
    with SampleStore(settings.device.state_directory / "samples.sqlite", 100) as opened:
        yield opened


def shown(settings: DeviceSettings) -> str:
    text = io.StringIO()
    Console(file=text, width=100).print(overview_table(settings))
    return text.getvalue()


def test_the_overview_has_a_row_for_action_and_source(settings: DeviceSettings, store: SampleStore):
    """Actions, how many windows, where the labels come from and from when are shown; keypoints are not."""
    for action, source in (("wave", "lesson"), ("wave", "lesson"), ("wave", "label"), ("clap", "lesson")):
        store.add(WINDOW, action, captured_at=86400.0 * 365 * 30, source=source)
    rows = [line.split("│")[1:4] for line in shown(settings).splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["clap", "1", "lesson"],
        ["wave", "1", "label"],
        ["wave", "2", "lesson"],
    ]
    assert "1999-12" in shown(settings)


def test_without_samples_nothing_is_made(settings: DeviceSettings):
    """Listing and forgetting on a board that has learned nothing make no file."""
    assert "wave" not in shown(settings)
    assert forget(settings, None) == 0
    assert not (settings.device.state_directory / "samples.sqlite").exists()


def test_what_is_forgotten_is_gone_from_every_file(settings: DeviceSettings, store: SampleStore):
    """Samples are erased to the byte while the daemon has the file open; forgetting all takes damaged files, too."""
    state = settings.device.state_directory
    store.add(WINDOW, "wave", captured_at=1.0, source="lesson")
    store.add(WINDOW, "wave", captured_at=9.0, source="lesson")
    store.add(WINDOW + 1, "clap", captured_at=1.0, source="lesson")
    (state / "samples.sqlite.damaged-1").write_bytes(WINDOW.tobytes())
    assert forget(settings, "wave", before=5.0) == 1
    assert store.count_by_action() == {"clap": 1, "wave": 1}
    assert forget(settings, None) == 2
    needle = WINDOW.tobytes()[200:500]
    assert not any(needle in file.read_bytes() for file in state.iterdir() if file.is_file())
    assert not list(state.glob("*.damaged-*"))


def test_samples_that_are_being_read_are_said_to_be(
    settings: DeviceSettings, store: SampleStore, monkeypatch: pytest.MonkeyPatch
):
    """While somebody reads them their bytes cannot be overwritten: that is an error, and the next try erases them."""
    monkeypatch.setattr("device.database._BUSY_S", 0.1)
    store.add(WINDOW, "wave", captured_at=1.0, source="lesson")
    reader = open_database(settings.device.state_directory / "samples.sqlite", "")
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM samples").fetchone()
    with pytest.raises(UnavailableError, match="forget them again"):
        forget(settings, None)
    reader.close()
    forget(settings, None)
    needle = WINDOW.tobytes()[200:500]
    state = settings.device.state_directory
    assert not any(needle in file.read_bytes() for file in state.iterdir() if file.is_file())
