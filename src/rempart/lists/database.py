"""Read a foreign SQLite database: hostile input, which is looked at and never obeyed, copied or written."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from rempart.lists.errors import (
    ListFormatError,
    ListLimitError,
    ListRefusedError,
    ListTornError,
    NeedsFileError,
)

SIGNATURE: Final = b"SQLite format 3\0"
"""The first bytes of every such database."""

_HEADER_BYTES: Final = 100
_LARGEST_PAGE: Final = 65536
_SMALLEST_PAGE: Final = 512
_MOST_TABLES: Final = 1000
_LONGEST_CELL: Final = 1 << 20
_STEPS_AT_A_TIME: Final = 10_000
_STEPS_OF_SCHEMA: Final = 200_000
_STEPS_FREE: Final = 20_000_000
_STEPS_OF_A_BYTE: Final = 16
"""A row takes its queries about ten steps and the file at least twenty bytes, so that honest files stay far below."""

_CACHE_KIB: Final = 8192
_FUNCTIONS: Final = frozenset({"upper", "lower"})
"""The functions that a view may call: those that the NSRL's own views need."""

_SCHEMA: Final = frozenset({"sqlite_master", "sqlite_schema"})
_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: _LONGEST_CELL,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 16,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 40,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 4,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}

Row = tuple[Any, ...]
"""Cells as SQLite gives them: None, int, float, or bytes for text and blobs alike."""


class ListDatabase:
    """An open foreign database. Use `open_database`.

    Attributes:
        tables: lower-case names of its tables, each with the lower-case names of its columns.
        views: the same of its views.
    """

    def __init__(self, connection: sqlite3.Connection, budget: "_Budget") -> None:
        self._connection = connection
        self._budget = budget
        self.tables: dict[str, frozenset[str]] = {}
        self.views: dict[str, frozenset[str]] = {}

    def rows(self, query: str) -> Iterator[Row]:
        """Yield the rows of a query of ours, one by one.

        Raises:
            ListRefusedError: the database is damaged, or answering takes more than its size explains.
        """
        with _refusals():
            # Delegating would close the cursor with the generator, which may be after the database.
            for row in self._connection.execute(query):  # noqa: UP028 - see above
                yield row

    def read_schema(self) -> None:
        """Learn what tables and views there are, and allow these to be read."""
        watch = _Watch(_SCHEMA)
        self._connection.set_authorizer(watch)
        query = f"select type, name, rootpage from sqlite_master limit {_MOST_TABLES + 1}"  # noqa: S608 - a number of ours
        found = list(self.rows(query))
        if len(found) > _MOST_TABLES:
            raise _not_a_list(what="has more tables than any list", cause=None)
        if any(kind == b"table" and not root for kind, _, root in found):
            raise _not_a_list(what="holds a virtual table", cause=None)
        names = {
            kind: {
                name.decode("utf-8", "replace")
                for each, name, _ in found
                if each == kind and isinstance(name, bytes)
            }
            for kind in (b"table", b"view")
        }
        watch.readable = frozenset(names[b"table"] | names[b"view"])
        self.tables = {name.lower(): self._columns(name) for name in names[b"table"]}
        # What a view says of itself is computed: only those that a reader may ask for are looked at.
        self.views = {
            name.lower(): self._columns(name) for name in names[b"view"] if name.lower() == "file"
        }
        watch.allows_pragma = False
        self._budget.grow()

    def _columns(self, name: str) -> frozenset[str]:
        quoted = name.replace('"', '""')
        rows = self.rows(f'pragma table_info("{quoted}")')
        return frozenset(str(row[1], "utf-8", "replace").lower() for row in rows)


@contextmanager
def open_database(stream: BinaryIO) -> Iterator[ListDatabase]:
    """Open the database that a stream was opened on, to be read only.

    SQLite reads pages from all over a file and takes it by its name; `/proc/self/fd` gives the name of what
    is open already, and it is made sure that nothing else was opened. `immutable` keeps SQLite from locking
    the file and from looking at, replaying or writing a journal beside it; so a database that has one is
    refused, as is one that changes while it is read.

    Raises:
        NeedsFileError: the stream is a pipe or lies in memory.
        ListRefusedError: it is torn, damaged, in use, or does not let itself be read within the limits.
    """
    descriptor = _descriptor(stream)
    before = os.fstat(descriptor)
    _check_header(os.pread(descriptor, _HEADER_BYTES, 0), before.st_size)
    place = Path(f"/proc/self/fd/{descriptor}").readlink()
    _refuse_journals(place)
    with _refusals():
        connection = sqlite3.connect(
            f"file:/proc/self/fd/{descriptor}?mode=ro&immutable=1",
            uri=True,
            isolation_level=None,
            check_same_thread=False,  # a generator may be closed by another thread
        )
    with closing(connection):
        budget = _Budget(before.st_size)
        _restrain(connection, budget)
        database = ListDatabase(connection, budget)
        database.read_schema()
        if not _is_same(place, before):
            raise _in_use()
        yield database
        after = os.fstat(descriptor)
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise _in_use()


class _Watch:
    """Says for each part of a statement whether it may be: reading tables of the file, and nothing else.

    Attributes:
        readable: names of the tables and views that may be read.
        allows_pragma: whether the columns of a table may be asked for.
    """

    def __init__(self, readable: frozenset[str]) -> None:
        self.readable = readable
        self.allows_pragma = True

    def __call__(
        self, action: int, first: str | None, second: str | None, _db: str | None, _by: str | None
    ) -> int:
        is_allowed = (
            action == sqlite3.SQLITE_SELECT
            or (action == sqlite3.SQLITE_READ and first in self.readable)
            or (action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS)
            or (action == sqlite3.SQLITE_PRAGMA and first == "table_info" and self.allows_pragma)
        )
        return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY


class _Budget:
    """Counts SQLite's steps: few for the schema, which it keeps in memory, then as many as the file's size explains."""

    def __init__(self, size: int) -> None:
        self._left = _STEPS_OF_SCHEMA
        self._size = size

    def grow(self) -> None:
        """Leave the schema behind."""
        self._left = _STEPS_FREE + self._size * _STEPS_OF_A_BYTE

    def __call__(self) -> bool:
        """Count some steps, and tell whether it is too many."""
        self._left -= _STEPS_AT_A_TIME
        return self._left < 0


def _restrain(connection: sqlite3.Connection, budget: _Budget) -> None:
    """Set every limit before the first byte of the schema is read."""
    connection.text_factory = bytes
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    connection.set_progress_handler(budget, _STEPS_AT_A_TIME)
    with _refusals():
        for setting in (
            "trusted_schema=OFF",
            "cell_size_check=ON",
            "query_only=ON",
            "mmap_size=0",
            "automatic_index=OFF",
            f"cache_size=-{_CACHE_KIB}",
        ):
            connection.execute(f"pragma {setting}")


@contextmanager
def _refusals() -> Iterator[None]:
    """Tell what SQLite complains of as a list that is refused."""
    try:
        yield
    except UnicodeError as cause:  # a message of SQLite about a damaged name
        raise _not_a_list(what="is damaged", cause=None) from cause
    except sqlite3.Error as cause:
        number = getattr(
            cause, "sqlite_errorcode", None
        )  # absent where the module itself complains
        if number == sqlite3.SQLITE_INTERRUPT:
            msg = "Reading the database takes more work than its size explains."
            raise ListLimitError(msg, hint="Do not use it; ask its sender what it is.") from cause
        if number == sqlite3.SQLITE_AUTH:
            raise _not_a_list(
                what="wants more done than reading its tables", cause=cause
            ) from cause
        raise _not_a_list(what="is damaged", cause=cause) from cause


def _descriptor(stream: BinaryIO) -> int:
    with suppress(OSError, ValueError, AttributeError):
        descriptor = stream.fileno()
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
    msg = "The list is a database, which cannot be read from a pipe."
    raise NeedsFileError(msg, hint="Save it to a file, and name that file.")


def _check_header(head: bytes, size: int) -> None:
    """Compare what the header says with the size of the file.

    Raises:
        ListTornError: the file is shorter than its pages, or ends within one.
        ListFormatError: it is no database, or its header is impossible.
    """
    if not head.startswith(SIGNATURE):
        msg = "The list is no SQLite database."
        raise ListFormatError(msg, hint="Check the file and --format.")
    if len(head) < _HEADER_BYTES:
        raise _torn()
    page = int.from_bytes(head[16:18], "big")
    page = _LARGEST_PAGE if page == 1 else page
    if page < _SMALLEST_PAGE or page & (page - 1):
        raise _not_a_list(what="has a header that no database has", cause=None)
    is_counted = head[24:28] == head[92:96]
    if size % page or (is_counted and int.from_bytes(head[28:32], "big") * page > size):
        raise _torn()


def _refuse_journals(place: Path) -> None:
    """Raise where a journal holds what the database lacks, or lacks what it holds."""
    for ending in ("-wal", "-journal"):
        with suppress(OSError):  # there is none
            if place.with_name(place.name + ending).stat().st_size:
                raise _in_use()


def _is_same(place: Path, opened: os.stat_result) -> bool:
    try:
        return os.path.samestat(place.stat(), opened)
    except OSError:
        return False


def _not_a_list(*, what: str, cause: sqlite3.Error | None) -> ListFormatError:
    detail = "" if cause is None else f" ({getattr(cause, 'sqlite_errorname', 'sqlite3')})"
    return ListFormatError(
        f"The database {what}{detail}.", hint="Get it again from its source; nothing was changed."
    )


def _torn() -> ListTornError:
    return ListTornError(
        "The database is shorter than its header says.",
        hint="Get the complete file; nothing was changed.",
    )


def _in_use() -> ListRefusedError:
    return ListRefusedError(
        "The database is in use: a journal lies beside it, or it changed while it was read.",
        hint="Close it in the program that writes it, or read a copy.",
    )
