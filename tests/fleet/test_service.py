"""The real process on a real broker: systemd's signals, SIGKILL in a round, operators' commands."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import topics
from core.bundle import check_manifest
from core.errors import ConfigError, UnavailableError
from core.messages import Receipt, RoundClosed, RoundMessage, RoundOpen, SignedManifest, Status, decode, encode
from core.notify import Notifier
from core.settings import load_settings
from core.signing import SigningKey
from core.weights import Weights, add, subtract
from fleet.aggregator import Aggregator
from fleet.cli import app
from fleet.enrolment import enrol_devices, public_key, request_round, retire_device
from fleet.records import open_requests
from fleet.report import overview
from fleet.service import Service, _only_one
from fleet.settings import FleetSettings
from fleet.store import Store
from posefleet.broker import LocalBroker
from tests.broker import PATIENCE_S, Subscriber, wait_until
from tests.fleet.sender import Sender, small_delta
from tests.fleet.world import Beginning, weakened

SENDERS = [Sender(name=name) for name in ("kitchen", "studio", "workshop")]
GROUP = topics.rounds("default")
MANIFEST = topics.release_manifest("stable")


@pytest.fixture
def config(tmp_path: Path, beginning: Beginning) -> Path:
    """An operator's folder without its broker."""
    shutil.copytree(beginning.directory, tmp_path / "fleet")
    return tmp_path / "fleet" / "fleet.toml"


def write_config(path: Path, port: int, rounds: str = "automatic = false") -> None:
    """fleet.toml, and three devices enrolled."""
    path.write_text(
        f"""
[fleet]
state_directory = "{path.parent / "state"}"
[mqtt]
host = "127.0.0.1"
port = {port}
[release]
initial = "{path.parent / "release"}"
[rounds]
{rounds}
goal = 3
quorum = 2
deadline_s = 60
clip_norm = 20.0
[gate]
evaluation = "{path.parent / "evaluation.npz"}"
"""
    )
    enrol_devices(path, {(sender.site, sender.name): sender.key.public for sender in SENDERS})


@contextmanager
def service(config: Path, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen]:
    """A running aggregator; whatever happens, it is gone after the block."""
    code = "import fleet.cli; fleet.cli.app()"
    log = config.with_suffix(".log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--config", str(config)],
        env=os.environ | (environment or {}),
        stdout=log,
        stderr=log,
    )
    try:
        yield process
    finally:
        log.close()
        process.kill()
        process.wait()


def send(subscriber: Subscriber, sender: Sender, opened: RoundOpen, package: bytes) -> Receipt:
    """Publish a delta as a device would; returns the receipt that answers it."""
    answered = len(subscriber.on(sender.topics.inbox))
    for topic, payload in sender.messages(opened, package):
        subscriber.publish(topic, payload)
    wait_until(lambda: len(subscriber.on(sender.topics.inbox)) > answered, "a receipt")
    return decode(subscriber.on(sender.topics.inbox)[-1], Receipt)


def rounds_of(subscriber: Subscriber, kind: type) -> list:
    """Messages about rounds, of one kind."""
    return [one for one in (decode(payload, RoundMessage) for payload in subscriber.on(GROUP)) if isinstance(one, kind)]


def good(weights: Weights, seed: int) -> Weights:
    """A delta that mends the weakened model."""
    return add(subtract(weights, weakened(weights)), small_delta(seed, norm=0.05))


@pytest.mark.e2e
def test_sigkill_in_a_round_loses_and_repeats_nothing(
    config: Path, broker: LocalBroker, subscriber: Subscriber, trained_weights: Weights
):
    """Killed after two of three deltas, the service goes on and releases the average of exactly three.

    It takes the third, tells the first device again that its delta counts, and a stop in good order ends with code 0.
    """
    write_config(config, broker.port, "automatic = true\ntotal = 1")
    packages = []
    with service(config) as process:
        opened = decode(subscriber.wait_for(GROUP), RoundOpen)
        for seed, sender in enumerate(SENDERS):
            packages.append(sender.package(opened, delta=good(trained_weights, seed)))
        bad = SENDERS[0].package(opened, delta=small_delta(norm=99))
        assert send(subscriber, SENDERS[0], opened, bad).reason == "norm"
        for sender, package in zip(SENDERS[:2], packages, strict=False):
            assert send(subscriber, sender, opened, package).reason == "accepted"
        process.send_signal(signal.SIGKILL)
        process.wait()
    with service(config) as process:
        wait_until(lambda: len(subscriber.on(GROUP)) > 1, "the round, said again by the new process")
        again = send(subscriber, SENDERS[0], opened, packages[0])
        assert (again.accepted, again.reason) == (True, "duplicate")
        assert send(subscriber, SENDERS[2], opened, packages[2]).reason == "accepted"
        wait_until(lambda: rounds_of(subscriber, RoundClosed), "the end of the round")
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    (closed,) = rounds_of(subscriber, RoundClosed)
    assert (closed.round, closed.outcome, closed.accepted) == (opened.round, "released", 3)
    assert {one.round for one in rounds_of(subscriber, RoundOpen)} == {opened.round}
    manifest = check_manifest(decode(subscriber.on(MANIFEST)[-1], SignedManifest), public_key(config))
    assert (manifest.version, manifest.metrics["deltas"]) == (2, 3)
    with Store(f"sqlite:///{config.parent / 'state' / 'fleet.sqlite'}") as store:
        (line,) = overview(store, datetime.now(UTC)).rounds
    assert (line.outcome, line.accepted) == ("released", 3)


@pytest.mark.e2e
def test_systemd_hears_the_truth(config: Path, broker: LocalBroker, subscriber: Subscriber, tmp_path: Path):
    """READY comes when the broker has the release and not before; WATCHDOG only while the loop turns; then STOPPING.

    On the way, an operator's round opens and a device's status is remembered.
    """
    write_config(config, broker.port)
    broker.stop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(0.01)
        heard: list[bytes] = []

        def listen() -> list[bytes]:
            try:
                while True:
                    heard.append(notify.recv(4096))
            except TimeoutError:
                return heard

        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        with service(config, environment) as process:
            wait_until(lambda: b"WATCHDOG=1" in listen(), "the first ping")
            assert b"READY=1" not in heard
            broker.start()
            wait_until(lambda: b"READY=1" in listen(), "READY")
            with Subscriber(broker.port) as later:
                later.wait_for(MANIFEST)
                status = Status(site="home", device="studio", state="online", at=datetime.now(UTC), model_version=1)
                later.publish(SENDERS[1].topics.status, encode(status), retain=True)
                assert request_round(config).endswith("is open")
                with pytest.raises(UnavailableError, match="open already"):
                    request_round(config)
                later.wait_for(GROUP)
            process.send_signal(signal.SIGSTOP)
            _drain(listen, heard)
            time.sleep(0.5)  # more than two pings long
            assert listen() == []
            process.send_signal(signal.SIGCONT)
            wait_until(lambda: b"WATCHDOG=1" in listen(), "a ping again")
            process.terminate()
            assert process.wait(PATIENCE_S) == 0
        assert listen()[-1] == b"STOPPING=1"
    with Store(f"sqlite:///{config.parent / 'state' / 'fleet.sqlite'}") as store:
        assert [line.running for line in overview(store, datetime.now(UTC)).devices] == [None, 1, None]


def _drain(listen: Callable[[], list[bytes]], heard: list[bytes]) -> None:
    listen()
    heard.clear()


def test_two_aggregators_do_not_share_a_state(tmp_path: Path):
    """The second one on the same state directory says so; when the first has ended, the next may start."""
    with _only_one(tmp_path), pytest.raises(ConfigError, match="another aggregator"), _only_one(tmp_path):
        pass
    with _only_one(tmp_path):
        pass


@pytest.mark.e2e
def test_an_error_of_our_own_does_not_end_the_loop(
    config: Path, broker: LocalBroker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """Whatever one message does to the aggregator, it is logged and the next one is served; stopping works."""
    write_config(config, broker.port)
    settings = load_settings(FleetSettings, config)
    handled: list[str] = []

    def handle(_self: Aggregator, topic: str, _payload: bytes, _now: datetime) -> None:
        handled.append(topic)
        if len(handled) == 1:
            raise RuntimeError("a bug")

    monkeypatch.setattr(Aggregator, "handle", handle)
    stop = threading.Event()
    with Store(settings.fleet.database_url) as store, Subscriber(broker.port) as subscriber:
        thread = threading.Thread(target=Service(settings, store, Notifier(), stop).run)
        thread.start()
        try:
            subscriber.wait_for(MANIFEST)
            for sender in SENDERS[:2]:
                subscriber.publish(sender.topics.status, b"x")
            wait_until(lambda: len(handled) == 2, "the second message")
        finally:
            stop.set()
            thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert "going on" in caplog.text


def test_a_request_without_a_service_is_taken_back(config: Path):
    """With no service running the command says so, and a service started later opens nothing by surprise."""
    write_config(config, 1)
    with pytest.raises(UnavailableError, match="fleet serve"):
        request_round(config, timeout_s=0.2)
    with Store(f"sqlite:///{config.parent / 'state' / 'fleet.sqlite'}") as store, store.read() as session:
        assert open_requests(session) == []


def test_operators_commands(config: Path, beginning: Beginning, capsys: pytest.CaptureFixture[str]):
    """key, enrol, retire and status do what they say, from a terminal."""
    write_config(config, 1)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--config", str(config)])
        assert result.exception is None, result.exception
        return result.output

    assert run("key").strip() == beginning.key.public
    assert "is enrolled" in run("enrol", "home/cellar", SigningKey.generate().public)
    assert '"home/cellar"' in run("status", "--json")
    assert "is retired" in run("retire", "home/cellar")
    assert "cellar" not in run("status")
    with pytest.raises(ConfigError, match="not enrolled"):
        retire_device(config, topics.DeviceTopics("home", "cellar"))
