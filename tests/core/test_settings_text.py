import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import load_settings
from core.settings_text import commented, effective, mask, to_toml
from core.signing import SigningKey
from device.settings import DeviceSettings

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


def values() -> dict[str, dict[str, object]]:
    return {
        "device": {"site": "home", "name": "kitchen"},
        "model": {"directory": Path("/releases/1"), "public_key": SigningKey.generate().public},
        "camera": {"url": "rtsp://user:se/cr@et@10.0.0.7/stream?key=hidden", "crop": (0.0, 0.25, 1.0, 1.0)},
    }


@given(VALUES)
def test_toml_reads_every_value_as_it_was(value: object):
    """What is written as TOML is the same value to a reader of TOML."""
    assert tomllib.loads(f"value = {to_toml(value)}\n")["value"] == value


def test_a_commented_file_is_a_configuration_with_every_key_in_it(tmp_path: Path):
    """The file loads to the given values and defaults, and names every key of every section with its docstring."""
    given_values = values()
    path = tmp_path / "device.toml"
    path.write_text(commented(DeviceSettings, given_values))
    settings = load_settings(DeviceSettings, path)
    assert settings == DeviceSettings(**given_values)
    lines = path.read_text().splitlines()
    for name, field in DeviceSettings.model_fields.items():
        for key, inner in getattr(field.annotation, "model_fields", {}).items():
            if key != "zones":
                assert any(line.removeprefix("# ").startswith(f"{key} =") for line in lines), f"[{name}] {key}"
                assert inner.description, f"[{name}] {key} has no docstring"
    assert "# Port; 8883 with TLS and 1883 without, unless given." in lines


def test_a_line_that_is_commented_in_changes_nothing_but_itself(tmp_path: Path):
    """Taking away the comment sign before any default gives the same settings: the defaults shown are the true ones."""
    given_values = values()
    uncommented = [
        line.removeprefix("# ") if line.startswith("# ") and " = " in line and "`" not in line else line
        for line in commented(DeviceSettings, given_values).splitlines()
    ]
    path = tmp_path / "device.toml"
    path.write_text("\n".join(uncommented))
    assert load_settings(DeviceSettings, path) == DeviceSettings(**given_values)


def test_what_is_in_force_is_shown_without_secrets():
    """The effective settings are TOML, mark what is a default, and hold no user, password or key of an address."""
    text = effective(DeviceSettings(**values()))
    shown = tomllib.loads(text)
    assert shown["camera"]["url"] == "rtsp://***@10.0.0.7/stream?***"
    assert shown["mqtt"]["keepalive_s"] == 20
    assert "keepalive_s = 20  # default" in text
    assert 'site = "home"\n' in text
    assert "# password_file is not set" in text
    assert not any(secret in text for secret in ("user:", "se/cr", "et@", "hidden"))


def test_every_zone_and_camera_of_its_own_name_is_shown():
    """Sections with names of the user's own are in the effective settings."""
    door = {"polygon": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]}
    cameras = {"hall": {"url": "0", "zones": {"door": door}}, "yard": {"url": "rtsp://a:b@yard/1"}}
    given_values = {name: section for name, section in values().items() if name != "camera"}
    shown = tomllib.loads(effective(DeviceSettings(**given_values, cameras=cameras)))
    assert shown["cameras"]["hall"]["zones"]["door"]["polygon"] == door["polygon"]
    assert shown["cameras"]["yard"]["url"] == "rtsp://***@yard/1"


@pytest.mark.parametrize("text", ["0", "/films/a@b.mp4", "rtsp://10.0.0.7/stream", "http://host:81/video"])
def test_an_address_without_secrets_is_shown_as_it_is(text: str):
    """Only what stands before an @ or after a ? in an address is masked."""
    assert mask(text) == text
