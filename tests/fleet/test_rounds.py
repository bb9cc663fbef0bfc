"""The rounds' state machine: what every sequence of messages must keep, and the ends that a round can have."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.messages import RoundMessage, decode, encode
from fleet.rounds import (
    Abort,
    Aggregate,
    Aggregated,
    Counted,
    OpenNow,
    Phase,
    Policy,
    PublishClosed,
    PublishOpen,
    State,
    Tick,
    resume,
    step,
)

START = datetime(2025, 6, 1, 12, tzinfo=UTC)
POLICY = Policy(
    group="default",
    automatic=True,
    total=3,
    pause_s=60,
    goal=3,
    quorum=2,
    deadline_s=100,
    epochs=2,
    learning_rate=0.05,
    batch=16,
    clip_norm=5.0,
    codec="int8",
    minimum_samples=10,
    fraction=1.0,
)


def at(seconds: float) -> datetime:
    """A moment."""
    return START + timedelta(seconds=seconds)


def opened() -> State:
    """A state with an open round."""
    return step(State(base=4), Tick(able=True), START, POLICY)[0]


def counted(*devices: str) -> State:
    """A state with an open round in which these devices count."""
    state = opened()
    for device in devices:
        state, _ = step(state, Counted(device), at(1), POLICY)
    return state


def test_schedule_opens_a_round_from_the_current_release():
    """The first tick at which a round makes sense opens one, and its message says all that devices need."""
    state, actions = step(State(base=4), Tick(able=True), START, POLICY)
    assert state.phase is Phase.OPEN
    assert actions == (PublishOpen(state.round),)
    assert (state.round.base, state.round.goal, state.round.deadline) == (4, 3, at(100))
    assert decode(encode(state.round), RoundMessage) == state.round


def test_nothing_opens_while_it_makes_no_sense():
    """Without a broker or enough devices, within the pause, or after the last round, ticks change nothing."""
    state = State(base=4)
    assert step(state, Tick(able=False), START, POLICY) == (state, ())
    pausing = State(base=4, resume_at=at(10))
    assert step(pausing, Tick(able=True), at(9), POLICY) == (pausing, ())
    done = State(base=4, opened=5, scheduled=3)
    assert step(done, Tick(able=True), START, POLICY) == (done, ())


def test_operator_opens_rounds_beyond_the_schedule():
    """A request opens a round when the schedule has ended, and does not count as one of its rounds."""
    state, _ = step(State(base=4, opened=3, scheduled=3, resume_at=at(500)), OpenNow(), START, POLICY)
    assert (state.phase, state.opened, state.scheduled) == (Phase.OPEN, 4, 3)


def test_goal_closes_at_once():
    """The delta that reaches the goal starts the averaging, long before the deadline."""
    state, actions = step(counted("a/1", "a/2"), Counted("a/3"), at(2), POLICY)
    assert state.phase is Phase.CLOSING
    assert actions == (Aggregate(state.round),)


def test_deadline_closes_with_a_quorum_and_ends_without():
    """At the deadline two of three deltas are averaged; one of three is not."""
    state, actions = step(counted("a/1", "a/2"), Tick(able=False), at(100), POLICY)
    assert (state.phase, actions) == (Phase.CLOSING, (Aggregate(state.round),))
    state, (closed,) = step(counted("a/1"), Tick(able=True), at(100), POLICY)
    assert state.phase is Phase.IDLE
    assert (closed.closed.outcome, closed.closed.accepted) == ("no_quorum", 1)


def test_end_of_averaging_moves_the_base():
    """After a release the next round starts from it, after the pause."""
    closing, _ = step(counted("a/1", "a/2"), Counted("a/3"), at(2), POLICY)
    state, (closed,) = step(closing, Aggregated("released", "better", 5), at(3), POLICY)
    assert (state.phase, state.base, state.resume_at) == (Phase.IDLE, 5, at(63))
    assert (closed.closed.outcome, closed.closed.accepted, closed.closed.reason) == ("released", 3, "better")
    following, _ = step(state, Tick(able=True), at(63), POLICY)
    assert following.round.base == 5
    assert following.round.round != closing.round.round


def test_round_names_differ_even_after_everything_was_lost():
    """A reinstalled aggregator that counts from one again does not name a round that devices remember."""
    first, _ = step(State(base=1), OpenNow(), START, POLICY)
    second, _ = step(State(base=1), OpenNow(), at(86400), POLICY)
    assert first.round.round != second.round.round


class Rounds(RuleBasedStateMachine):
    """Any sequence of messages, with crashes in between, against a plain model of what must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.state = State(base=1)
        self.wanted: set[str] = set()
        self.ended: list[str] = []

    def send(self, message) -> None:
        before = self.state
        self.state, actions = step(before, message, self.now, POLICY)
        for action in actions:
            if isinstance(action, PublishOpen):
                assert before.phase is Phase.IDLE
                self.wanted = set()
            elif isinstance(action, PublishClosed):
                assert action.closed.round not in self.ended
                assert action.closed.accepted == len(self.wanted)
                self.ended.append(action.closed.round)
            else:
                assert self.state.phase is Phase.CLOSING
                assert len(self.wanted) >= POLICY.quorum

    @rule(able=st.booleans(), seconds=st.sampled_from([0, 1, 30, 120]))
    def tick(self, able: bool, seconds: int) -> None:  # noqa: FBT001
        self.now += timedelta(seconds=seconds)
        self.send(Tick(able=able))

    @rule()
    def request(self) -> None:
        self.send(OpenNow())

    @rule(device=st.sampled_from(["a/1", "a/2", "a/3", "b/1"]))
    def delta(self, device: str) -> None:
        if self.state.phase is Phase.OPEN:
            self.wanted.add(device)
        self.send(Counted(device))

    @precondition(lambda self: self.state.phase is Phase.CLOSING)
    @rule(outcome=st.sampled_from(["released", "rejected", "aborted"]))
    def aggregated(self, outcome: str) -> None:
        base = self.state.base + (outcome == "released")
        self.send(Aggregated(outcome, "because", base))
        assert self.state.base == base

    @rule()
    def abort(self) -> None:
        self.send(Abort("the operator said so"))

    @rule()
    def crash(self) -> None:
        """All that is left is what was stored; it is enough, and doing again what `resume` says changes nothing."""
        self.state = msgspec.json.decode(msgspec.json.encode(self.state), type=State)
        expected = {Phase.IDLE: PublishClosed, Phase.OPEN: PublishOpen, Phase.CLOSING: Aggregate}[self.state.phase]
        assert all(isinstance(action, expected) for action in resume(self.state))

    @invariant()
    def no_device_counts_twice(self) -> None:
        assert len(set(self.state.counted)) == len(self.state.counted)
        assert set(self.state.counted) == (self.wanted if self.state.phase is not Phase.IDLE else set())

    @invariant()
    def a_round_exists_exactly_while_one_runs(self) -> None:
        assert (self.state.round is None) == (self.state.phase is Phase.IDLE)
        assert self.state.scheduled <= min(POLICY.total, self.state.opened)
        assert len(self.ended) == self.state.opened - (self.state.phase is not Phase.IDLE)


TestRounds = Rounds.TestCase
TestRounds.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
