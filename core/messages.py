"""Everything that travels as a message: the closed list, typed, versioned and frozen.

A device publishes `FromDevice` and nothing else; none of these types has a field that could hold a picture or a
keypoint. JSON payloads decode with `decode`, which refuses unknown types, unknown fields and wrong values; binary
chunks are in `core.chunks`. The JSON Schemas in docs/schemas/ are generated from here (`posefleet schema`).

    payload = encode(Receipt(...))
    receipt = decode(payload, Receipt)
"""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from core.topics import NAME_PATTERN

MAX_MESSAGE_BYTES = 64 * 1024

Name = Annotated[str, Meta(pattern=NAME_PATTERN, max_length=64, description="a-z 0-9 - _")]
Label = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="an action, as the model names it")]
Text = Annotated[str, Meta(max_length=400, description="a sentence for a person")]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256, hexadecimal")]
Key = Annotated[str, Meta(pattern="^[A-Za-z0-9+/]{43}=$", description="Ed25519 public key, base64")]
Time = Annotated[datetime, Meta(tz=True, description="RFC 3339, UTC, the wall clock of the sender")]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Milliseconds = Annotated[float, Meta(ge=0)]

CameraState = Literal["starting", "ok", "lost", "ended", "resting"]
EndedBy = Literal["finished", "person_left", "camera_lost", "stopped", "restart"]
DeltaCodec = Literal["float32", "int8"]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """A JSON payload. `v` is raised when a field changes its meaning."""

    v: Literal[1] = 1


class ActionEvent(Message, frozen=True, kw_only=True, tag="action_event"):
    """Someone began, goes on with, or has ended an action.

    One `id` runs through start, updates and end. `sequence` counts the events of a device without gaps, so that a
    subscriber sees a loss; receiving an event twice is harmless.
    """

    id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    sequence: Annotated[int, Meta(ge=1)]
    site: Name
    device: Name
    camera: Annotated[Name, Meta(description="who saw it, where a device has several cameras")] | None = None
    zone: Annotated[Name, Meta(description="where the person was at the start, where zones are set")] | None = None
    kind: Literal["start", "update", "end"]
    action: Label
    confidence: Share
    person: Annotated[int, Meta(ge=0, description="track number, new for every appearance; no identity")]
    started_at: Time
    ended_at: Time | None = None
    ended_by: EndedBy | None = None
    model: Annotated[str, Meta(max_length=80, description="name and version of the deciding model")]


class CurrentAction(Message, frozen=True, kw_only=True, tag="current_action"):
    """What is being done now, for switches and dashboards; `background` when nothing of interest is."""

    site: Name
    device: Name
    camera: Annotated[Name, Meta(description="who sees it, where a device has several cameras")] | None = None
    action: Label
    confidence: Share
    since: Time


class StageLatency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Milliseconds that a stage took, of all frames between the newest figures and those before; two digits."""

    p50_ms: Milliseconds
    p95_ms: Milliseconds
    p99_ms: Milliseconds


class Queue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What waited on the device's disk to be delivered when figures were made."""

    events: Count
    deltas: Count


class Status(Message, frozen=True, kw_only=True, tag="status"):
    """How a device is; also its last will, with state `offline`.

    The figures `frames`, `fps`, `latency` and `queue` are made anew once a minute, of that whole minute, and repeated
    in between: they say how the board does, and cannot follow a movement.
    """

    site: Name
    device: Name
    state: Literal["starting", "online", "stopping", "offline"]
    at: Time
    software: Annotated[str, Meta(max_length=40)] | None = None
    model: Annotated[str, Meta(max_length=80, description="name and version of the model that runs")] | None = None
    model_version: Count | None = None
    camera: Annotated[CameraState, Meta(description="of several, the gravest state")] | None = None
    cameras: (
        Annotated[dict[Name, CameraState], Meta(max_length=16, description="of each, where a device has several")]
        | None
    ) = None
    frames: (
        Annotated[int, Meta(ge=0, description="frames judged since the start, about; a sum of rounded minutes")] | None
    ) = None
    fps: Annotated[float, Meta(ge=0, description="frames judged per second, in two digits")] | None = None
    people: Count | None = None
    latency: dict[Annotated[str, Meta(max_length=24)], StageLatency] | None = None
    queue: Queue | None = None
    learning: Annotated[str, Meta(max_length=80, description="round, and what the device does in it")] | None = None
    problems: Annotated[list[Text], Meta(max_length=16, description="what is wrong now, and why")] = []
    degraded: Annotated[
        list[Text], Meta(max_length=8, description="what the device does less of, to hold its latency budget")
    ] = []


class RoundOpen(Message, frozen=True, kw_only=True, tag="round_open"):
    """The fleet asks devices to train on their own samples from a base release."""

    round: Name
    group: Name
    base: Annotated[int, Meta(ge=0, description="release version that the delta is a difference from")]
    epochs: Annotated[int, Meta(ge=1, le=100)]
    learning_rate: Annotated[float, Meta(gt=0, le=1)]
    batch: Annotated[int, Meta(ge=1, le=1024)]
    clip_norm: Annotated[float, Meta(gt=0, description="the most that a delta's L2 norm may be")]
    codec: DeltaCodec
    minimum_samples: Annotated[int, Meta(ge=1)]
    fraction: Annotated[float, Meta(gt=0, le=1, description="share of the devices that take part, chosen by hash")]
    goal: Annotated[int, Meta(ge=1, description="deltas at which the round closes at once")]
    deadline: Time
    seed: Count


class RoundClosed(Message, frozen=True, kw_only=True, tag="round_closed"):
    """A round is over; devices stop training for it."""

    round: Name
    group: Name
    outcome: Literal["released", "rejected", "no_quorum", "aborted"]
    accepted: Count
    reason: Text = ""


class Receipt(Message, frozen=True, kw_only=True, tag="receipt"):
    """The fleet has a delta, or refuses it and says why; until then the device keeps it."""

    round: Name
    transfer: Digest
    accepted: bool
    reason: Annotated[str, Meta(max_length=40, description="accepted, or one word why not")]
    detail: Text = ""


class SignedManifest(Message, frozen=True, kw_only=True, tag="signed_manifest"):
    """A release: its manifest as the exact JSON text that was signed, and the signature of it."""

    manifest: Annotated[str, Meta(max_length=48 * 1024)]
    key: Key
    signature: Annotated[str, Meta(pattern="^[A-Za-z0-9+/]{86}==$", description="Ed25519, base64")]


RoundMessage = RoundOpen | RoundClosed
ToDevice = Receipt
JSON_MESSAGES: tuple[type[Message], ...] = (
    ActionEvent,
    CurrentAction,
    Status,
    RoundOpen,
    RoundClosed,
    Receipt,
    SignedManifest,
)

_M = TypeVar("_M")
_encoder = msgspec.json.Encoder(order="deterministic")


def encode(message: Message) -> bytes:
    """The JSON payload of a message."""
    return _encoder.encode(message)


def decode(payload: bytes, kind: type[_M]) -> _M:
    """Read a JSON payload as one type, or a union of types, of this module.

    Raises:
        ValueError: too large, not JSON, or not what the schema says; the text names the field.
    """
    if len(payload) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a payload of {len(payload)} bytes is larger than {MAX_MESSAGE_BYTES}")
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ValueError(str(exc)) from exc


def json_schema(kind: type[Message]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one message type, self-contained."""
    schema = msgspec.json.schema(kind)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind.__name__, **schema}
