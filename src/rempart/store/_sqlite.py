"""Everything that only SQLite knows: opening, settings, fault codes, checks of the file itself."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from rempart.store._sqlite_connections import alone_with, connect
from rempart.store.errors import (
    StoreConstraintError,
    StoreDamagedError,
    StoreExistsError,
    StoreLockedError,
    StoreMissingError,
    StoreUnavailableError,
)

APPLICATION_ID: Final = 0x52454D50
"""`REMP`, in the file's header: tells this file from any other SQLite database."""

_MAGIC: Final = b"SQLite format 3\x00"
_BULK_CACHE_KIB: Final = 192 * 1024
_WRITER_CACHE_KIB: Final = 16 * 1024
_READER_CACHE_KIB: Final = 16 * 1024
_CHECKPOINT_PAGES: Final = 20_000
_KEPT_JOURNAL_BYTES: Final = 64 << 20
_LOCKED: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")
_REFUSED: Final = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")
_REFUSED_TOO: Final = ("SQLITE_PERM", "SQLITE_NOMEM", "SQLITE_AUTH", "SQLITE_NOLFS")
_DAMAGED_HINT: Final = "Run `rempart doctor`; restore the node folder from a backup if it confirms."


def _create_file(path: Path) -> None:
    """Make an empty file that only its owner may read and write; journals inherit the permission."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        msg = f"There is a store already at {path}."
        raise StoreExistsError(msg, hint="Use it, or name another folder.") from None
    except OSError as error:
        msg = f"No store can be made at {path}: {error.strerror}."
        raise StoreUnavailableError(msg, hint="Make the folder, or allow writing to it.") from None


def _check_file(path: Path) -> None:
    """Look at the file before the engine does: present, ours, and as long as its header says.

    Where this process has a connection to it that was done, and must not be done again: see `_sqlite_connections`.
    """
    with alone_with(path) as is_alone:
        if is_alone:
            _check_unconnected(path)


def _check_unconnected(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(100)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        msg = f"There is no store at {path}."
        raise StoreMissingError(msg, hint="Make a node with `rempart init`.") from None
    except OSError as error:
        msg = f"The store {path} cannot be read: {error.strerror}."
        raise StoreUnavailableError(msg, hint="Allow reading and writing the file.") from None
    if not header:
        msg = f"The store {path} is empty: it was never completed, or it was cut off."
        raise StoreDamagedError(
            msg, hint="Remove it and run `rempart init` again if the node is new."
        )
    if not header.startswith(_MAGIC) or int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        msg = f"The file {path} is not a store of Rempart, or its first bytes were overwritten."
        raise StoreDamagedError(msg, hint="Restore the node folder from a backup.")
    page_bytes = int.from_bytes(header[16:18], "big")
    expected = (65536 if page_bytes == 1 else page_bytes) * int.from_bytes(header[28:32], "big")
    if size < expected and not _has_journal(path):
        msg = f"The store {path} is cut off: {size} of {expected} bytes are there."
        raise StoreDamagedError(msg, hint="Restore the node folder from a backup.")


def _has_journal(path: Path) -> bool:
    journal = path.with_name(path.name + "-wal")
    return journal.exists() and journal.stat().st_size > 0


def _remove_file(path: Path) -> None:
    """Remove a file that could not be filled, with its journals."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _begin_journal(path: Path) -> None:
    """Give a new file its write-ahead journal."""
    connection = connect(path, 1.0)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _reading_engine(path: Path, *, busy_timeout_seconds: float) -> Engine:
    """Return an engine whose connections only read, each in one consistent snapshot."""
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connect(path, busy_timeout_seconds),
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=-1,
        hide_parameters=True,
    )
    settings = ("query_only = ON", f"cache_size = -{_READER_CACHE_KIB}")
    _prepare(engine, settings, begin="BEGIN")
    return engine


def _writing_engine(path: Path, *, busy_timeout_seconds: float) -> Engine:
    """Return an engine whose transactions hold the write lock from their first moment.

    One connection is kept, for whoever in this process is next to write: small writes cost little more than the
    disk. A write of very many rows takes its connection away (`expect_many`), so that its cache is given back.
    """
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connect(path, busy_timeout_seconds),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=busy_timeout_seconds,
        hide_parameters=True,
    )
    settings = (
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        f"cache_size = -{_WRITER_CACHE_KIB}",
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        f"journal_size_limit = {_KEPT_JOURNAL_BYTES}",
    )
    _prepare(engine, settings, begin="BEGIN IMMEDIATE")
    return engine


def _prepare(engine: Engine, settings: tuple[str, ...], *, begin: str) -> None:
    everywhere = ("trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY")

    def connected(connection: Any, _record: object) -> None:  # the driver's own, untyped in events
        for setting in (*everywhere, *settings):
            connection.execute(f"PRAGMA {setting}")

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def _file_problems(connection: Connection, *, deep: bool) -> list[str]:
    """Let SQLite check its pages, and when `deep` its indexes and references against the tables too."""
    check = "integrity_check" if deep else "quick_check"
    found = [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA {check}(20)")]
    problems = [] if found == ["ok"] else found
    if deep and not problems:
        problems = [
            f"a row of {row[0]} refers to a missing row of {row[2]}"
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(20)
        ]
    return problems


def _translated(fault: BaseException | None, path: Path) -> Exception:
    name = str(getattr(fault, "sqlite_errorname", ""))
    if name.startswith(_LOCKED):
        msg = f"Another process is writing to the store {path}."
        return StoreLockedError(msg, hint="Wait until it has finished, then try again.")
    if name.startswith((*_REFUSED, *_REFUSED_TOO)):
        msg = f"The system refused to read or write the store {path} ({name})."
        return StoreUnavailableError(msg, hint="Look at free space and permissions of its folder.")
    if name.startswith("SQLITE_CONSTRAINT"):
        msg = f"The store {path} refused a change that breaks its rules ({name}); nothing changed."
        return StoreConstraintError(msg, hint="Check that every record named in it exists.")
    msg = f"The store {path} is damaged ({name or type(fault).__name__})."
    return StoreDamagedError(msg, hint=_DAMAGED_HINT)


class SqliteEngine:
    """The store in one file."""

    def __init__(self, path: Path, busy_timeout_seconds: float) -> None:
        self._path = path
        self._busy_timeout_seconds = busy_timeout_seconds

    @property
    def shown(self) -> str:
        """The path."""
        return str(self._path)

    def check(self) -> None:
        """Look at the file before the engine does: present, ours, and as long as its header says."""
        _check_file(self._path)

    def prepare(self) -> None:
        """Make an empty file with a write-ahead journal, for its owner only."""
        _create_file(self._path)
        try:
            with self.translated_faults():
                _begin_journal(self._path)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove a file that could not be filled, with its journals."""
        _remove_file(self._path)

    def reading(self) -> Engine:
        """Return an engine whose connections only read, each in one consistent snapshot."""
        return _reading_engine(self._path, busy_timeout_seconds=self._busy_timeout_seconds)

    def writing(self) -> Engine:
        """Return an engine whose transactions hold the write lock from their first moment."""
        return _writing_engine(self._path, busy_timeout_seconds=self._busy_timeout_seconds)

    def identify(self, connection: Connection) -> None:
        """Do nothing: the file's header was looked at."""

    def lock_schema(self, connection: Connection, *, is_new: bool) -> None:
        """Do nothing: every write transaction has the lock of the whole file."""

    def sign(self, connection: Connection, schema_version: int) -> None:
        """Write the application's mark and the schema's number into the header, in this transaction."""
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {schema_version}")

    def expect_many(self, connection: Connection) -> None:
        """Give this transaction a large cache and a connection of its own, which is closed at its end."""
        connection.detach()
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_BULK_CACHE_KIB}")

    def forget_deleted(self, engine: Engine) -> None:
        """Move the journal into the file and cut it, so that nothing deleted is left in it."""
        with self.translated_faults(), engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if raw is not None:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def problems(self, connection: Connection, *, deep: bool) -> list[str]:
        """Let SQLite check its pages, and when `deep` its indexes and references too."""
        return _file_problems(connection, deep=deep)

    @contextmanager
    def translated_faults(self) -> Iterator[None]:
        """Turn every fault of the engine into an error of the store; none passes as it is."""
        try:
            yield
        except DBAPIError as error:
            raise _translated(error.orig, self._path) from error
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error
        except PoolTimeoutError:
            msg = f"Another write of this process to the store {self._path} goes on."
            raise StoreLockedError(
                msg, hint="Wait until it has finished, then try again."
            ) from None
