from pathlib import Path

import pytest

from core.errors import ConfigError
from core.settings import load_settings
from core.signing import SigningKey
from device.settings import DeviceSettings

BASE = '[device]\nsite = "home"\nname = "cam"\n[model]\ndirectory = "m"\npublic_key = "{}"\n'


@pytest.fixture(scope="module")
def key() -> str:
    return SigningKey.generate().public


def load(path: Path, key: str, text: str) -> DeviceSettings:
    path = path / "device.toml"
    path.write_text(BASE.format(key) + text)
    return load_settings(DeviceSettings, path)


def test_one_camera_has_no_name_and_several_have(tmp_path, key):
    """[camera] is one camera without a name, [cameras.NAME] as many as there are, and neither is the board's first."""
    assert list(load(tmp_path, key, "").all_cameras) == [None]
    assert load(tmp_path, key, '[camera]\nurl = "3"').all_cameras[None].url == "3"
    several = load(tmp_path, key, '[cameras.hall]\nurl = "1"\n[cameras.door]\nurl = "2"').all_cameras
    assert {name: camera.url for name, camera in several.items()} == {"hall": "1", "door": "2"}


def test_an_address_may_come_as_a_credential(tmp_path, key, monkeypatch):
    """`credential:NAME` is what systemd hands over of that name; without it, it is said where the address belongs."""
    (tmp_path / "cameras_hall").write_text("rtsp://anna:secret@10.0.0.7/stream\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    hall = load(tmp_path, key, '[cameras.hall]\nurl = "credential:hall"').all_cameras["hall"]
    assert hall.url == "rtsp://anna:secret@10.0.0.7/stream"
    lacking = (
        r"\[camera\] url: /etc/posefleet/cameras/door: the secret cannot be read .* the camera's address, for root"
    )
    with pytest.raises(ConfigError, match=lacking):
        load(tmp_path, key, '[camera]\nurl = "credential:door"')
    with pytest.raises(ConfigError, match=r"'\.\./hall' is not a name"):
        load(tmp_path, key, '[camera]\nurl = "credential:../hall"')


def test_one_and_several_exclude_each_other(tmp_path, key):
    """Both kinds of sections at once are refused in one sentence."""
    with pytest.raises(ConfigError, match=r"\[camera\] and \[cameras.NAME\] exclude each other") as caught:
        load(tmp_path, key, '[camera]\nurl = "1"\n[cameras.hall]\nurl = "2"')
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[cameras.hall]\nurll = "1"', r"\[cameras.hall\] urll: unknown key; did you mean 'url'"),
        ('[cameras."The Hall"]\nurl = "1"', "cameras: 'The Hall' is not a name"),
        ("[camera]\nrotate = 45", r"\[camera\] rotate: .*0, 90, 180 or 270"),
        ("[camera]\ncrop = [0.5, 0.0, 0.4, 1.0]", r"\[camera\] crop: left, top, right, bottom must grow"),
        ('[camera]\nrest = ["22-6"]', r"\[camera\] rest: '22-6' is no period of the day; write it as 22:00-06:00"),
        ("[camera.zones.bed]\npolygon = [[0.1, 0.1], [0.2, 0.2]]", r"\[camera.zones.bed\] polygon: .*at least 3"),
        ("[camera.zones.bed]\npolygons = []", r"\[camera.zones.bed\] polygons: unknown key; did you mean 'polygon'"),
        ("[camera.zones.Bed]\npolygon = [[0, 0], [1, 0], [1, 1]]", "'Bed' is not a name"),
    ],
)
def test_a_mistake_is_explained_where_it_is(tmp_path, key, text, says):
    """Section, key and remedy are in the line, inside of named sections, too."""
    with pytest.raises(ConfigError, match=says):
        load(tmp_path, key, text)


@pytest.mark.parametrize(
    "text",
    ['camera = "{}"', 'cameras = "{}"', '[cameras]\nhall = "{}"', '[camera]\nurl = ["{}"]', '[camera]\nx = "{}"'],
)
def test_a_mistake_with_an_address_does_not_tell_its_password(tmp_path, key, text):
    """Wherever an address stands by mistake, the error that says so leaves its password out."""
    path = tmp_path / "device.toml"
    path.write_text(text.format("rtsp://anna:secret@cam/1") + "\n" + BASE.format(key))
    with pytest.raises(ConfigError) as caught:
        load_settings(DeviceSettings, path)
    assert "secret" not in str(caught.value)


def test_settings_can_be_shown_without_their_addresses(tmp_path, key):
    """A camera's address may hold a password: it is in no repr."""
    settings = load(tmp_path, key, '[camera]\nurl = "rtsp://anna:secret@cam/1"')
    assert "secret" not in repr(settings)
