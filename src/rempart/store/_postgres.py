"""Everything that only PostgreSQL knows: connections and their limits, identity, rows in bulk."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from rempart.store._postgres_faults import pool_is_empty, translated
from rempart.store._tables import RULE, metadata
from rempart.store.errors import (
    StoreDamagedError,
    StoreExistsError,
    StoreLocationError,
    StoreMissingError,
    StoreUnavailableError,
)

OLDEST_SERVER: Final = 15
_SCHEMA_LOCK: Final = 0x52454D50
"""`REMP`: whoever holds this advisory lock makes or changes the schema."""

_CONNECT_SECONDS: Final = 10
_STATEMENT_SECONDS: Final = 900
_IDLE_WRITE_SECONDS: Final = 600
_POOL_SECONDS: Final = 30.0
"""How long a read waits for a connection; a write waits as long as for another write."""

_READERS: Final = 4
_MORE_READERS: Final = 8
_TABLES: Final = ("alembic_version", "node", "counter", "event")
_ANALYSE: Final = (
    "ANALYZE entry (list_no, key)",
    "ANALYZE entry_source (source_no, entry_no)",
    "ANALYZE source_record (source_no, entry_no)",
    "ANALYZE fingerprint (entry_no, kind_no)",
)
_COPY_TYPES: Final = {
    "BIGINT": "int8",
    "INTEGER": "int4",
    "SMALLINT": "int2",
    "BYTEA": "bytea",
    "TEXT": "text",
    "BOOLEAN": "bool",
    "FLOAT": "float8",
}


for _table in metadata.tables.values():
    for _index in _table.indexes:
        if RULE in _index.info:
            _index.dialect_options["postgresql"]["where"] = text(_index.info[RULE])


class PostgresEngine:
    """The store in a database of a PostgreSQL server, shared by any number of processes and machines."""

    def __init__(self, url: URL, busy_timeout_seconds: float) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._busy_timeout_seconds = busy_timeout_seconds
        hosts = url.query.get("host", url.host or "local")
        host = hosts if isinstance(hosts, str) else ",".join(hosts)
        port = f":{url.port}" if url.port else ""
        self._shown = f"postgresql://{host}{port}/{url.database or ''}"
        self._check_options()

    @property
    def shown(self) -> str:
        """The server and the database; never user or password."""
        return self._shown

    def __repr__(self) -> str:
        return f"PostgresEngine({self._shown!r})"

    def check(self) -> None:
        """Do nothing: `identify` looks once there is a connection."""

    def prepare(self) -> None:
        """Do nothing: the database is there, and `lock_schema` sees that it is empty."""

    def discard(self) -> None:
        """Do nothing: the transaction that failed left nothing."""

    def reading(self) -> Engine:
        """Return an engine whose connections only read, each in one consistent snapshot."""
        return self._engine(is_writing=False)

    def writing(self) -> Engine:
        """Return an engine for writes; the row of the counter, locked first, puts them in order."""
        return self._engine(is_writing=True)

    def identify(self, connection: Connection) -> None:
        """Refuse a server that is too old and a database that holds no store.

        Raises:
            StoreMissingError: the database has none of the store's tables.
            StoreDamagedError: it has some of them.
            StoreUnavailableError: the server or the encoding of the database cannot be used.
        """
        self._require_server(connection)
        present = [name for name in _TABLES if _has_table(connection, name)]
        if not set(_TABLES[1:]) & set(present):
            msg = f"There is no store in {self._shown}."
            raise StoreMissingError(msg, hint="Make a node with `rempart init --store URL`.")
        if len(present) < len(_TABLES):
            msg = f"The store {self._shown} lacks tables."
            raise StoreDamagedError(msg, hint="Restore it from a backup.")

    def lock_schema(self, connection: Connection, *, is_new: bool) -> None:
        """Let no other process make or change the schema until the transaction ends.

        Raises:
            StoreExistsError: a new store was wanted, and the database holds tables.
        """
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
        if not is_new:
            self.identify(connection)
            return
        self._require_server(connection)
        count = connection.execute(
            text("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
        ).scalar_one()
        if count:
            msg = f"The database {self._shown} holds tables already."
            hint = "Name an empty database; `rempart init --join` joins the node that is in it."
            raise StoreExistsError(msg, hint=hint)

    def sign(self, connection: Connection, schema_version: int) -> None:
        """Say what the table of the node is, for whoever looks at the database by other means."""
        connection.exec_driver_sql(
            f"COMMENT ON TABLE node IS 'A store of Rempart, schema {schema_version:d}'"
        )

    def expect_many(self, connection: Connection) -> None:
        """Let the server see how large the tables have become: it plans by sizes that it noted before the write."""
        for statement in _ANALYSE:
            connection.exec_driver_sql(statement)

    def forget_deleted(self, engine: Engine) -> None:
        """Do nothing: when deleted rows are overwritten is the server's matter (autovacuum)."""

    def problems(self, connection: Connection, *, deep: bool) -> list[str]:
        """Return nothing: the server watches its pages (checksums) and its references itself."""
        del connection, deep
        return []

    @contextmanager
    def translated_faults(self) -> Iterator[None]:
        """Turn every fault of the engine into an error of the store; none passes as it is.

        The cause is left out: PostgreSQL puts values of the row into its messages.
        """
        try:
            yield
        except DBAPIError as error:
            raise translated(error.orig, self._shown) from None
        except psycopg.Error as error:
            raise translated(error, self._shown) from None
        except PoolTimeoutError:
            raise pool_is_empty(self._shown) from None

    def _engine(self, *, is_writing: bool) -> Engine:
        engine = create_engine(
            self._url,
            paramstyle="format",
            use_native_hstore=False,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=1 if is_writing else _READERS,
            max_overflow=0 if is_writing else _MORE_READERS,
            pool_timeout=self._busy_timeout_seconds if is_writing else _POOL_SECONDS,
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                "client_encoding": "utf8",
                **(
                    {} if "application_name" in self._url.query else {"application_name": "rempart"}
                ),
            },
        )
        settings = self._session_settings(is_writing=is_writing)

        def connected(
            connection: Any, _record: object
        ) -> None:  # the driver's own, untyped in events
            connection.autocommit = True
            connection.execute(settings)
            connection.autocommit = False
            if not is_writing:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True

        event.listen(engine, "connect", connected)
        return engine

    def _session_settings(self, *, is_writing: bool) -> str:
        """Return the statement that limits how long a connection may wait, and when the server gives it up."""
        settings = {
            "statement_timeout": f"{_STATEMENT_SECONDS}s",
            "tcp_keepalives_idle": "30",
            "tcp_keepalives_interval": "10",
            "tcp_keepalives_count": "3",
        }
        if is_writing:
            settings |= {
                "default_transaction_isolation": "read committed",
                "lock_timeout": f"{max(1, round(self._busy_timeout_seconds * 1_000))}ms",
                "idle_in_transaction_session_timeout": f"{_IDLE_WRITE_SECONDS}s",
            }
        calls = [f"set_config('{name}', '{value}', false)" for name, value in settings.items()]
        # What was accepted must be on the disk, whatever the server's default is; stricter ones stay.
        durable = (
            "set_config('synchronous_commit', CASE current_setting('synchronous_commit') "
            "WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)"
        )
        return f"SELECT {', '.join([*calls, durable])}"

    def _require_server(self, connection: Connection) -> None:
        raw = connection.connection.driver_connection
        if not isinstance(raw, psycopg.Connection):
            return
        found = raw.info.server_version // 10_000
        if found < OLDEST_SERVER:
            msg = f"The server of {self._shown} is PostgreSQL {found}."
            raise StoreUnavailableError(msg, hint=f"Use PostgreSQL {OLDEST_SERVER} or newer.")
        encoding = raw.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            msg = f"The database {self._shown} has the encoding {encoding}."
            raise StoreUnavailableError(msg, hint="Make the database with ENCODING 'UTF8'.")

    def _check_options(self) -> None:
        options = {name: str(value) for name, value in self._url.query.items()}
        try:
            make_conninfo("", **options)
        except psycopg.Error:
            msg = (
                f"The URL of the store {self._shown} holds an option that PostgreSQL does not know."
            )
            hint = "Use the options of libpq, for example ?sslmode=verify-full."
            raise StoreLocationError(msg, hint=hint) from None


def _has_table(connection: Connection, name: str) -> bool:
    found = connection.execute(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": name})
    return bool(found.scalar_one())


def copy_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns, by COPY in binary form."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        msg = "rows are copied over psycopg only"
        raise TypeError(msg)
    statement, types = _copy_form(table)
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


@lru_cache(maxsize=64)
def _copy_form(table: Table) -> tuple[bytes, tuple[str, ...]]:
    dialect = psycopg_dialect()
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    written = [column.type.compile(dialect=dialect) for column in table.columns]
    types = tuple(
        "varchar" if name.startswith("VARCHAR") else _COPY_TYPES[name] for name in written
    )
    return f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT BINARY)'.encode(), types


@lru_cache(maxsize=1)
def psycopg_dialect() -> Any:  # SQLAlchemy's dialects have no types of their own
    """Return the dialect that names the types of columns."""
    return URL.create("postgresql+psycopg").get_dialect()()
