"""The questions of `posefleet device init`, fewer than ten, each answer tried at once.

    answers = interview(Options(site="home"), TerminalAsker(), config)

A picture from the camera, a greeting of the broker, the release's signature: what does not work is asked for again, and
the same answer a second time is kept, for a camera that will be plugged in later. A password is shown nowhere.
"""

import os
import re
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from core.bundle import read_bundle, signer_of
from core.errors import ConfigError, PosefleetError, UnavailableError
from core.mqtt_settings import MqttSettings
from core.signing import check_public_key
from core.topics import check_name
from device.camera.sources import Source
from device.camera.video_devices import video_devices
from device.setup.installation import PASSWORD_FILE, Answers, Options, is_of_service
from device.setup.questions import Asker, Question

_ROOT_STATE = Path("/var/lib/posefleet-device")
_KEPT = "It is kept all the same; it can be changed in the file."
_NO_NAME = re.compile(r"[^a-z0-9_-]+")


def interview(options: Options, asker: Asker, config: Path) -> Answers:
    """Ask what is not known yet.

    Raises:
        ConfigError: an answer cannot be used, and nobody is there to give another.
    """
    return _Interview(options, asker, config).hold()


class _Interview:
    def __init__(self, options: Options, asker: Asker, config: Path) -> None:
        self._options, self._asker, self._config = options, asker, config
        self._password: str | None = None

    def hold(self) -> Answers:
        options = self._options
        site = self._settle(Question("site", "Place (a house, a ward)", "home"), options.site, _named, must=True)
        own = _NO_NAME.sub("-", socket.gethostname().split(".")[0].lower()).strip("-_") or "board"
        name = self._settle(Question("name", "This board's name there", own), options.name, _named, must=True)
        camera = self._camera()
        mqtt = self._broker()
        state = options.state_directory or (_ROOT_STATE if os.geteuid() == 0 else _own_state())
        values: dict[str, dict[str, object]] = {
            "device": {"site": site, "name": name, "state_directory": state.resolve()},
            "model": self._model(state),
            "mqtt": mqtt,
            "camera": {"url": camera},
        }
        return Answers(values, self._password)

    def _settle(
        self, question: Question, given: str | None, examine: Callable[[str], str], *, must: bool = False
    ) -> str:
        """Ask until `examine` is content, or the same answer comes twice, unless it `must` be content."""
        before = None
        while True:
            answer = self._asker.ask(question) if given is None else given
            try:
                if said := examine(answer):
                    self._asker.say(said)
            except PosefleetError as exc:
                again = self._asker.can_ask_again and given is None
                if must and not again:
                    raise
                self._asker.say(str(exc))
                if not must and (not again or answer == before):
                    self._asker.say(_KEPT)
                    return answer
                if not must:
                    self._asker.say("Try another, or press Enter to keep it.")
                    question = Question(question.option, question.text, answer)
                before = answer
            else:
                return answer

    def _camera(self) -> str:
        found = video_devices()
        for device in found:
            self._asker.say(f"found camera {device.index}: {device.name}")
        if not found:
            self._asker.say("No camera is connected; rtsp://, http:// and files work as well.")
        default = str(found[0].index) if found else "0"
        camera = self._settle(Question("camera", "Camera", default), self._options.camera, _picture_of)
        # The daemon will run in another folder.
        return str(Path(camera).resolve()) if Source.parse(camera).kind == "file" else camera

    def _broker(self) -> dict[str, object]:
        """Host, user and password are tried together, for many brokers say nothing to strangers."""
        options, before = self._options, None
        host = options.broker or "localhost"
        while True:
            host = options.broker or self._asker.ask(Question("broker", "MQTT broker (host or host:port)", host))
            try:
                values = self._address(host)
            except ConfigError as exc:
                if not self._asker.can_ask_again or options.broker:
                    raise
                self._asker.say(str(exc))
                continue
            values |= {"username": (self._user() if options.username is None else options.username) or None}
            if (agreed := self._agree(values, final=values == before)) is not None:
                return agreed
            before = values

    def _agree(self, values: dict[str, object], *, final: bool) -> dict[str, object] | None:
        """What to write if the broker lets us in, or if that is how it is to be; None: ask again."""
        try:
            self._asker.say(self._greet(values))
        except PosefleetError as exc:
            self._asker.say(str(exc))
            if self._may_be_open(values, exc):
                return self._kept(values | {"tls": False})
            if self._asker.can_ask_again and not self._options.broker and not final:
                self._asker.say("Try another, or give the same again to keep it.")
                return None
            self._asker.say(_KEPT)
        return self._kept(values)

    def _user(self) -> str:
        user = self._asker.ask(Question("username", "User at the broker (empty: none)", ""))
        self._password = self._asker.ask_secret("Password (not shown)") or None if user else None
        return user

    def _address(self, broker: str) -> dict[str, object]:
        host, port = _host_and_port(broker)
        options = self._options
        return {"host": host, "port": port, "ca_file": options.ca_file, "password_file": options.password_file}

    def _kept(self, values: dict[str, object]) -> dict[str, object]:
        """With where the password will lie; the service of the package gets it from systemd."""
        if self._password is not None and not is_of_service(self._config):
            return values | {"password_file": (self._config.parent / PASSWORD_FILE).absolute()}
        return values

    def _greet(self, values: dict[str, object]) -> str:
        """What the broker says to us."""
        from device.link.broker_check import probe_broker

        # Mode 0600, and gone with the `with`.
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as secret:
            if self._password is not None:
                secret.write(self._password)
                secret.flush()
                values = values | {"password_file": Path(secret.name)}
            settings = MqttSettings.model_validate(values)
            probe_broker(settings, client_id=f"posefleet-init-{os.getpid()}")
        return f"{settings.address}: lets us in, {'with' if settings.uses_tls else 'without'} TLS"

    def _may_be_open(self, values: dict[str, object], why: PosefleetError) -> bool:
        """Whether there is a broker without encryption, and somebody agrees to that."""
        if not isinstance(why, UnavailableError) or not MqttSettings.model_validate(values).uses_tls:
            return False
        try:
            self._asker.say(self._greet(values | {"tls": False}))
        except PosefleetError:
            return False
        return self._asker.confirm("Without encryption others in the network can read along. Use it so?")

    def _model(self, state: Path) -> dict[str, object]:
        question = Question("release", "Directory of a release to start with", str(state / "first-release"))
        given = None if self._options.release is None else str(self._options.release)
        directory = Path(self._settle(question, given, _release_in)).resolve()
        try:
            signer = signer_of(directory)
        except PosefleetError:
            signer = None

        def examine(key: str) -> str:
            try:
                check_public_key(key)
            except ValueError as exc:
                raise ConfigError(f"not a public key ({exc}); `posefleet fleet key` prints it") from exc
            if signer not in {None, key}:
                raise ConfigError("this release was signed by another key, so it would not run here")
            return ""

        question = Question("key", "The operator's public key (Enter: that of the release)", signer)
        return {"directory": directory, "public_key": self._settle(question, self._options.key, examine, must=True)}


def _named(text: str) -> str:
    try:
        check_name(text)
    except ValueError as exc:
        raise ConfigError(str(exc)) from exc
    return ""


def _picture_of(url: str) -> str:
    from device.camera.capture import probe
    from device.camera.settings import CameraSettings

    if not url:
        raise ConfigError("say which camera: a number, an address or a file")
    image = probe(CameraSettings(url=url)).image
    return f"{Source.parse(url).title}: pictures of {image.shape[1]}x{image.shape[0]}"


def _release_in(directory: str) -> str:
    path = Path(directory)
    signer = signer_of(path)
    manifest = read_bundle(path, signer).manifest
    return f"{manifest.model} knows {', '.join(manifest.labels)}; signed by {signer}"


def _host_and_port(text: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise ConfigError(f"--broker {text}: say a host, or host:port")
    return host, port


def _own_state() -> Path:
    """Where the state of somebody's own programs lies (XDG base directories)."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "posefleet-device"
