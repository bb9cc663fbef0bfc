"""The database: transactions are whole, several processes may use it, what it holds survives."""

import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select

from core.errors import ConfigError, DeltaError, UnavailableError
from core.messages import RoundClosed
from core.weights import decode_delta
from fleet import records
from fleet.devices import FAULTS_TO_QUARANTINE, enrol, enrolment_of, note_refusal, parse_identity, retire
from fleet.ingest import AcceptedDelta
from fleet.records import StoredUpdates
from fleet.rounds import OpenNow, Policy, State, step
from fleet.store import Store, get_value, set_value
from fleet.tables import Audit, Delta, Device, Meta
from tests.fleet.sender import SHAPES, Sender, small_delta
from tests.fleet.test_rounds import POLICY, START


def accepted(sender: Sender, opened, seed: int = 0, **claims) -> AcceptedDelta:
    """A delta as ingest hands it out."""
    from core.delta import open_delta

    signed = open_delta(sender.package(opened, delta=small_delta(seed), **claims))
    return AcceptedDelta(signed.header, signed.payload, 1.0)


@pytest.fixture
def opened(store: Store):
    """An open round in the store."""
    state, (action,) = step(State(base=1), OpenNow(), START, POLICY)
    with store.write() as session:
        records.save_state(session, state)
        records.add_round(session, action.round, START)
    return action.round


def test_a_failed_block_leaves_nothing(store: Store):
    """Half a transaction is none."""

    def fail() -> None:
        with store.write() as session:
            set_value(session, "a", "1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.read() as session:
        assert get_value(session, "a") is None


def test_state_survives_the_process(tmp_path: Path):
    """What was stored is there for the next process, to the bit."""
    url = f"sqlite:///{tmp_path / 'fleet.sqlite'}"
    state, _ = step(State(base=1), OpenNow(), START, POLICY)
    with Store(url) as store, store.write() as session:
        records.save_state(session, state)
    with Store(url) as store, store.read() as session:
        assert records.load_state(session) == state


def test_only_the_owner_reads_it(tmp_path: Path):
    """The database has mode 0600, its log too."""
    with Store(f"sqlite:///{tmp_path / 'a' / 'fleet.sqlite'}") as store:
        with store.write() as session:
            set_value(session, "a", "1")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a").iterdir()}
    assert set(modes.values()) == {0o600}
    assert "fleet.sqlite-wal" in modes


def test_commands_and_service_write_at_the_same_time(tmp_path: Path):
    """A reader does not wait for a writer, and a second writer waits instead of failing."""
    import threading

    url = f"sqlite:///{tmp_path / 'fleet.sqlite'}"
    with Store(url) as one, Store(url) as other:

        def count(store: Store) -> None:
            for _ in range(20):
                with store.write() as session:
                    set_value(session, "n", str(int(get_value(session, "n") or 0) + 1))

        with one.write() as session:
            set_value(session, "n", "0")
            with other.read() as reader:
                assert get_value(reader, "n") is None
        threads = [threading.Thread(target=count, args=(store,)) for store in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with one.read() as session:
            assert get_value(session, "n") == "40"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("nonsense", ConfigError),
        ("mystery://host/name", ConfigError),
        ("sqlite:////proc/nothing/here.sqlite", ConfigError),
    ],
)
def test_unusable_addresses_are_explained(url: str, error: type[Exception]):
    """An address that leads nowhere is one sentence that names the setting."""
    with pytest.raises(error, match="database"):
        Store(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    """Other people's files are not written over."""
    path = tmp_path / "notes.txt"
    path.write_text("shopping list " * 100)
    with pytest.raises(UnavailableError, match=r"notes\.txt"):
        Store(f"sqlite:///{path}")
    assert path.read_text().startswith("shopping list")


def test_another_schema_is_refused(tmp_path: Path):
    """A database of another version is neither read nor changed."""
    url = f"sqlite:///{tmp_path / 'fleet.sqlite'}"
    with Store(url) as store, store.write() as session:
        session.merge(Meta(name="schema", value="99"))
    with pytest.raises(ConfigError, match="schema 99"):
        Store(url)


def test_times_keep_their_moment(store: Store):
    """A moment in any zone comes back as the same moment in UTC."""
    moment = datetime(2025, 3, 1, 12, 30, 15, 250000, tzinfo=timezone(timedelta(hours=5)))
    with store.write() as session:
        session.add(Audit(at=moment, what="x", who="y", detail="z"))
    with store.read() as session:
        found = session.scalar(select(Audit.at))
    assert found == moment
    assert found.tzinfo == UTC


def test_a_device_counts_once_whatever_the_caller_thinks(store: Store, opened):
    """The database itself refuses a second delta of a device in a round, and keeps the first."""
    sender = Sender()
    with store.write() as session:
        records.add_delta(session, accepted(sender, opened, 1), "a" * 64, START)
    with pytest.raises(DeltaError) as caught, store.write() as session:
        records.add_delta(session, accepted(sender, opened, 2), "b" * 64, START)
    assert caught.value.reason == "duplicate"
    with store.read() as session:
        assert records.counted_transfer(session, opened.round, sender.topics) == "a" * 64


def test_stored_updates_can_be_read_again_and_again(store: Store, opened):
    """Every pass gives every delta of the round in order, its weight capped, and nothing of another round."""
    with store.write() as session:
        for seed in range(11):
            delta = accepted(Sender(name=f"cam{seed}"), opened, seed, samples=100 * (seed + 1))
            records.add_delta(session, delta, "c" * 64, START)
    updates = StoredUpdates(store, opened.round, SHAPES, maximum_weight=550)
    for _ in range(2):
        found = list(updates)
        assert [one.samples for one in found] == [100, 200, 300, 400, 500, 550, 550, 550, 550, 550, 550]
    sent = accepted(Sender(), opened, 3).payload
    expected = decode_delta("int8", sent, SHAPES, max_bytes=10**6)
    assert all((found[3].delta[name] == expected[name]).all() for name in SHAPES)
    assert list(StoredUpdates(store, "round-0", SHAPES, maximum_weight=1)) == []


def test_the_end_of_a_round_erases_tensors(store: Store, opened):
    """After the round only figures are left."""
    with store.write() as session:
        records.add_delta(session, accepted(Sender(), opened), "c" * 64, START)
    closed = RoundClosed(round=opened.round, group="default", outcome="rejected", accepted=1, reason="worse")
    with store.write() as session:
        records.end_round(session, closed, START, None)
    with store.read() as session:
        assert session.scalars(select(Delta.payload)).all() == [None]
        assert [one.before for one in records.losses_of(session, opened.round, maximum_weight=9)] == [0.9]


def test_enrolment_and_retirement(store: Store):
    """A device takes part from its enrolment to its retirement, with its newest key; both are in the audit log."""
    device, keys = parse_identity("home/kitchen"), [Sender().key.public for _ in range(2)]
    for key in keys:
        with store.write() as session:
            enrol(session, device, key, START)
    with store.read() as session:
        assert enrolment_of(session, device).key == keys[1]
    with store.write() as session:
        retire(session, device, START)
    with store.read() as session:
        assert enrolment_of(session, device) is None
        assert session.scalars(select(Audit.what).order_by(Audit.id)).all() == ["enrolled", "enrolled", "retired"]


@pytest.mark.parametrize(
    ("device", "key", "says"),
    [
        ("kitchen", None, "SITE/DEVICE"),
        ("home/Kitchen!", None, "a-z"),
        ("rounds/kitchen", None, "rounds"),
        ("home/kitchen", "abc", "public key"),
    ],
)
def test_wrong_enrolments_are_explained(store: Store, device: str, key: str | None, says: str):
    """A wrong name or key is one sentence with what is right."""
    with pytest.raises(ConfigError, match=says), store.write() as session:
        enrol(session, parse_identity(device), key or Sender().key.public, START)


def test_two_devices_cannot_share_a_key(store: Store):
    """A cloned board is noticed at its enrolment."""
    key = Sender().key.public
    with store.write() as session:
        enrol(session, parse_identity("home/kitchen"), key, START)
    with pytest.raises(ConfigError, match="home/kitchen"), store.write() as session:
        enrol(session, parse_identity("home/studio"), key, START)


def test_quarantine_ends_with_a_new_enrolment(store: Store):
    """Enough faults in a row shut a device out; the operator lets it in again."""
    device, key = parse_identity("home/kitchen"), Sender().key.public
    with store.write() as session:
        enrol(session, device, key, START)
        for _ in range(FAULTS_TO_QUARANTINE):
            assert not session.get(Device, ("home", "kitchen")).quarantined
            note_refusal(session, device, START, own_fault=True)
        assert enrolment_of(session, device).quarantined
        enrol(session, device, key, START)
        assert not enrolment_of(session, device).quarantined


def test_policy_matches_the_settings():
    """Everything that rounds need to know is in the configuration, under the same name."""
    from fleet.settings import RoundSection

    assert set(Policy.__struct_fields__) - {"group"} <= set(RoundSection.model_fields)
