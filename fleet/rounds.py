"""Rounds as a pure state machine: (state, message, now) -> (state, actions). No clock, no network, no database.

    idle --(schedule or operator)--> open --(goal, or deadline with quorum)--> closing --(aggregated)--> idle
                                     open --(deadline without quorum, or abort)-----------------------> idle

- The state is one small record. Whoever drives the machine stores it together with what the message was about, in
  one transaction, and only then carries the actions out; after a crash, `resume` says which to carry out again.
- A device counts at most once a round, and only while the round is open.
- Actions may be carried out twice: publishing again changes nothing, and aggregating starts from stored deltas.

    state, actions = step(state, Tick(able=True), now, policy)
"""

import hashlib
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

import msgspec

from core.messages import DeltaCodec, RoundClosed, RoundOpen

MAX_REASON = 400  # core.messages.Text


class Phase(Enum):
    """Where the machine is."""

    IDLE = "idle"
    OPEN = "open"
    CLOSING = "closing"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator wants of rounds; see fleet.settings.RoundSection for each."""

    group: str
    automatic: bool
    total: int | None
    pause_s: float
    goal: int
    quorum: int
    deadline_s: float
    epochs: int
    learning_rate: float
    batch: int
    clip_norm: float
    codec: DeltaCodec
    minimum_samples: int
    fraction: float


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that must survive a crash.

    Attributes:
        base: version of the current release.
        opened: rounds opened so far, which numbers them.
        scheduled: how many of these the schedule opened.
        counted: devices ("site/device") whose delta counts in this round, in order of arrival.
        last: the end of the latest round.
        resume_at: the schedule opens nothing before.
    """

    base: int
    phase: Phase = Phase.IDLE
    opened: int = 0
    scheduled: int = 0
    round: RoundOpen | None = None
    counted: tuple[str, ...] = ()
    last: RoundClosed | None = None
    resume_at: datetime | None = None


class Tick(msgspec.Struct, frozen=True):
    """Time passes. `able`: the broker is there and enough devices are enrolled to make a round worth opening."""

    able: bool


class OpenNow(msgspec.Struct, frozen=True):
    """The operator wants a round; ignored while there is one."""


class Counted(msgspec.Struct, frozen=True):
    """A device's delta passed every check."""

    device: str


class Abort(msgspec.Struct, frozen=True):
    """The round cannot go on."""

    reason: str


class Aggregated(msgspec.Struct, frozen=True):
    """The deltas of the closing round were averaged and judged; `base` is the current release from now on."""

    outcome: Literal["released", "rejected", "aborted"]
    reason: str
    base: int


Message = Tick | OpenNow | Counted | Abort | Aggregated


class PublishOpen(msgspec.Struct, frozen=True):
    """Tell the devices that the round is open."""

    round: RoundOpen


class PublishClosed(msgspec.Struct, frozen=True):
    """Tell the devices that the round is over."""

    closed: RoundClosed


class Aggregate(msgspec.Struct, frozen=True):
    """Average and judge what was counted in this round; answer with `Aggregated`."""

    round: RoundOpen


Action = PublishOpen | PublishClosed | Aggregate
Step = tuple[State, tuple[Action, ...]]


def step(state: State, message: Message, now: datetime, policy: Policy) -> Step:
    """What a message does; what does not fit the state changes nothing."""
    match message:
        case Tick(able=able):
            return _tick(state, now, policy, able=able)
        case OpenNow() if state.phase is Phase.IDLE:
            return _open(state, now, policy, scheduled=False)
        case Counted(device=device) if state.phase is Phase.OPEN and device not in state.counted:
            counted = msgspec.structs.replace(state, counted=(*state.counted, device))
            return _close_if_due(counted, now, policy)
        case Abort(reason=reason) if state.phase is not Phase.IDLE:
            return _end(state, now, policy, outcome="aborted", reason=reason)
        case Aggregated() if state.phase is Phase.CLOSING:
            moved = msgspec.structs.replace(state, base=message.base)
            return _end(moved, now, policy, outcome=message.outcome, reason=message.reason)
        case _:
            return state, ()


def resume(state: State) -> tuple[Action, ...]:
    """What to do, or do again, after a restart or a new connection."""
    if state.phase is Phase.IDLE:
        return (PublishClosed(state.last),) if state.last else ()
    assert state.round is not None
    return (PublishOpen(state.round),) if state.phase is Phase.OPEN else (Aggregate(state.round),)


def _tick(state: State, now: datetime, policy: Policy, *, able: bool) -> Step:
    if state.phase is Phase.OPEN:
        return _close_if_due(state, now, policy)
    due = state.resume_at is None or now >= state.resume_at
    left = policy.total is None or state.scheduled < policy.total
    if state.phase is Phase.IDLE and policy.automatic and able and due and left:
        return _open(state, now, policy, scheduled=True)
    return state, ()


def _open(state: State, now: datetime, policy: Policy, *, scheduled: bool) -> Step:
    number = state.opened + 1
    # The time keeps a new round apart from those before a reinstalled aggregator, which devices may remember.
    name = f"round-{number}-{now:%Y%m%dt%H%M%S}"
    opened = RoundOpen(
        round=name,
        group=policy.group,
        base=state.base,
        epochs=policy.epochs,
        learning_rate=policy.learning_rate,
        batch=policy.batch,
        clip_norm=policy.clip_norm,
        codec=policy.codec,
        minimum_samples=policy.minimum_samples,
        fraction=policy.fraction,
        goal=policy.goal,
        deadline=now + timedelta(seconds=policy.deadline_s),
        seed=int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]),
    )
    following = msgspec.structs.replace(
        state,
        phase=Phase.OPEN,
        opened=number,
        scheduled=state.scheduled + scheduled,
        round=opened,
        counted=(),
    )
    return following, (PublishOpen(opened),)


def _close_if_due(state: State, now: datetime, policy: Policy) -> Step:
    assert state.round is not None
    late = now >= state.round.deadline
    if len(state.counted) >= state.round.goal or (late and len(state.counted) >= policy.quorum):
        return msgspec.structs.replace(state, phase=Phase.CLOSING), (Aggregate(state.round),)
    if late:
        reason = f"{len(state.counted)} of at least {policy.quorum} deltas came in time"
        return _end(state, now, policy, outcome="no_quorum", reason=reason)
    return state, ()


def _end(
    state: State,
    now: datetime,
    policy: Policy,
    *,
    outcome: Literal["released", "rejected", "no_quorum", "aborted"],
    reason: str,
) -> Step:
    assert state.round is not None
    closed = RoundClosed(
        round=state.round.round,
        group=state.round.group,
        outcome=outcome,
        accepted=len(state.counted),
        reason=reason[:MAX_REASON],
    )
    following = msgspec.structs.replace(
        state,
        phase=Phase.IDLE,
        round=None,
        counted=(),
        last=closed,
        resume_at=now + timedelta(seconds=policy.pause_s),
    )
    return following, (PublishClosed(closed),)
