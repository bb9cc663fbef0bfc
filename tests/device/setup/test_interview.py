import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from core.bundle import Bundle, write_bundle
from core.errors import ConfigError, UnavailableError
from core.mqtt_settings import MqttSettings
from core.settings import load_settings
from core.signing import SigningKey
from device.camera.video_devices import VideoDevice
from device.link import broker_check
from device.settings import DeviceSettings
from device.setup import installation, interview
from device.setup.installation import Answers, Options, write
from device.setup.questions import Question, Silent
from tests.device.videos import write_video

Admits = Callable[[MqttSettings], bool]


class Somebody:
    """Answers from a list: text for questions and secrets, True or False where yes or no is asked."""

    can_ask_again = True

    def __init__(self, *answers: str | bool) -> None:
        self._answers = list(answers)
        self.said: list[str] = []
        self.asked: list[str] = []

    def ask(self, question: Question) -> str:
        self.asked.append(question.option)
        answer = self._answers.pop(0)
        if answer == "" and question.default is not None:
            return question.default
        return str(answer)

    def ask_secret(self, text: str) -> str:
        self.asked.append("secret")
        return str(self._answers.pop(0))

    def confirm(self, text: str) -> bool:
        self.asked.append("confirm")
        return bool(self._answers.pop(0))

    def say(self, text: str) -> None:
        self.said.append(text)


class Brokers:
    """A network with brokers in it: who may come in, by host and whether with TLS."""

    def __init__(self) -> None:
        self.open: dict[tuple[str, bool], Admits] = {}
        self.seen: list[MqttSettings] = []
        self.passwords: list[str] = []

    def probe(self, settings: MqttSettings, *, client_id: str) -> None:
        self.seen.append(settings)
        if settings.password_file is not None:
            assert settings.password_file.stat().st_mode & 0o077 == 0
            self.passwords.append(settings.password_file.read_text())
        admits = self.open.get((settings.host, settings.uses_tls))
        if admits is None or not admits(settings):
            raise UnavailableError(f"nobody listens at {settings.address}")


@pytest.fixture
def brokers(monkeypatch: pytest.MonkeyPatch) -> Brokers:
    made = Brokers()
    made.open["localhost", False] = lambda _settings: True
    monkeypatch.setattr(broker_check, "probe_broker", made.probe)
    monkeypatch.setattr(interview, "video_devices", list)
    return made


@pytest.fixture
def release(tmp_path: Path, bundle: Bundle) -> Path:
    write_bundle(bundle, tmp_path / "release")
    return tmp_path / "release"


@pytest.fixture
def known(tmp_path: Path, release: Path) -> dict[str, object]:
    """Options for everything that has nothing to do with the broker."""
    film = write_video(tmp_path / "film.avi", pictures=3)
    return {"site": "home", "name": "hall", "camera": str(film), "release": release, "state_directory": tmp_path / "s"}


def hold(asker: Somebody | Silent, tmp_path: Path, **options: object) -> Answers:
    return interview.interview(Options(**options), asker, tmp_path / "device.toml")


def test_good_answers_are_asked_for_once(brokers: Brokers, release: Path, tmp_path: Path, bundle: Bundle):
    """Seven questions are enough, what was tried is said, and the answers are a valid configuration."""
    film = write_video(tmp_path / "film.avi", pictures=3)
    somebody = Somebody("home", "hall", str(film), "", "", str(release), "")
    answers = hold(somebody, tmp_path)
    assert somebody.asked == ["site", "name", "camera", "broker", "username", "release", "key"]
    assert any("pictures of 64x48" in one for one in somebody.said)
    assert any("lets us in" in one for one in somebody.said)
    settings = DeviceSettings(**answers.values)
    assert settings.camera.url == str(film)
    assert settings.model.public_key == bundle.signed.key
    assert answers.password is None


def test_a_name_that_is_none_is_asked_for_again(brokers: Brokers, known: dict[str, object], tmp_path: Path):
    """What the configuration would refuse is never written."""
    somebody = Somebody("My House", "rounds!", "house", "", "", "")
    answers = hold(somebody, tmp_path, **(known | {"site": None}))
    assert answers.values["device"]["site"] == "house"
    with pytest.raises(ConfigError, match="is not a name"):
        hold(Silent(), tmp_path, **(known | {"site": "My House"}))


def test_a_camera_that_is_not_there_is_kept_if_insisted_on(brokers: Brokers, known: dict[str, object], tmp_path: Path):
    """A camera without a picture is asked for again; the same answer a second time is kept."""
    later = str(tmp_path / "later.avi")
    somebody = Somebody(later, later, "", "", "")
    answers = hold(somebody, tmp_path, **(known | {"camera": None}))
    assert answers.values["camera"]["url"] == later
    assert sum("no such file" in one for one in somebody.said) == 2


def test_the_first_camera_that_linux_knows_is_offered(
    brokers: Brokers, known: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Cameras are listed with their names, and the first is the default."""
    monkeypatch.setattr(interview, "video_devices", lambda: [VideoDevice(2, "Wide Eye"), VideoDevice(4, "Other")])
    monkeypatch.setattr(interview, "_picture_of", lambda url: f"{url}: pictures")
    somebody = Somebody("", "", "", "")
    answers = hold(somebody, tmp_path, **(known | {"camera": None}))
    assert answers.values["camera"]["url"] == "2"
    assert "found camera 2: Wide Eye" in somebody.said


def test_the_password_is_tried_with_its_user_and_kept_apart(brokers: Brokers, known: dict[str, object], tmp_path: Path):
    """A broker that refuses the first password is asked again with another; the configuration names only a file."""
    brokers.open["localhost", False] = lambda settings: (
        settings.password_file is not None and settings.password_file.read_text() == "right"
    )
    somebody = Somebody("", "anna", "wrong", "", "anna", "right", "")
    answers = hold(somebody, tmp_path, **known)
    assert brokers.passwords == ["wrong", "right"]
    assert answers.password == "right"
    assert answers.values["mqtt"] == {
        "host": "localhost", "port": None, "username": "anna", "ca_file": None,
        "password_file": tmp_path / "mqtt-password",
    }  # fmt: skip
    assert not any("right" in one or "wrong" in one for one in somebody.said)
    assert not brokers.seen[-1].password_file.exists()


def test_without_encryption_only_if_somebody_agrees(brokers: Brokers, known: dict[str, object], tmp_path: Path):
    """A broker elsewhere that has no TLS is used only after a yes; nobody at all is no yes."""
    brokers.open["broker.home", False] = lambda _settings: True
    agreed = hold(Somebody("broker.home", "", True, ""), tmp_path, **known)
    assert agreed.values["mqtt"]["tls"] is False
    refused = hold(Somebody("broker.home", "", False, "broker.home", "", False, ""), tmp_path, **known)
    assert "tls" not in refused.values["mqtt"]
    silent = hold(Silent(), tmp_path, **known, broker="broker.home:8883", username="")
    assert silent.values["mqtt"]["port"] == 8883
    assert "tls" not in silent.values["mqtt"]


@pytest.mark.parametrize("wrong", ["", "host:port", "host:99999", "[::1"])
def test_what_is_no_address_of_a_broker_is_refused(
    brokers: Brokers, known: dict[str, object], tmp_path: Path, wrong: str
):
    """A host and perhaps a port is what is wanted."""
    options = known | {"broker": wrong or ":1883", "username": ""}
    with pytest.raises(ConfigError, match="say a host, or host:port"):
        hold(Silent(), tmp_path, **options)


def test_a_release_of_somebody_elses_key_is_not_written(brokers: Brokers, known: dict[str, object], tmp_path: Path):
    """A key that did not sign the release is asked for again; without a release the key must be given."""
    other = SigningKey.generate().public
    somebody = Somebody("", "", other, "rubbish", "")
    answers = hold(somebody, tmp_path, **known)
    assert answers.values["model"]["public_key"] != other
    assert any("signed by another key" in one for one in somebody.said)
    assert any("not a public key" in one for one in somebody.said)
    with pytest.raises(ConfigError, match="--key is needed"):
        hold(Silent(), tmp_path, **(known | {"release": tmp_path / "nothing"}))
    given = hold(Silent(), tmp_path, **(known | {"release": tmp_path / "nothing", "key": other}))
    assert given.values["model"]["public_key"] == other


def test_this_boards_name_is_offered(
    brokers: Brokers, known: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The host's name, as far as topics can hold it, is the default name."""
    monkeypatch.setattr(socket, "gethostname", lambda: "Küche Pi_5.local")
    answers = hold(Silent(), tmp_path, **(known | {"name": None}))
    assert answers.values["device"]["name"] == "k-che-pi_5"


def test_the_service_gets_a_camera_s_address_as_its_credential(
    brokers: Brokers, known: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """An address with a password lies in a private file; everybody may read the configuration, which names it."""
    monkeypatch.setattr(installation, "_SERVICE", tmp_path)
    answers = hold(Silent(), tmp_path, **known)
    address = answers.values["camera"]["url"] = "rtsp://anna:secret@10.0.0.7/stream?action=show"
    write(answers, tmp_path / "device.toml")
    kept = tmp_path / "cameras" / "hall"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{address}\n", 0o600)
    assert (tmp_path / "device.toml").stat().st_mode & 0o777 == 0o644
    assert "secret" not in (tmp_path / "device.toml").read_text()
    monkeypatch.setattr("device.camera.settings._ADDRESSES", tmp_path / "cameras")  # as root's commands find it
    assert load_settings(DeviceSettings, tmp_path / "device.toml").camera.url == address


def test_what_was_answered_can_be_written_and_read(brokers: Brokers, known: dict[str, object], tmp_path: Path):
    """A camera's password in its address makes the file private; another configuration is readable for the service."""
    config = tmp_path / "deep" / "device.toml"
    write(hold(Silent(), tmp_path, **known), config)
    assert config.stat().st_mode & 0o777 == 0o644
    answers = hold(Silent(), tmp_path, **known)
    answers.values["camera"]["url"] = "rtsp://anna:secret@10.0.0.7/stream"
    write(answers, config)
    assert config.stat().st_mode & 0o777 == 0o600
