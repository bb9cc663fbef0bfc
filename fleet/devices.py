"""Which devices belong to the fleet: enrolment, keys, what they say of themselves, and quarantine."""

import logging
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import ConfigError
from core.messages import Status, encode
from core.signing import check_public_key
from core.topics import DeviceTopics
from fleet.ingest import Enrolment
from fleet.tables import Audit, Device

log = logging.getLogger(__name__)

FAULTS_TO_QUARANTINE = 5  # unusable deltas in a row, signed by the device itself


def parse_identity(text: str) -> DeviceTopics:
    """SITE/DEVICE as an operator types it.

    Raises:
        ConfigError: it is not that.
    """
    site, separator, name = text.partition("/")
    try:
        if not separator:
            raise ValueError("write SITE/DEVICE, for example home/kitchen")
        return DeviceTopics(site, name)
    except ValueError as exc:
        raise ConfigError(f"{text!r} names no device: {exc}") from exc


def enrol(session: Session, device: DeviceTopics, public_key: str, now: datetime) -> None:
    """Let a device take part; enrolling it again replaces its key and lifts a quarantine.

    Raises:
        ConfigError: the key is none, or another device has it.
    """
    try:
        check_public_key(public_key)
    except ValueError as exc:
        raise ConfigError(f"{public_key!r} is not a public key ({exc}); `posefleet device key` prints it") from exc
    other = session.scalar(select(Device).where(Device.public_key == public_key))
    if other is not None and (other.site, other.name) != (device.site, device.device):
        raise ConfigError(f"{other.site}/{other.name} has this key already; every device needs a key of its own")
    row = find(session, device)
    if row is None:
        row = Device(site=device.site, name=device.device, public_key=public_key, enrolled_at=now)
        session.add(row)
    row.public_key, row.enrolled_at = public_key, now
    row.refusals, row.faults, row.quarantined = 0, 0, False
    record(session, now, "enrolled", name_of(device), public_key)


def retire(session: Session, device: DeviceTopics, now: datetime) -> None:
    """Take a device out of the fleet; its deltas are refused from now on.

    Raises:
        ConfigError: it is not enrolled.
    """
    row = find(session, device)
    if row is None:
        raise ConfigError(f"{name_of(device)} is not enrolled; `posefleet fleet status` lists who is")
    session.delete(row)
    record(session, now, "retired", name_of(device), row.public_key)


def find(session: Session, device: DeviceTopics) -> Device | None:
    """The row of an enrolled device."""
    return session.get(Device, (device.site, device.device))


def everybody(session: Session) -> list[DeviceTopics]:
    """All enrolled devices, by name."""
    rows = session.scalars(select(Device).order_by(Device.site, Device.name))
    return [DeviceTopics(row.site, row.name) for row in rows]


def enrolment_of(session: Session, device: DeviceTopics) -> Enrolment | None:
    """What ingest must know of a sender; None if it is not enrolled."""
    row = find(session, device)
    return Enrolment(row.public_key, quarantined=row.quarantined) if row else None


def count_able(session: Session) -> int:
    """Devices whose deltas would be taken."""
    return session.scalar(select(func.count()).select_from(Device).where(Device.quarantined.is_(False))) or 0


def note_statuses(session: Session, statuses: Iterable[tuple[Status, datetime]]) -> None:
    """Keep what devices say of themselves; strangers are passed over."""
    for status, seen_at in statuses:
        row = find(session, DeviceTopics(status.site, status.device))
        if row is not None:
            row.status, row.seen_at = encode(status).decode(), seen_at
            row.model_version = status.model_version if status.model_version is not None else row.model_version


def note_accepted(session: Session, device: DeviceTopics) -> None:
    """A good delta ends a row of faults."""
    row = find(session, device)
    if row is not None:
        row.faults = 0


def note_refusal(session: Session, device: DeviceTopics, now: datetime, *, own_fault: bool) -> None:
    """Count a refused delta; too many faults in a row put the device into quarantine.

    Only what the device itself signed counts as a fault: otherwise anybody who can publish could shut it out.
    """
    row = find(session, device)
    if row is None:
        return
    row.refusals += 1
    row.faults += own_fault
    if row.faults >= FAULTS_TO_QUARANTINE and not row.quarantined:
        row.quarantined = True
        detail = f"{row.faults} unusable deltas in a row; enrol it again to lift this"
        log.warning("%s is in quarantine: %s", name_of(device), detail)
        record(session, now, "quarantined", name_of(device), detail)


def record(session: Session, now: datetime, what: str, who: str, detail: str) -> None:
    """Add a line to the audit log."""
    session.add(Audit(at=now, what=what, who=who, detail=detail))


def name_of(device: DeviceTopics) -> str:
    """site/device, as people read it."""
    return f"{device.site}/{device.device}"
