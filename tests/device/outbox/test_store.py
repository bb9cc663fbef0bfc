import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from core import chunks
from core.messages import ActionEvent, Status, decode
from device.outbox.store import Outbox
from tests.device.events import NOW, ROOM, TOPICS, add, event, sequences


@pytest.fixture
def outbox(tmp_path: Path):
    with Outbox(tmp_path / "outbox.sqlite", ROOM) as box:
        yield box


def test_events_wait_in_order_until_they_are_acknowledged(outbox: Outbox):
    """Events come out in order, again and again, until each is acknowledged."""
    assert [add(outbox, n) for n in range(5)] == [1, 2, 3, 4, 5]
    first, second, *_ = outbox.pending(2)
    assert first.topic == "posefleet/v1/home/cam/event"
    outbox.acknowledge(second.id)
    assert sequences(outbox) == [1, 3, 4, 5]
    assert [entry.id for entry in outbox.pending(2, skip={first.id})] == [3, 4]
    assert outbox.counts().events == 4


def test_sequences_go_on_after_a_restart(tmp_path: Path):
    """A new process goes on counting where the last one stopped, even when everything was delivered."""
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        add(box, 1)
        box.acknowledge(*[entry.id for entry in box.pending(9)])
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        assert add(box, 2) == 2
        assert sequences(box) == [2]


def test_only_the_owner_can_read_the_files(tmp_path: Path):
    """The database and its companions have mode 0600, whatever the umask."""
    before = os.umask(0)
    try:
        with Outbox(tmp_path / "o.sqlite", ROOM) as box:
            add(box, 1)
            assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    finally:
        os.umask(before)


def test_nothing_but_an_event_is_taken_for_one(outbox: Outbox):
    """Another message, a subclass of an event or a wrong sequence number is a mistake of the caller, and not stored."""

    class Smuggler(ActionEvent, tag="action_event"):
        picture: bytes = b""

    fields = msgspec.structs.asdict(event(1))
    with pytest.raises(TypeError):
        outbox.add_event(lambda _sequence: Smuggler(**fields, picture=b"\xff\xd8"))
    with pytest.raises(TypeError):
        outbox.add_event(lambda _sequence: Status(site="home", device="cam", state="online", at=NOW))
    with pytest.raises(TypeError):
        outbox.add_event(lambda sequence: event(sequence + 1))
    assert outbox.counts().events == 0
    assert add(outbox, 1) == 1


def test_a_restart_ends_what_was_running(tmp_path: Path):
    """Events that a crash left open are ended once, with the reason, not before they began."""
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        add(box, 1)
        add(box, 2)
        add(box, 2, "update")
        add(box, 1, "end")
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        assert [one.id for one in box.running_events()] == [f"{2:032x}"]
        assert box.end_running_events() == 1
        assert box.end_running_events() == 0
        last = decode(box.pending(9)[-1].payload, ActionEvent)
        assert (last.id, last.kind, last.ended_by, last.sequence) == (f"{2:032x}", "end", "restart", 5)
        assert last.ended_at >= last.started_at


def test_a_delta_waits_for_its_receipt(outbox: Outbox):
    """The broker's acknowledgement does not remove a delta, the fleet's receipt does; its round stays answered."""
    package = os.urandom(150_000)
    assert not outbox.has_answered("r1")
    transfer = outbox.add_delta(TOPICS, "r1", package)
    add(outbox, 1)
    entries = outbox.pending(9)
    assert [entry.kind for entry in entries] == ["event", "delta", "delta", "delta"]
    assert [entry.topic for entry in entries[1:]] == [TOPICS.delta("r1", n) for n in range(3)]
    assembler = chunks.Assembler()
    assert [assembler.add(chunks.decode(entry.payload)) for entry in entries[1:]][-1] == package
    outbox.acknowledge(*[entry.id for entry in entries])
    assert (outbox.counts().events, outbox.counts().deltas) == (0, 1)
    assert outbox.settle_delta(transfer)
    assert not outbox.settle_delta(transfer)
    assert outbox.pending(9) == []
    assert outbox.has_answered("r1")


def test_a_closed_round_takes_its_delta_along(outbox: Outbox):
    """When a round is over, its undelivered delta goes; others stay."""
    outbox.add_delta(TOPICS, "r1", b"one")
    outbox.add_delta(TOPICS, "r2", b"two")
    assert outbox.drop_round("r1")
    assert not outbox.drop_round("unknown")
    assert [entry.topic for entry in outbox.pending(9)] == [TOPICS.delta("r2", 0)]


def test_a_full_disk_costs_events_and_nothing_else(tmp_path: Path):
    """With no room on the disk events are lost, counted and said; with room again the gap in the numbers shows them."""
    path = tmp_path / "o.sqlite"
    script = f"""
import resource, signal
from pathlib import Path
from tests.device.events import ROOM, Outbox, add
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
box = Outbox(Path({str(path)!r}), ROOM)
assert add(box, 1) == 1 and box.problem is None
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
assert [add(box, n) for n in range(2, 5)] == [None] * 3
assert "make room on the disk" in box.problem, box.problem
assert box.lost == 3
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
assert add(box, 5) == 5
assert box.problem is None and box.lost == 3
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with Outbox(path, ROOM) as box:
        assert sequences(box) == [1, 5]
        assert box.lost == 3


def test_a_disk_that_turns_read_only_and_back_costs_no_end(outbox: Outbox, monkeypatch: pytest.MonkeyPatch):
    """The end of a stored start comes late, a lost start takes its end along; `retry` finds out that all is well."""
    monkeypatch.setattr("device.outbox.store._RETRY_S", 0.0)
    add(outbox, 1)
    outbox._database.execute("PRAGMA query_only = ON")
    assert [add(outbox, 1, "end"), add(outbox, 2), add(outbox, 2, "update")] == [None] * 3
    outbox.retry()
    assert "readonly database" in outbox.problem
    assert outbox.lost == 2
    outbox._database.execute("PRAGMA query_only = OFF")
    outbox.retry()
    assert (outbox.problem, outbox.lost) == (None, 2)
    assert not outbox.running_events()
    assert add(outbox, 2, "end") == 5
    assert outbox.lost == 3
    waiting = [decode(entry.payload, ActionEvent) for entry in outbox.pending(9)]
    assert [(one.sequence, one.kind, one.id) for one in waiting] == [
        (1, "start", f"{1:032x}"), (4, "end", f"{1:032x}"),
    ]  # fmt: skip


def test_what_a_crash_left_open_on_a_full_disk_ends_when_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """If the end cannot be stored at the start it is stored later, before anything new, with the reason."""
    monkeypatch.setattr("device.outbox.store._RETRY_S", 0.0)
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        add(box, 1)
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        box._database.execute("PRAGMA query_only = ON")
        assert box.end_running_events() == 1
        assert "make room on the disk" in box.problem
        box._database.execute("PRAGMA query_only = OFF")
        assert add(box, 2) == 3
        assert [one.id for one in box.running_events()] == [f"{2:032x}"]
        end = decode(box.pending(9)[1].payload, ActionEvent)
        assert (end.id, end.kind, end.ended_by, end.sequence) == (f"{1:032x}", "end", "restart", 2)
        assert (box.problem, box.lost) == (None, 0)


def test_a_damaged_file_is_put_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """A file that is no database is kept under another name, and a new outbox begins."""
    (tmp_path / "o.sqlite").write_bytes(b"rubbish " * 1000)
    with Outbox(tmp_path / "o.sqlite", ROOM) as box:
        assert add(box, 1) == 1
    assert (tmp_path / "o.sqlite.damaged-1").read_bytes().startswith(b"rubbish")
    assert "is damaged" in caplog.text


def test_kill_9_loses_no_event_that_was_acknowledged(tmp_path: Path):
    """After SIGKILL at any moment every event that the writer was told is stored is there, no half one, no gap."""
    path = tmp_path / "o.sqlite"
    told = 0
    for pause in range(3):
        command = [sys.executable, "-m", "tests.device.events", str(path)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(13 + 7 * pause):
            told = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        told = max([told, *(int(line) for line in writer.stdout.read().split())])
        with Outbox(path, ROOM) as box:
            stored = sequences(box)
            assert stored == list(range(1, len(stored) + 1))
            assert told <= len(stored) <= told + 1
            pieces = [chunks.decode(entry.payload) for entry in box.pending(10**6) if entry.kind == "delta"]
            assert len(pieces) == 3 * box.counts().deltas


class OutboxMachine(RuleBasedStateMachine):
    """Any order of adding, sending, acknowledging, settling and restarting, against a list in memory."""

    started = Bundle("started")

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "o.sqlite"
        self.box = Outbox(self.path, ROOM)
        self.sequence = 0
        self.events: list[int] = []  # sequences that wait
        self.running: list[str] = []
        self.deltas: dict[str, str] = {}

    def teardown(self) -> None:
        self.box.close()
        self.directory.cleanup()

    def _add(self, event_id: str, kind: str) -> None:
        self.sequence += 1
        self.events.append(self.sequence)
        assert self.box.add_event(lambda n: event(n, event_id=event_id, kind=kind)) == self.sequence

    @rule()
    def start(self) -> None:
        event_id = f"{self.sequence:032x}"
        self._add(event_id, "start")
        self.running.append(event_id)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), kind=st.sampled_from(["update", "end"]))
    def go_on(self, data, kind: str) -> None:
        event_id = data.draw(st.sampled_from(self.running))
        self._add(event_id, kind)
        if kind == "end":
            self.running.remove(event_id)

    @rule(number=st.integers(0, 3), size=st.sampled_from([1, 61_440, 61_441]))
    def add_delta(self, number: int, size: int) -> None:
        self.deltas[f"r{number}"] = self.box.add_delta(TOPICS, f"r{number}", bytes([number]) * size)

    @precondition(lambda self: self.deltas)
    @rule(data=st.data())
    def settle(self, data) -> None:
        round_id = data.draw(st.sampled_from(sorted(self.deltas)))
        assert self.box.settle_delta(self.deltas.pop(round_id))
        assert self.box.has_answered(round_id)

    @rule(data=st.data(), limit=st.integers(1, 6))
    def send_and_acknowledge_some(self, data, limit: int) -> None:
        batch = self.box.pending(limit)
        chosen = [entry for entry in batch if data.draw(st.booleans())]
        self.box.acknowledge(*[entry.id for entry in chosen])
        for entry in chosen:
            if entry.kind == "event":
                self.events.remove(decode(entry.payload, ActionEvent).sequence)

    @rule()
    def restart(self) -> None:
        self.box.close()
        self.box = Outbox(self.path, ROOM)
        assert self.box.end_running_events() == len(self.running)
        for _ in self.running:
            self.sequence += 1
            self.events.append(self.sequence)
        self.running.clear()

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        assert sequences(self.box) == self.events
        assert {one.id for one in self.box.running_events()} == set(self.running)
        assert self.box.counts().deltas == len(self.deltas)
        assert self.box.lost == 0


class TestOutbox(OutboxMachine.TestCase):
    settings = settings(max_examples=15, stateful_step_count=20)
