"""fleet.toml: what is wrong in it is said all at once."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.settings import load_settings
from fleet.settings import FleetSettings


def write(tmp_path: Path, text: str) -> Path:
    """A configuration file."""
    path = tmp_path / "fleet.toml"
    path.write_text(text)
    return path


def test_little_is_enough(tmp_path: Path):
    """Only the first release must be named; the database is SQLite in the state directory."""
    settings = load_settings(FleetSettings, write(tmp_path, '[release]\ninitial = "/srv/release"\n'))
    assert settings.fleet.database_url == "sqlite:////var/lib/posefleet-fleet/fleet.sqlite"
    assert settings.rounds.strategy == "fedavg"


def test_every_problem_at_once(tmp_path: Path):
    """A typing error, a missing key and values out of bounds are each one line, with what was meant."""
    path = write(
        tmp_path,
        '[rounds]\nquorun = 2\ngoal = 0\nstrategy = "fedavgm"\n[fleet]\nname = "My Fleet"\n[gate]\ntolerance = -1\n',
    )
    with pytest.raises(ConfigError) as caught:
        load_settings(FleetSettings, path)
    text = str(caught.value)
    assert len(text.splitlines()) == 6
    for part in ("did you mean 'quorum'?", "[rounds] goal", "known are fedavg", "[fleet] name", "tolerance", "release"):
        assert part in text


def test_quorum_above_goal_is_refused(tmp_path: Path):
    """A round that could never close with a quorum is a configuration error."""
    path = write(tmp_path, '[release]\ninitial = "r"\n[rounds]\ngoal = 2\nquorum = 3\n')
    with pytest.raises(ConfigError, match="quorum 3 is above goal 2"):
        load_settings(FleetSettings, path)


def test_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """POSEFLEET_ROUNDS__GOAL sets [rounds] goal."""
    monkeypatch.setenv("POSEFLEET_ROUNDS__GOAL", "7")
    settings = load_settings(FleetSettings, write(tmp_path, '[release]\ninitial = "r"\n[rounds]\ngoal = 3\n'))
    assert settings.rounds.goal == 7
