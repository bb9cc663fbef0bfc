"""The aggregator's tables, for SQLite and PostgreSQL alike. Structured values are JSON text of core's message types."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, ForeignKey, LargeBinary, String, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = "1"  # raised when a table changes; an older or newer database is refused, never guessed at


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite would lose the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: in UTC; SQLite keeps no zone."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: with its zone again."""
        del dialect
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {datetime: UtcTime}  # noqa: RUF012 - SQLAlchemy's way

    def __repr__(self) -> str:
        state: dict[str, Any] = {key.name: getattr(self, key.name) for key in self.__table__.primary_key}
        return f"{type(self).__name__}({state})"


class Meta(Base):
    """Single values by name: the schema's version and the state of the rounds."""

    __tablename__ = "meta"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Device(Base):
    """An enrolled device and the last that was heard of it."""

    __tablename__ = "devices"
    site: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    public_key: Mapped[str] = mapped_column(String(44))
    enrolled_at: Mapped[datetime]
    status: Mapped[str | None] = mapped_column(Text)  # core.messages.Status as JSON
    seen_at: Mapped[datetime | None]
    model_version: Mapped[int | None]  # what the device itself says it runs
    refusals: Mapped[int] = mapped_column(default=0)  # since enrolment, of any kind
    faults: Mapped[int] = mapped_column(default=0)  # refusals in a row that were the device's own fault
    quarantined: Mapped[bool] = mapped_column(default=False)


class Round(Base):
    """A round, open or over."""

    __tablename__ = "rounds"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    opened_at: Mapped[datetime]
    opening: Mapped[str] = mapped_column(Text)  # core.messages.RoundOpen as JSON
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    accepted: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(Text, default="")
    gate: Mapped[str | None] = mapped_column(Text)  # fleet.gate.GateReport as JSON


class Delta(Base):
    """An accepted delta. The tensors are erased when the round is over, the figures stay."""

    __tablename__ = "deltas"
    __table_args__ = (UniqueConstraint("round", "site", "device"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    round: Mapped[str] = mapped_column(ForeignKey("rounds.id"), index=True)
    site: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    transfer: Mapped[str] = mapped_column(String(64))
    samples: Mapped[int]
    loss_before: Mapped[float]
    loss_after: Mapped[float]
    norm: Mapped[float]
    codec: Mapped[str] = mapped_column(String(16))
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)


class Release(Base):
    """A release that was published; the highest version is the current one."""

    __tablename__ = "releases"
    version: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    round: Mapped[str | None] = mapped_column(String(64))  # None: the one the fleet started with
    signed: Mapped[str] = mapped_column(Text)  # core.messages.SignedManifest as JSON


class Audit(Base):
    """What happened, for whoever asks later; only ever added to."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(40))
    who: Mapped[str] = mapped_column(String(140))
    detail: Mapped[str] = mapped_column(Text)


class Request(Base):
    """What an operator's command asks of the running service."""

    __tablename__ = "requests"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(40))
    granted: Mapped[bool | None]  # None: not seen yet
    answer: Mapped[str] = mapped_column(Text, default="")
