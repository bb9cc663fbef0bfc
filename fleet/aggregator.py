"""The aggregator without its connection: messages in, publications out, everything that counts in the store.

It is driven from one thread: `connected` whenever there is a new connection, `handle` for every message,
`tick` at least every second. Time comes from the caller. After a crash at any point a new Aggregator on the same state
directory goes on: what was accepted counts once, a round that was closing is averaged again from the stored deltas, and
nothing is published before the store has it.
"""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from core import chunks, topics
from core.architecture import parameter_shapes
from core.errors import DeltaError
from core.messages import Message, Receipt, Status, decode, encode
from core.signing import SigningKey
from core.topics import DeviceTopics
from fleet import devices, records, rounds
from fleet.candidate import Judge, Verdict
from fleet.catalogue import Catalogue
from fleet.gate import read_evaluation
from fleet.ingest import AcceptedDelta, FaultyDeltaError
from fleet.intake import CountedBeforeError, Intake
from fleet.records import ROUND_REQUEST
from fleet.settings import FleetSettings
from fleet.store import Store
from fleet.tables import Request

log = logging.getLogger(__name__)

Publish = Callable[[str, bytes, bool], int | None]
"""(topic, payload, retained) -> message id, or None without a connection: then `connected` will say it again."""

SUBSCRIPTIONS = (topics.ALL_STATUS, topics.ALL_DELTAS)
_OWN_TOPICS = tuple(f"{topics.ROOT}/{site}/" for site in topics.RESERVED_SITES)
_MAX_DETAIL = 400  # core.messages.Text


class Aggregator:
    """See the module.

    Raises:
        PosefleetError: a key, a release, the evaluation file or the database cannot be used.
    """

    def __init__(self, settings: FleetSettings, store: Store, publish: Publish, *, now: datetime) -> None:
        key = SigningKey.load_or_create(settings.fleet.key_file)
        gate = settings.gate
        evaluation = read_evaluation(gate.evaluation) if gate.evaluation else None
        self._settings = settings
        self._store = store
        self._publish = publish
        policy = settings.rounds.model_dump() | {"group": settings.fleet.group}
        self._policy = msgspec.convert(policy, rounds.Policy)
        self._judge = Judge(settings.rounds, gate, evaluation, key)
        self._catalogue = Catalogue(
            store,
            directory=settings.fleet.releases,
            initial=settings.release.initial,
            channel=settings.fleet.channel,
            public_key=key.public,
            now=now,
        )
        self._intake = Intake(store)
        self._statuses: dict[str, tuple[Status, datetime]] = {}
        self._manifest_message: int | None = None
        self._released = False
        self._state = self._restore(now)
        log.info(
            "release %s, rounds: %s; devices must trust key %s",
            self._catalogue.current.manifest.model,
            self._state.phase.value,
            key.public,
        )

    @property
    def release_acknowledged(self) -> bool:
        """True once the broker has the current release."""
        return self._released

    def connected(self, now: datetime) -> None:
        """Say again what the broker should keep: it may be a new one, or have missed what happened meanwhile."""
        self._publish_release()
        self._act(rounds.resume(self._state), now)

    def tick(self, now: datetime, *, connected: bool) -> None:
        """Let time pass: statuses to the store, requests from operators, deadlines."""
        self.flush()
        with self._store.read() as session:
            able = devices.count_able(session)
            requested = records.open_requests(session)
        for request in requested:
            self._answer_request(request, now, able=able)
        if self._state.phase is rounds.Phase.CLOSING:  # averaging was interrupted, for example by a full disk
            self._act(rounds.resume(self._state), now)
        self._advance(rounds.Tick(able=connected and able >= self._policy.quorum), now)

    def flush(self) -> None:
        """Statuses to the store, many in one transaction."""
        heard, self._statuses = self._statuses, {}
        if heard:
            with self._store.write() as session:
                devices.note_statuses(session, heard.values())

    def acknowledged(self, message: int) -> None:
        """The broker has a publication of this id."""
        self._released = self._released or message == self._manifest_message

    def handle(self, topic: str, payload: bytes, now: datetime) -> None:
        """Take a message. What is wrong with it is one line in the log."""
        sender = topics.device_of(topic)
        leaf = topic.split("/")[4:]
        if sender is not None and leaf == ["status"]:
            self._handle_status(sender, payload, now)
        elif sender is not None and len(leaf) == 3 and leaf[0] == "delta":  # noqa: PLR2004 - delta/<round>/<n>
            self._handle_chunk(sender, leaf[1], payload, now)
        elif not topic.startswith(_OWN_TOPICS):  # amqtt hands us back what we published, subscribed to or not
            log.warning("ignored a message on %.200s: not a topic of a device", topic)

    def _restore(self, now: datetime) -> rounds.State:
        """The state that the last process left; a round from another release than the current one is given up."""
        version = self._catalogue.version
        with self._store.write() as session:
            state = records.load_state(session) or rounds.State(base=version)
            if state.round is not None and state.round.base != version:
                reason = f"the current release is {version}, no longer {state.round.base}"
                state, actions = rounds.step(state, rounds.Abort(reason), now, self._policy)
                self._record(session, state, actions, now)
            state = msgspec.structs.replace(state, base=version)
            records.save_state(session, state)
        return state

    def _answer_request(self, request: Request, now: datetime, *, able: int) -> None:
        granted = False
        if request.what != ROUND_REQUEST:
            answer = f"this version does not know the request {request.what!r}"
        elif self._state.round is not None:
            answer = f"{self._state.round.round} is open already"
        elif able < self._policy.quorum:
            answer = f"{able} devices are enrolled and not in quarantine; the quorum is {self._policy.quorum}"
        else:
            self._advance(rounds.OpenNow(), now)
            granted = self._state.round is not None
            answer = f"{self._state.round.round} is open" if self._state.round else "the round ended at once"
        with self._store.write() as session:
            records.answer_request(session, request.id, answer, granted=granted)

    def _handle_status(self, sender: DeviceTopics, payload: bytes, now: datetime) -> None:
        try:
            status = decode(payload, Status)
            if (status.site, status.device) != (sender.site, sender.device):
                raise ValueError(f"it speaks for {status.site}/{status.device}")
        except ValueError as exc:
            log.warning("ignored a status of %s: %s", devices.name_of(sender), exc)
        else:
            # A retained status may be old; a device's clock may be ahead.
            self._statuses[devices.name_of(sender)] = (status, min(status.at, now))

    def _handle_chunk(self, sender: DeviceTopics, round_id: str, payload: bytes, now: datetime) -> None:
        try:
            topics.check_name(round_id)
            chunk = chunks.decode(payload)
        except ValueError as exc:
            log.warning("refused a delta of %s (malformed): %s", devices.name_of(sender), exc)
            return
        receipt = Receipt(round=round_id, transfer=chunk.transfer, accepted=True, reason="accepted")
        round_open = self._state.round if self._state.phase is rounds.Phase.OPEN else None
        shapes = parameter_shapes(self._catalogue.current.manifest.architecture)
        try:
            accepted = self._intake.take(sender, round_id, chunk, round_open=round_open, shapes=shapes)
            if accepted is None:
                return
            # Stored and counted first; the receipt, and what a full round leads to, come after.
            actions = self._count(sender, accepted, chunk.transfer, now)
        except CountedBeforeError as exc:
            log.info("%s; told the device again", exc)
            self._answer(sender, msgspec.structs.replace(receipt, reason=exc.reason, detail=str(exc)))
        except DeltaError as exc:
            self._refuse(sender, exc, now)
            detail = str(exc)[:_MAX_DETAIL]
            self._answer(sender, msgspec.structs.replace(receipt, accepted=False, reason=exc.reason, detail=detail))
        else:
            self._answer(sender, receipt)
            self._act(actions, now)

    def _count(
        self, sender: DeviceTopics, accepted: AcceptedDelta, transfer: str, now: datetime
    ) -> tuple[rounds.Action, ...]:
        state, actions = rounds.step(self._state, rounds.Counted(devices.name_of(sender)), now, self._policy)
        with self._store.write() as session:
            records.add_delta(session, accepted, transfer, now)
            devices.note_accepted(session, sender)
            self._record(session, state, actions, now)
        self._state = state
        log.info(
            "accepted the delta of %s: %d samples, loss %.3f -> %.3f, norm %.3f",
            devices.name_of(sender),
            accepted.header.samples,
            accepted.header.loss_before,
            accepted.header.loss_after,
            accepted.norm,
        )
        return actions

    def _refuse(self, sender: DeviceTopics, error: DeltaError, now: datetime) -> None:
        log.warning("refused a delta of %s (%s): %s", devices.name_of(sender), error.reason, error)
        with self._store.write() as session:
            devices.note_refusal(session, sender, now, own_fault=isinstance(error, FaultyDeltaError))

    def _answer(self, sender: DeviceTopics, receipt: Receipt) -> None:
        self._publish(sender.inbox, encode(receipt), False)

    def _advance(self, message: rounds.Message, now: datetime, verdict: Verdict | None = None) -> None:
        """One step of the rounds: stored as a whole, then acted upon."""
        state, actions = rounds.step(self._state, message, now, self._policy)
        if state == self._state:
            return
        with self._store.write() as session:
            self._record(session, state, actions, now, verdict)
        self._state = state
        if verdict is not None and verdict.bundle is not None:
            self._catalogue.move_to(verdict.bundle)
            self._publish_release()
        self._act(actions, now)

    def _record(
        self,
        session: Session,
        state: rounds.State,
        actions: tuple[rounds.Action, ...],
        now: datetime,
        verdict: Verdict | None = None,
    ) -> None:
        records.save_state(session, state)
        for action in actions:
            if isinstance(action, rounds.PublishOpen):
                records.add_round(session, action.round, now)
                devices.record(session, now, "round opened", action.round.round, f"base {action.round.base}")
            elif isinstance(action, rounds.PublishClosed):
                report = msgspec.json.encode(verdict.report).decode() if verdict and verdict.report else None
                records.end_round(session, action.closed, now, report)
                devices.record(
                    session, now, f"round {action.closed.outcome}", action.closed.round, action.closed.reason
                )
        if verdict is not None and verdict.bundle is not None:
            assert state.last is not None
            records.add_release(session, verdict.bundle, state.last.round)
            devices.record(session, now, "released", verdict.bundle.manifest.model, verdict.reason)

    def _act(self, actions: tuple[rounds.Action, ...], now: datetime) -> None:
        for action in actions:
            match action:
                case rounds.PublishOpen(round=opened):
                    log.info("%s is open until %s", opened.round, opened.deadline.isoformat(timespec="seconds"))
                    self._publish_round(opened)
                case rounds.PublishClosed(closed=closed):
                    log.info(
                        "%s is over: %s, %d deltas; %s", closed.round, closed.outcome, closed.accepted, closed.reason
                    )
                    self._publish_round(closed)
                case rounds.Aggregate(round=closing):
                    self._aggregate(closing.round, now)

    def _aggregate(self, round_id: str, now: datetime) -> None:
        base = self._catalogue.current
        with self._store.read() as session:
            losses = records.losses_of(session, round_id, maximum_weight=self._settings.rounds.maximum_weight)
        version = self._catalogue.version + 1
        verdict = self._judge.conclude(base, self._store, round_id, losses, version=version, now=now)
        if verdict.bundle is not None:
            self._catalogue.keep(verdict.bundle)
        following = version if verdict.bundle is not None else self._catalogue.version
        self._advance(rounds.Aggregated(verdict.outcome, verdict.reason, following), now, verdict)

    def _publish_round(self, message: Message) -> None:
        self._publish(topics.rounds(self._policy.group), encode(message), True)

    def _publish_release(self) -> None:
        manifest = topics.release_manifest(self._settings.fleet.channel)
        for message in self._catalogue.messages():
            number = self._publish(message.topic, message.payload, True)
            if message.topic == manifest:
                self._manifest_message = number
