"""What the database remembers of rounds: their state, the deltas that count, how they ended, what became a release.

Functions take the session of a `Store.write()` or `Store.read()` block, so that the caller decides what is one
transaction: a delta and the round's state that counts it, or a release, the end of its round and the state after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.bundle import Bundle
from core.errors import DeltaError, UnavailableError
from core.messages import RoundClosed, RoundOpen, encode
from core.topics import DeviceTopics
from core.weights import Shapes, decode_delta
from fleet.ingest import AcceptedDelta, payload_limit
from fleet.rounds import State
from fleet.store import Store, get_value, set_value
from fleet.strategies import Update
from fleet.tables import Delta, Release, Request, Round

ROUND_REQUEST = "round"  # what `posefleet fleet round` asks for
_STATE = "rounds"
_ROWS_AT_ONCE = 8  # deltas in memory while they are averaged


def load_state(session: Session) -> State | None:
    """The state of the rounds; None before the first start.

    Raises:
        UnavailableError: it was written by another version of this program.
    """
    text = get_value(session, _STATE)
    try:
        return msgspec.json.decode(text, type=State) if text else None
    except msgspec.MsgspecError as exc:
        raise UnavailableError(
            f"the database holds a round's state that this version cannot read ({exc}); use the version that wrote it"
        ) from exc


def save_state(session: Session, state: State) -> None:
    """Keep the state of the rounds."""
    set_value(session, _STATE, msgspec.json.encode(state).decode())


def add_round(session: Session, opened: RoundOpen, now: datetime) -> None:
    """A round begins."""
    session.add(Round(id=opened.round, opened_at=now, opening=encode(opened).decode()))


def end_round(session: Session, closed: RoundClosed, now: datetime, gate: str | None) -> None:
    """A round is over: its figures stay, the tensors that devices sent for it are erased."""
    row = session.get(Round, closed.round)
    if row is not None:
        row.closed_at, row.outcome, row.accepted, row.reason = now, closed.outcome, closed.accepted, closed.reason
        row.gate = gate
    session.execute(update(Delta).where(Delta.round == closed.round).values(payload=None))


def add_delta(session: Session, accepted: AcceptedDelta, transfer: str, now: datetime) -> None:
    """Keep a delta that counts.

    Raises:
        DeltaError: "duplicate": the device has one in this round.
    """
    header = accepted.header
    session.add(
        Delta(
            round=header.round,
            site=header.site,
            device=header.device,
            received_at=now,
            transfer=transfer,
            samples=header.samples,
            loss_before=header.loss_before,
            loss_after=header.loss_after,
            norm=accepted.norm,
            codec=header.codec,
            payload=accepted.payload,
        )
    )
    try:
        session.flush()
    except IntegrityError as exc:
        who = f"{header.site}/{header.device}"
        raise DeltaError("duplicate", f"a delta of {who} counts already in {header.round}") from exc


def counted_transfer(session: Session, round_id: str, sender: DeviceTopics) -> str | None:
    """Digest of the delta of a device that counts, or counted, in a round."""
    return session.scalar(
        select(Delta.transfer).where(Delta.round == round_id, Delta.site == sender.site, Delta.device == sender.device)
    )


@dataclass(frozen=True)
class Losses:
    """What a device says of its own training."""

    samples: int
    before: float
    after: float


def losses_of(session: Session, round_id: str, *, maximum_weight: int) -> list[Losses]:
    """The devices' own losses in a round."""
    rows = session.execute(select(Delta.samples, Delta.loss_before, Delta.loss_after).where(Delta.round == round_id))
    return [Losses(min(samples, maximum_weight), before, after) for samples, before, after in rows]


@dataclass(frozen=True)
class StoredUpdates:
    """The deltas that count in a round, read a few at a time; may be iterated again and again."""

    store: Store
    round_id: str
    shapes: Shapes
    maximum_weight: int

    def __iter__(self) -> Iterator[Update]:
        """Decode one after the other; a DeltaError says that the database is damaged."""
        query = select(Delta.codec, Delta.payload, Delta.samples).where(Delta.round == self.round_id).order_by(Delta.id)
        with self.store.read() as session:
            for codec, payload, samples in session.execute(query).yield_per(_ROWS_AT_ONCE):
                delta = decode_delta(codec, payload or b"", self.shapes, max_bytes=payload_limit(self.shapes))
                yield Update(delta, min(samples, self.maximum_weight))


def add_release(session: Session, bundle: Bundle, round_id: str | None) -> None:
    """A release is made, and is the current one from now on."""
    session.merge(
        Release(
            version=bundle.manifest.version,
            created_at=bundle.manifest.created_at,
            round=round_id,
            signed=encode(bundle.signed).decode(),
        )
    )


def latest_version(session: Session) -> int | None:
    """The version of the current release."""
    return session.scalar(select(func.max(Release.version)))


def add_request(session: Session, what: str, now: datetime) -> Request:
    """Ask the running service for something."""
    request = Request(at=now, what=what)
    session.add(request)
    session.flush()
    return request


def open_requests(session: Session) -> list[Request]:
    """What operators ask for, oldest first."""
    return list(session.scalars(select(Request).where(Request.granted.is_(None)).order_by(Request.id)))


def answer_request(session: Session, request_id: int, text: str, *, granted: bool) -> None:
    """Answer a request that was not withdrawn meanwhile."""
    session.execute(update(Request).where(Request.id == request_id).values(answer=text, granted=granted))


def find_answer(session: Session, request_id: int) -> Request | None:
    """The request with its answer; None while the service has said nothing."""
    return session.scalar(select(Request).where(Request.id == request_id, Request.granted.is_not(None)))


def withdraw_request(session: Session, request_id: int) -> bool:
    """Take a request back; False if it was answered already."""
    taken = session.execute(
        delete(Request).where(Request.id == request_id, Request.granted.is_(None)).returning(Request.id)
    )
    return taken.first() is not None
