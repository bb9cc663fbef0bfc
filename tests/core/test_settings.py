"""One settings style: every error at once, with a remedy."""

import pytest
from pydantic import Field, SecretStr

from core.errors import ConfigError
from core.settings import Section, Settings, credential, load_settings


class Inner(Section):
    host: str = "localhost"
    port: int = Field(default=1883, ge=1)


class Sample(Settings):
    mqtt: Inner = Inner()
    name: str


def load(tmp_path, text):
    path = tmp_path / "sample.toml"
    path.write_text(text)
    return load_settings(Sample, path)


def test_every_problem_is_reported_at_once(tmp_path):
    """One run tells all that is wrong, a line each, with the section and the key."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "[mqtt]\nhots = 'a'\nport = 0\n[mqttt]\nx = 1\n")
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert any("[mqtt] hots: unknown key; did you mean 'host'?" in line for line in lines)
    assert any("[mqtt] port" in line and "found 0" in line for line in lines)
    assert any("mqttt: unknown key; did you mean 'mqtt'?" in line for line in lines)
    assert any("name: missing" in line and "POSEFLEET_NAME" in line for line in lines)


def test_a_key_in_the_wrong_section_is_sent_to_the_right_one(tmp_path):
    """A known key at the top is said to belong into its section."""
    with pytest.raises(ConfigError, match=r"did you mean \[mqtt\] port\?"):
        load(tmp_path, "name = 'a'\nport = 1\n")


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    """POSEFLEET_SECTION__KEY overrides what the file says, one key at a time."""
    monkeypatch.setenv("POSEFLEET_MQTT__HOST", "broker")
    sample = load(tmp_path, "name = 'a'\n[mqtt]\nhost = 'file'\nport = 7\n")
    assert (sample.mqtt.host, sample.mqtt.port) == ("broker", 7)


@pytest.mark.parametrize(("text", "says"), [("name = ", "not valid TOML"), ("\x00", "not valid TOML")])
def test_files_that_are_no_toml_are_named(tmp_path, text, says):
    """Broken syntax is reported with the file and the place."""
    with pytest.raises(ConfigError, match=says):
        load(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    """A configuration that is not there is reported with what to do."""
    with pytest.raises(ConfigError, match="--config"):
        load_settings(Sample, tmp_path / "absent.toml")


def test_credentials_come_from_systemd_and_stay_secret(tmp_path, monkeypatch):
    """A credential file is read, and its content does not show in a repr."""
    (tmp_path / "mqtt-password").write_text("hush\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    secret = credential("mqtt-password")
    assert isinstance(secret, SecretStr)
    assert secret.get_secret_value() == "hush"
    assert "hush" not in repr(secret)
    assert credential("other") is None
