"""A fleet behind TLS: the generated access list on a real Mosquitto, with client certificates and with passwords."""

import time
from pathlib import Path

import pytest

from core.errors import UnavailableError
from core.mqtt import Connection
from core.mqtt_settings import MqttSettings
from core.topics import DeviceTopics
from device.link.broker_check import probe_broker
from device.link.connection import Handlers, Link
from device.outbox.store import Outbox
from device.settings import IdentitySettings
from fleet.acl import access_list, user_of
from posefleet.broker import find_mosquitto
from tests.authority import Authority, StrictBroker
from tests.broker import wait_until
from tests.device.events import ROOM, add
from tests.device.links import status

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not find_mosquitto(), reason="needs mosquitto")]

CAM, OTHER = DeviceTopics("home", "cam"), DeviceTopics("home", "other")
PASSWORD = "correct horse"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def broker(tmp_path: Path, authority: Authority):
    rules = access_list([CAM, OTHER], fleet_user="posefleet-fleet", readers=["reader"])
    with StrictBroker(tmp_path, authority, rules, {user_of(CAM): PASSWORD}) as strict:
        yield strict


def settings(broker: StrictBroker, authority: Authority, user: str, **changes: object) -> MqttSettings:
    """How somebody with a certificate connects."""
    certificate, key = authority.certificate(user)
    fields = {
        "host": "127.0.0.1",
        "port": broker.certificate_port,
        "tls": True,
        "ca_file": authority.file,
        "certificate_file": certificate,
        "key_file": key,
    }
    return MqttSettings.model_validate(fields | changes)


def test_a_device_reaches_readers_and_nobody_in_anothers_name(
    tmp_path: Path, broker: StrictBroker, authority: Authority
):
    """With its certificate a device's events arrive; what it writes or reads under another's name does not."""
    heard: list[str] = []
    overheard: list[str] = []
    reader = Connection(
        settings(broker, authority, "reader"),
        client_id="reader",
        subscriptions=("posefleet/v1/#",),
        on_message=lambda topic, _payload: heard.append(topic),
    )
    refused: list[str] = []
    thief = Connection(
        settings(broker, authority, user_of(OTHER)),
        client_id="thief",
        subscriptions=(CAM.event, CAM.inbox, f"{CAM.base}/#"),
        on_message=lambda topic, _payload: overheard.append(topic),
        on_refused=lambda _id, reason: refused.append(reason),
    )
    identity = IdentitySettings(site=CAM.site, name=CAM.device)
    own = settings(broker, authority, user_of(CAM))
    with (
        Outbox(tmp_path / "outbox.sqlite", ROOM) as outbox,
        reader,
        thief,
        Link(own, outbox, identity=identity, channel="c", handlers=Handlers()) as link,
    ):
        wait_until(lambda: reader.connected and thief.connected and link.connected, "three connections")
        assert thief.publish(CAM.event, b"forged") is not None
        wait_until(lambda: refused, "the broker's refusal")
        assert "ot authorized" in refused[0]
        add(outbox, 1)
        link.say(status())
        link.wake()
        wait_until(lambda: CAM.event in heard, "the event")
        assert heard.count(CAM.event) == 1
        assert thief.publish(OTHER.event, b"own") is not None
        wait_until(lambda: OTHER.event in heard, "what the other device says in its own name")
        assert overheard == []


def test_a_refused_event_waits_and_the_reason_is_said(tmp_path: Path, broker: StrictBroker, authority: Authority):
    """A device whose user may not write its topics keeps its events and names the access list as the reason."""
    stranger = settings(broker, authority, "stranger")
    identity = IdentitySettings(site=CAM.site, name=CAM.device)
    with (
        Outbox(tmp_path / "outbox.sqlite", ROOM) as outbox,
        Link(stranger, outbox, identity=identity, channel="c", handlers=Handlers()) as link,
    ):
        add(outbox, 1)
        link.wake()
        wait_until(lambda: link.problem, "the refusal")
        assert "check its access list" in str(link.problem)
        assert outbox.counts().events == 1


def test_each_way_to_be_refused_has_its_own_words(tmp_path: Path, broker: StrictBroker, authority: Authority):
    """Wrong authority, expired certificate, no certificate and wrong password: one line each, all different."""
    expired, expired_key = authority.certificate("expired", days=-1)
    wrong = tmp_path / "password"
    wrong.write_text("wrong")
    wrong.chmod(0o600)
    user = user_of(CAM)
    with_password = {"port": broker.password_port, "certificate_file": None, "key_file": None, "username": user}
    cases = {
        "is not trusted": {"ca_file": Authority(tmp_path / "elsewhere").file},
        "certificate expired": {"certificate_file": expired, "key_file": expired_key},
        "certificate required": {"certificate_file": None, "key_file": None},
        "Not authorized": with_password | {"password_file": wrong},
    }
    messages = set()
    for words, changes in cases.items():
        with pytest.raises(UnavailableError, match=words) as caught:
            probe_broker(settings(broker, authority, user, **changes), client_id=f"c{time.time_ns()}", timeout_s=5)
        assert "\n" not in str(caught.value)
        messages.add(str(caught.value))
    assert len(messages) == len(cases)
    right = tmp_path / "right"
    right.write_text(PASSWORD)
    right.chmod(0o600)
    probe_broker(settings(broker, authority, user, **with_password, password_file=right), client_id="cam")
