"""The aggregator's memory: one database, transactions that survive a crash at any point.

SQLite (write-ahead log, every commit on disk) serves one site; PostgreSQL comes by URL. The service and the operator's
commands may use it at the same time. What belongs together is written in one `write()` block: all of it or nothing.

    with Store(settings.fleet.database_url) as store:
        with store.write() as session:
            session.add(...)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from core.errors import ConfigError, UnavailableError
from fleet.tables import SCHEMA_VERSION, Base, Meta

_LOCK_PATIENCE_S = 10  # commands and the service write for milliseconds; longer means something hangs
_SCHEMA = "schema"


class Store:
    """See the module. Safe to use from several threads and processes.

    Raises:
        ConfigError: the address cannot be used, or the database belongs to another version of this program.
        UnavailableError: the database is not there now.
    """

    def __init__(self, url: str) -> None:
        self._engine = _make_engine(_parse(url))
        self._reading = self._engine.execution_options(posefleet_read_only=True)
        try:
            with self._engine.begin() as connection:
                Base.metadata.create_all(connection)
            self._check_schema()
        except SQLAlchemyError as exc:
            raise UnavailableError(f"the database {self.address} cannot be used: {_first_line(exc)}") from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def address(self) -> str:
        """The database's address without its password."""
        return self._engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give back connections."""
        self._engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, undone by an exception. Sees no half of another."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A look at one moment; never waits for writers (SQLite) and must not write."""
        with Session(self._reading, expire_on_commit=False) as session, session.begin():
            yield session

    def _check_schema(self) -> None:
        with self.write() as session:
            found = session.get(Meta, _SCHEMA)
            if found is None:
                session.add(Meta(name=_SCHEMA, value=SCHEMA_VERSION))
            elif found.value != SCHEMA_VERSION:
                raise ConfigError(
                    f"the database {self.address} has schema {found.value}, this version of posefleet needs "
                    f"{SCHEMA_VERSION}; use the version that made it, or start with a new database"
                )


def get_value(session: Session, name: str) -> str | None:
    """A single stored value."""
    row = session.get(Meta, name)
    return row.value if row else None


def set_value(session: Session, name: str, value: str) -> None:
    """Store a single value."""
    session.merge(Meta(name=name, value=value))


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise ConfigError(
            "[fleet] database: not a database address, such as postgresql+psycopg://user@host/name"
        ) from exc
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        _make_private(Path(str(parsed.database)))
    return parsed


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # the log files next to it take its mode
    except OSError as exc:
        raise ConfigError(
            f"{path}: the database cannot be made ({exc.strerror}); check [fleet] state_directory"
        ) from exc


def _make_engine(url: URL) -> sqlalchemy.Engine:
    try:
        engine = sqlalchemy.create_engine(url)
    except (NoSuchModuleError, ImportError) as exc:
        raise ConfigError(
            f"[fleet] database: the driver for {url.drivername} is not installed ({exc}); install it or leave "
            "`database` out for SQLite"
        ) from exc
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
    connection.isolation_level = None  # transactions begin where we say, see below
    for pragma in (
        f"busy_timeout = {_LOCK_PATIENCE_S * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",  # a delta whose receipt is sent survives a power cut
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail when another wrote between: take the lock at once.
    reading = connection.get_execution_options().get("posefleet_read_only", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
