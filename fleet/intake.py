"""Chunks on delta topics -> checked deltas. Knows who may send and what was counted; decides nothing about rounds."""

from core.chunks import Chunk
from core.errors import DeltaError
from core.messages import RoundOpen
from core.topics import DeviceTopics
from core.weights import Shapes
from fleet.devices import enrolment_of, name_of
from fleet.ingest import AcceptedDelta, Transfers, check_delta, payload_limit, require_enrolment
from fleet.records import counted_transfer
from fleet.store import Store


class CountedBeforeError(DeltaError):
    """The very same delta counts already: its receipt was lost, so the device sent it again and gets another one."""


class Intake:
    """Takes chunk after chunk. Strangers and devices in quarantine get no memory here, only an answer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._transfers = Transfers()

    def take(
        self, sender: DeviceTopics, round_id: str, chunk: Chunk, *, round_open: RoundOpen | None, shapes: Shapes
    ) -> AcceptedDelta | None:
        """A whole and right delta, or None when there is nothing to say yet.

        Args:
            round_id: as the topic says.
            round_open: the open round.
            shapes: of the current release's tensors.

        Raises:
            DeltaError: it is refused, for the reasons of `fleet.ingest`; one answer a transfer.
        """
        with self._store.read() as session:
            enrolment = enrolment_of(session, sender)
            known = counted_transfer(session, round_id, sender)
        try:
            require_enrolment(sender, enrolment)
            if known == chunk.transfer:
                raise CountedBeforeError("duplicate", f"the delta of {name_of(sender)} in {round_id} counts already")
        except DeltaError:
            if chunk.index > 0:
                return None
            raise
        package = self._transfers.add(sender, chunk, limit=payload_limit(shapes))
        if package is None:
            return None
        return check_delta(
            package,
            sender=sender,
            enrolment=enrolment,
            round_open=round_open,
            already_counted=known is not None and round_open is not None and round_id == round_open.round,
            shapes=shapes,
        )
