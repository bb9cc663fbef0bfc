"""The units are what systemd understands, and say what the daemons rely on."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[2] / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_verify_is_silent(unit: Path, tmp_path: Path):
    """`systemd-analyze verify` has nothing to say about a unit; its exit code alone would say nothing."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    # Verify also looks for the program, which only an installed package has.
    text = unit.read_text().replace("/opt/posefleet/bin/posefleet", shutil.which("true") or "/bin/true")
    copy = tmp_path / unit.name
    copy.write_text(text)
    result = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    about_ours = [line for line in (result.stdout + result.stderr).splitlines() if "posefleet" in line]
    assert about_ours == []
    assert result.returncode == 0


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_unit_has_the_life_cycle_that_the_daemons_implement(unit: Path):
    """Both services are Type=notify with a watchdog, an own user, an own state directory and a credential."""
    service = _section(unit)
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 0
    assert service["DynamicUser"] == "yes"
    assert service["StateDirectory"] == unit.stem
    assert service["LoadCredential"].startswith("mqtt-password:")
    assert service["Restart"] == "always"


def _section(unit: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(unit)
    return parser["Service"]
