"""What every repository needs to read and to count: a connection that sees one moment, and numbers of records."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import Column, Connection, Select, Table, func, select
from sqlalchemy.dialects import sqlite

from rempart.model.identifiers import PrincipalId
from rempart.store import _tables as t
from rempart.store._bulk import Places, rows_among
from rempart.store.errors import UnknownRecordError, WriteMisuseError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Connect = Callable[[], AbstractContextManager[Connection]]
"""Gives a connection in a transaction: to read as of one moment, or to write without an event."""

LARGEST_PAGE: Final = 10_000

Upsert: TypeAlias = "sqlite.Insert | postgresql.Insert"
"""An insert that can say what happens where the row is there already; both engines say it alike."""


def upsert(connection: Connection, table: Table) -> Upsert:
    """Return an insert into a table with `on_conflict_do_update`, for the engine of the connection."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - as the driver: most commands work on a file

        return postgresql.insert(table)
    return sqlite.insert(table)


def page_limit(limit: int) -> int:
    """Return how many records a page may have.

    Raises:
        WriteMisuseError: it is not between 1 and 10,000.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        msg = f"A page has 1 to {LARGEST_PAGE} records, not {limit}."
        raise WriteMisuseError(msg, hint="Ask for fewer at a time, and go on after the last.")
    return limit


def next_number(connection: Connection, column: Column[Any]) -> int:
    """Return the number after the largest; the write that asks holds the store's lock until it ends."""
    last: int = connection.execute(_last_number(column)).scalar_one()
    return last + 1


def principal_numbers(connection: Connection, ids: Iterable[PrincipalId]) -> dict[PrincipalId, int]:
    """Return the numbers of principals.

    Raises:
        UnknownRecordError: the store does not know one of them.
    """
    wanted = set(ids)
    rows = rows_among(connection, _principals_among, [each.bytes for each in wanted])
    found = {PrincipalId(UUID(bytes=row.id)): int(row.principal_no) for row in rows}
    if missing := wanted - found.keys():
        msg = f"The store knows no principal {min(missing)}."
        raise UnknownRecordError(msg, hint="Use a principal of this node.")
    return found


@cache
def _last_number(column: Column[Any]) -> Select[int]:
    # Made once for each column: to make a statement costs as much as to run it.
    return select(func.coalesce(func.max(column), 0))


def _principals_among(places: Places) -> Select[Any]:
    c = t.principal.c
    return select(c.id, c.principal_no).where(c.id.in_(places))
