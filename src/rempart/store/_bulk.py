"""Statements for many rows: written in Core, compiled once, run by the driver on plain tuples.

Core's own path costs more per row than SQLite needs to insert it. The engine must take positional parameters.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Table, insert
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns, all of them."""
    if rows:
        connection.exec_driver_sql(_insert_text(table, connection.dialect), list(rows))


def run_rows(
    connection: Connection,
    statement: Executable,
    parameters: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Run an update once for each row.

    Args:
        connection: of the write transaction.
        statement: uses each of `parameters` exactly once, as bound parameters of these names.
        parameters: names in the order of each row's values.
        rows: one run each.
    """
    if not rows:
        return
    text, order = _driver_text(statement, connection.dialect)
    places = [parameters.index(name) for name in order]
    connection.exec_driver_sql(text, [tuple(row[place] for place in places) for row in rows])


@lru_cache(maxsize=64)
def _insert_text(table: Table, dialect: Dialect) -> str:
    names = [column.name for column in table.columns]
    compiled = insert(table).compile(dialect=dialect, column_keys=names)
    return _positional(compiled)[0]


@lru_cache(maxsize=64)
def _driver_text(statement: Executable, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    if not isinstance(statement, ClauseElement):
        msg = "only statements of Core can be compiled"
        raise TypeError(msg)
    return _positional(statement.compile(dialect=dialect))


def _positional(compiled: object) -> tuple[str, tuple[str, ...]]:
    if not isinstance(compiled, SQLCompiler) or compiled.positiontup is None:
        msg = "the engine must take positional parameters"
        raise TypeError(msg)
    return str(compiled), tuple(compiled.positiontup)
