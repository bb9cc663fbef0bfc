"""Deltas from outside: what is checked, in which order, and the word for each refusal. Pure; nothing is stored here.

    malformed       not a delta, or tensors that cannot be read         codec, too_large  as it says
    unknown_device  nobody enrolled the sender                         quarantined       it was refused too often
    forged          signed by another key, or in another's name        duplicate         its delta counts already
    no_round        none is open                                       wrong_round       it is for another one
    wrong_base      a difference from another release                  shape, not_finite, norm   as they say

Checks that cost little and need no trust come first; tensors are only unpacked when all else is right.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

from core.chunks import CHUNK_BYTES, Assembler, Chunk
from core.delta import DeltaHeader, SignedDelta, check_origin, open_delta
from core.errors import DeltaError
from core.messages import RoundOpen
from core.topics import DeviceTopics
from core.weights import Shapes, decode_delta, global_norm

NORM_SLACK = 1.05  # a clipped delta may grow a little where int8 rounds it
_ENVELOPE_BYTES = 4096  # header, signature and framing around the tensors
_MAX_SENDERS = 256  # unfinished transfers kept at once, one a device


class FaultyDeltaError(DeltaError):
    """The device itself signed this and it is unusable: its own fault, which counts towards its quarantine."""


@dataclass(frozen=True)
class Enrolment:
    """What ingest must know of a sender."""

    key: str
    quarantined: bool = False


@dataclass(frozen=True)
class AcceptedDelta:
    """A delta that passed every check; `payload` are its compressed tensors as they came."""

    header: DeltaHeader
    payload: bytes
    norm: float


def check_delta(
    package: bytes,
    *,
    sender: DeviceTopics,
    enrolment: Enrolment | None,
    round_open: RoundOpen | None,
    already_counted: bool,
    shapes: Shapes,
) -> AcceptedDelta:
    """Check a delta that came on a device's topic.

    Args:
        sender: the device whose topic it came on.
        enrolment: of that device, None if it has none.
        round_open: the open round, None if there is none.
        already_counted: a delta of this device counts in the open round.
        shapes: of the model that the round starts from.

    Raises:
        DeltaError: see the module for the reasons; a FaultyDeltaError where the device is to blame.
    """
    delta = open_delta(package)
    _check_sender(delta, sender, enrolment)
    header = delta.header
    _check_round(header, round_open)
    assert round_open is not None
    if already_counted:
        raise DeltaError("duplicate", f"a delta of {_name(sender)} counts already in {round_open.round}")
    return AcceptedDelta(header, delta.payload, _check_tensors(delta, round_open, shapes))


def require_enrolment(sender: DeviceTopics, enrolment: Enrolment | None) -> Enrolment:
    """The enrolment of a device that may send deltas.

    Raises:
        DeltaError: "unknown_device" or "quarantined".
    """
    if enrolment is None:
        remedy = f"posefleet fleet enrol {_name(sender)} PUBLIC_KEY"
        raise DeltaError("unknown_device", f"{_name(sender)} is not enrolled; if it is yours: {remedy}")
    if enrolment.quarantined:
        raise DeltaError(
            "quarantined", f"{_name(sender)} was refused too often; mend it, then enrol it again to lift the quarantine"
        )
    return enrolment


def payload_limit(shapes: Shapes) -> int:
    """The most bytes that an honest delta of these shapes has, unpacked: float32 and a header."""
    numbers = sum(math.prod(shape) for shape in shapes.values())
    return 4 * numbers + 512 * (len(shapes) + 1)


def _check_sender(delta: SignedDelta, sender: DeviceTopics, enrolment: Enrolment | None) -> None:
    known = require_enrolment(sender, enrolment)
    claimed = f"{delta.header.site}/{delta.header.device}"
    if claimed != _name(sender):
        raise DeltaError("forged", f"a delta in the name of {claimed} came from {_name(sender)}")
    check_origin(delta, known.key)


def _check_round(header: DeltaHeader, round_open: RoundOpen | None) -> None:
    who = f"{header.site}/{header.device}"
    if round_open is None:
        raise DeltaError("no_round", f"the delta of {who} is for {header.round}, but no round is open")
    if header.round != round_open.round:
        raise DeltaError("wrong_round", f"the delta of {who} is for {header.round}; open is {round_open.round}")
    if header.base != round_open.base:
        raise DeltaError(
            "wrong_base",
            f"the delta of {who} is a difference from release {header.base}; {round_open.round} starts from "
            f"release {round_open.base}",
        )


def _check_tensors(delta: SignedDelta, round_open: RoundOpen, shapes: Shapes) -> float:
    header = delta.header
    who = f"{header.site}/{header.device}"
    try:
        if header.codec != round_open.codec:
            raise DeltaError("codec", f"it is {header.codec}; {round_open.round} asks for {round_open.codec}")
        tensors = decode_delta(header.codec, delta.payload, shapes, max_bytes=payload_limit(shapes))
    except DeltaError as error:
        raise FaultyDeltaError(error.reason, f"the delta of {who} cannot be used: {error}") from error
    norm = global_norm(tensors)
    limit = round_open.clip_norm * NORM_SLACK
    if not norm <= limit:
        raise FaultyDeltaError("norm", f"the delta of {who} has norm {norm:.3g}; at most {limit:.3g} is accepted")
    return norm


def _name(sender: DeviceTopics) -> str:
    return f"{sender.site}/{sender.device}"


class Transfers:
    """Puts the chunks of deltas together, one unfinished transfer a device, within a memory bound.

    Chunks of one device never meet those of another. When too many devices send at once, the one that was silent
    longest starts again (it gets no receipt, so it will).
    """

    def __init__(self) -> None:
        self._assemblers: OrderedDict[str, Assembler] = OrderedDict()

    def add(self, sender: DeviceTopics, chunk: Chunk, *, limit: int) -> bytes | None:
        """Take a chunk; return the package when it is complete.

        Args:
            limit: `payload_limit` of the model.

        Raises:
            DeltaError: "too_large" or "malformed".
        """
        longest = limit + _ENVELOPE_BYTES
        if (chunk.count - 1) * CHUNK_BYTES > longest:
            if chunk.index > 0:
                return None
            raise DeltaError("too_large", f"the delta of {_name(sender)} has {chunk.count} chunks, far too many")
        assembler = self._assemblers.pop(_name(sender), None) or Assembler(max_bytes=longest + CHUNK_BYTES)
        try:
            whole = assembler.add(chunk)
        except ValueError as error:
            raise DeltaError("malformed", f"the delta of {_name(sender)} is broken: {error}") from error
        if whole is None:
            self._assemblers[_name(sender)] = assembler
            while len(self._assemblers) > _MAX_SENDERS:
                self._assemblers.popitem(last=False)
        return whole
