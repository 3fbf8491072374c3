"""Read the database form of the NSRL (RDS v3): known software, never known material."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.database import ListDatabase, open_database
from rempart.lists.errors import ListFormatError
from rempart.lists.trusted import checked_draft
from rempart.lists.values import digest
from rempart.model.fingerprint import MD5, SHA1, SHA256, Fingerprint
from rempart.model.lists import BadRecord, EntryDraft

_KINDS: Final = (SHA256, SHA1, MD5)
_TABLES: Final = ("metadata", "file")
"""Where the digests are: in the full set `FILE` is a view that only joins `METADATA` with the products."""


def is_nsrl_database(database: ListDatabase) -> bool:
    """Tell whether a database has the tables of the NSRL."""
    return _source(database) is not None and bool({"pkg", "version"} & _names(database))


def read_nsrl_database(
    stream: BinaryIO, *, on_bad: Callable[[BadRecord], None]
) -> Iterator[EntryDraft]:
    """Yield one entry for each row that has other digests than the row before; its number is that of the row.

    Args:
        stream: open on the file.
        on_bad: receives each row that was refused.

    Raises:
        NeedsFileError: the stream is no file.
        ListRefusedError: the database as a whole cannot be read.
    """
    with open_database(stream) as database:
        found = _source(database)
        if found is None:
            msg = "The database has no table FILE with the digests of the NSRL."
            raise ListFormatError(msg, hint="Check the file and --format.")
        table, kinds = found
        before: Sequence[Any] = ()  # cells have the type that the row gave them
        query = f"select {', '.join(kinds)} from {table}"  # noqa: S608 - names of ours
        for number, cells in enumerate(database.rows(query), start=1):
            if cells == before:
                continue
            before = cells
            try:
                fingerprints = _fingerprints(kinds, cells)
            except BadRecordError as bad:
                text = f"row {number}: {bad.message}"
                on_bad(BadRecord(number=number, code=bad.code.value, message=text))
                continue
            yield checked_draft(number, fingerprints)


def _source(database: ListDatabase) -> tuple[str, tuple[str, ...]] | None:
    """Return the table with digests and their columns, a table before a view."""
    for known in (database.tables, database.views):
        for name in _TABLES:
            kinds = tuple(kind for kind in _KINDS if kind in known.get(name, ()))
            if kinds:
                return name, kinds
    return None


def _names(database: ListDatabase) -> set[str]:
    return {*database.tables, *database.views}


def _fingerprints(kinds: Sequence[str], cells: Sequence[Any]) -> tuple[Fingerprint, ...]:
    found = []
    for kind, cell in zip(kinds, cells, strict=True):
        if cell is None or cell == b"":
            continue
        if not isinstance(cell, bytes):
            raise BadRecordError(BadCode.WRONG_TYPE, f"the value of {kind} is no text")
        found.append(digest(kind, cell.decode("latin-1")))
    if not found:
        raise BadRecordError(BadCode.NO_FINGERPRINT, "the row holds no fingerprint")
    return tuple(found)
