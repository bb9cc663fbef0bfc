"""What `posefleet fleet status` shows: read from the database, so it works whether the service runs or not."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from sqlalchemy import select

from core.messages import SignedManifest, Status
from fleet.gate import GateReport
from fleet.store import Store
from fleet.tables import Device, Release, Round

SILENT_S = 120.0  # twelve times the usual interval of a status: the device, or the way to it, is down
_ROUNDS_SHOWN = 10

_T = TypeVar("_T")


class DeviceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One device."""

    device: str
    state: str
    running: int | None
    seen_s_ago: float | None
    refusals: int
    problems: list[str]


class RoundLine(msgspec.Struct, frozen=True, kw_only=True):
    """One round."""

    round: str
    opened_at: datetime
    outcome: str
    accepted: int
    reason: str
    gate: GateReport | None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The whole fleet."""

    release: str | None
    version: int | None
    metrics: dict[str, float]
    up_to_date: int
    devices: list[DeviceLine]
    rounds: list[RoundLine]


class _Manifest(msgspec.Struct):
    """What is shown of a manifest; the rest is not looked at."""

    name: str
    version: int
    metrics: dict[str, float] = {}


def overview(store: Store, now: datetime) -> Overview:
    """Everything at one moment; the latest rounds first."""
    with store.read() as session:
        devices = session.scalars(select(Device).order_by(Device.site, Device.name)).all()
        rounds = session.scalars(select(Round).order_by(Round.opened_at.desc()).limit(_ROUNDS_SHOWN)).all()
        release = session.scalar(select(Release).order_by(Release.version.desc()).limit(1))
    manifest = _read_manifest(release)
    lines = [_device_line(device, now) for device in devices]
    version = manifest.version if manifest else None
    return Overview(
        release=f"{manifest.name}-{manifest.version}" if manifest else None,
        version=version,
        metrics=manifest.metrics if manifest else {},
        up_to_date=sum(line.running == version for line in lines) if manifest else 0,
        devices=lines,
        rounds=[_round_line(one) for one in rounds],
    )


def render(view: Overview) -> RenderableType:
    """The overview for a terminal."""
    release = view.release or "none yet; start the service once"
    head = f"release {release}, running on {view.up_to_date} of {len(view.devices)} devices"
    figures = ", ".join(f"{name} {value:.4g}" for name, value in sorted(view.metrics.items()))
    return Group(head, *([figures] if figures else []), _devices_table(view), _rounds_table(view.rounds))


def _read_manifest(release: Release | None) -> _Manifest | None:
    if release is None:
        return None
    signed = _stored(release.signed, SignedManifest)
    return _stored(signed.manifest, _Manifest) if signed else None


def _stored(text: str | None, kind: type[_T]) -> _T | None:
    """A stored value; None also if another version of this program wrote it in a way that this one cannot read."""
    try:
        return msgspec.json.decode(text, type=kind) if text else None
    except msgspec.MsgspecError:
        return None


def _device_line(device: Device, now: datetime) -> DeviceLine:
    status = _stored(device.status, Status)
    age = max(0.0, (now - device.seen_at).total_seconds()) if device.seen_at else None
    return DeviceLine(
        device=f"{device.site}/{device.name}",
        state=_state(device, status, age),
        running=device.model_version,
        seen_s_ago=age,
        refusals=device.refusals,
        problems=list(status.problems) if status else [],
    )


def _state(device: Device, status: Status | None, age: float | None) -> str:
    if device.quarantined:
        return "quarantined"
    if status is None or age is None:
        return "never seen"
    return "silent" if status.state == "online" and age > SILENT_S else status.state


def _round_line(one: Round) -> RoundLine:
    return RoundLine(
        round=one.id,
        opened_at=one.opened_at,
        outcome=one.outcome or "open",
        accepted=one.accepted,
        reason=one.reason,
        gate=_stored(one.gate, GateReport),
    )


def _devices_table(view: Overview) -> Table:
    table = Table(title="devices", title_justify="left")
    for title in ("device", "state", "runs", "seen", "refused", "problems"):
        table.add_column(title, justify="right" if title in {"runs", "refused"} else "left")
    for line in view.devices:
        runs = "?" if line.running is None else str(line.running)
        seen = "never" if line.seen_s_ago is None else f"{_duration(line.seen_s_ago)} ago"
        table.add_row(line.device, line.state, runs, seen, str(line.refusals), "; ".join(line.problems))
    return table


def _rounds_table(rounds: Iterable[RoundLine]) -> Table:
    table = Table(title="latest rounds", title_justify="left")
    for title in ("round", "outcome", "deltas", "gate", "why"):
        table.add_column(title, justify="right" if title == "deltas" else "left")
    for line in rounds:
        table.add_row(line.round, line.outcome, str(line.accepted), _figures(line.gate), line.reason)
    return table


def _figures(gate: GateReport | None) -> str:
    if gate is None:
        return ""
    if gate.judged_by == "losses":
        return f"loss {gate.before:.3f} -> {gate.after:.3f}"
    return f"accuracy {gate.before:.1%} -> {gate.after:.1%}"


def _duration(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
