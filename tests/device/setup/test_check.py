import subprocess
from pathlib import Path

import pytest

from core.bundle import CLASSIFIER, Bundle
from core.signing import SigningKey
from device.setup.check import CheckResult, check, exit_code
from posefleet.broker import LocalBroker, find_mosquitto, free_port
from tests.device.mjpeg import mjpeg_camera
from tests.device.world import World


@pytest.fixture
def world(tmp_path: Path, bundle: Bundle, broker: LocalBroker) -> World:
    return World(tmp_path, bundle, broker.port)


def failed(world: World) -> CheckResult:
    """The only check that fails."""
    results = check(world.config)
    (bad,) = [result for result in results if result.ok is False]
    assert exit_code(results) == bad.exit_code in {1, 2}
    return bad


def test_all_is_well(world: World):
    """A device that can run passes every check, and each says what it found."""
    results = check(world.config)
    assert [(result.name, result.ok) for result in results] == [
        (name, True) for name in ("config", "state directory", "camera", "pose", "model", "broker")
    ]
    messages = {result.name: result.message for result in results}
    assert "64x48" in messages["camera"]
    assert "tiny-1: background, clap, squat, wave" in messages["model"]
    assert SigningKey.load(world.state / "device.key").public in messages["state directory"]
    assert exit_code(results) == 0


def test_every_camera_is_looked_at(world: World):
    """Of several cameras each has a check with its name; one that is away does not keep the others from theirs."""
    film = world.sections.pop("camera")
    world.sections |= {"cameras.hall": {"url": str(world.directory / "nothing.avi")}, "cameras.yard": film}
    world.write()
    results = {result.name: result for result in check(world.config)}
    assert (results["camera hall"].ok, results["camera yard"].ok, results["pose"].ok) == (False, True, True)
    assert "camera hall (" in results["camera hall"].message


def test_the_camera_is_named_without_its_password(world: World):
    """A network camera that answers is named by its address alone."""
    with mjpeg_camera() as server:
        world.write(camera={"url": server.url, "rest": ["22:00-06:00"]})
        results = {result.name: result for result in check(world.config)}
    assert results["camera"].message == (
        f"http://127.0.0.1:{server.port}/video: pictures of 160x120; rests at 22:00-06:00"
    )


def _no_config(world: World) -> None:
    world.config.unlink()


def _no_toml(world: World) -> None:
    world.config.write_text("[device\nsite = home")


def _unknown_key(world: World) -> None:
    world.write(camera={"ulr": "0"})


def _missing_key(world: World) -> None:
    world.write(device={"site": None})


def _no_key(world: World) -> None:
    world.write(model={"public_key": "not a key"})


def _state_is_a_file(world: World) -> None:
    world.write(device={"state_directory": str(world.config)})


def _open_key(world: World) -> None:
    world.state.mkdir()
    SigningKey.load_or_create(world.state / "device.key")
    (world.state / "device.key").chmod(0o644)


def _no_video(world: World) -> None:
    world.video.unlink()


def _not_a_video(world: World) -> None:
    world.video.write_bytes(b"this is no film" * 1000)


def _no_recording(world: World) -> None:
    world.recording.write_bytes(b"rubbish")


def _no_model(world: World) -> None:
    world.write(model={"directory": str(world.directory / "nothing")})


def _flipped_byte(world: World) -> None:
    file = world.release / CLASSIFIER
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def _other_key(world: World) -> None:
    world.write(model={"public_key": SigningKey.generate().public})


def _no_broker(world: World) -> None:
    world.write(mqtt={"port": free_port()})


def _unknown_host(world: World) -> None:
    world.write(mqtt={"host": "broker.invalid", "tls": False})


def _tls_to_plain(world: World) -> None:
    world.write(mqtt={"tls": True})


def _no_password(world: World) -> None:
    world.write(mqtt={"username": "cam", "password_file": str(world.directory / "secret")})


BROKEN = {
    _no_config: ("config", 2, "device.toml: cannot be read (No such file or directory)"),
    _no_toml: ("config", 2, "not valid TOML"),
    _unknown_key: ("config", 2, "[camera] ulr: unknown key; did you mean 'url'?"),
    _missing_key: ("config", 2, "[device] site: missing"),
    _no_key: ("config", 2, "not an Ed25519 public key"),
    _state_is_a_file: ("state directory", 2, "set device.state_directory"),
    _open_key: ("state directory", 2, "chmod 600"),
    _no_video: ("camera", 2, "no such file"),
    _not_a_video: ("camera", 2, "is not a video that can be read"),
    _no_recording: ("pose", 2, "cannot be replayed as a recording"),
    _no_model: ("model", 1, "nothing/manifest.sig: No such file or directory"),
    _flipped_byte: ("model", 1, "classifier.tflite is damaged"),
    _other_key: ("model", 1, "is signed by key"),
    _no_broker: ("broker", 1, "nobody listens at"),
    _unknown_host: ("broker", 1, "the host broker.invalid is not known"),
    _tls_to_plain: ("broker", 1, "speaks no TLS there"),
    _no_password: ("broker", 2, "secret: the secret cannot be read"),
}


@pytest.mark.parametrize("breaking", BROKEN, ids=lambda breaking: breaking.__name__.strip("_"))
def test_what_is_broken_is_named(world: World, breaking):
    """Each broken configuration fails exactly one check, with its own message and exit code."""
    name, code, message = BROKEN[breaking]
    breaking(world)
    bad = failed(world)
    assert (bad.name, bad.exit_code) == (name, code)
    assert message in bad.message


def test_every_broken_configuration_has_its_own_message():
    """No two of the expected messages are the same."""
    assert len({message for _, _, message in BROKEN.values()}) == len(BROKEN) >= 10


def test_what_needs_an_earlier_check_is_skipped(world: World):
    """Without a config nothing else is tried; without a picture no pose is looked for; the rest is."""
    _no_video(world)
    assert {result.name: result.ok for result in check(world.config)} == {
        "config": True, "state directory": True, "camera": False, "pose": None, "model": True, "broker": True,
    }  # fmt: skip
    _no_config(world)
    assert [result.ok for result in check(world.config)] == [False] + 5 * [None]


def test_all_problems_of_a_config_are_told_at_once(world: World):
    """Three mistakes in the config are three lines of one result."""
    world.write(camera={"ulr": "0"}, mqtt={"prot": 1}, device={"site": "Our House"})
    assert len(failed(world).message.splitlines()) == 3


def test_no_room_on_the_disk_is_told(world: World, monkeypatch: pytest.MonkeyPatch):
    """Less room than the outbox may take fails, with both numbers."""
    monkeypatch.setattr("device.setup.check.shutil.disk_usage", lambda _path: type("Usage", (), {"free": 50 * 2**20})())
    assert "50 MB are free, 128 MB are needed" in failed(world).message


@pytest.mark.skipif(not find_mosquitto(), reason="needs mosquitto")
def test_a_broker_that_refuses_is_told_from_one_that_is_not_there(world: World, tmp_path: Path):
    """Wrong credentials, and a broker's certificate that nobody trusts, each have their own words."""
    port, tls_port = free_port(), free_port()
    (tmp_path / "passwords").write_text("")
    certificate, key = _certificate(tmp_path)
    config = tmp_path / "strict.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {tmp_path / 'passwords'}\nuser root\n"
        f"listener {tls_port} 127.0.0.1\ncertfile {certificate}\nkeyfile {key}\n"
    )
    strict = subprocess.Popen([find_mosquitto(), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        from tests.broker import reachable, wait_until

        wait_until(lambda: reachable(tls_port), "the broker")
        world.write(mqtt={"port": port})
        assert "refuses posefleet-home-cam-check" in failed(world).message
        world.write(mqtt={"port": tls_port, "tls": True})
        assert "is not trusted (self-signed certificate)" in failed(world).message
        world.write(mqtt={"port": tls_port, "tls": False})
        assert "hangs up before it accepts us" in failed(world).message
        world.write(mqtt={"port": tls_port, "tls": True, "ca_file": str(certificate)})
        assert "refuses posefleet-home-cam-check" in failed(world).message
        world.write(mqtt={"ca_file": str(world.video)})
        assert "the certificates cannot be used" in failed(world).message
    finally:
        strict.terminate()
        strict.wait()


def _certificate(directory: Path) -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1 and its key."""
    import ipaddress
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem, key = directory / "cert.pem", directory / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pem, key
