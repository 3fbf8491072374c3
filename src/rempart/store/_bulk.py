"""Statements for many rows: written in Core, compiled once, run by the driver on plain tuples.

Core's own path costs more per row than an engine needs to insert it. The engine must take positional parameters.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Connection,
    Dialect,
    Executable,
    LargeBinary,
    Select,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from rempart.store._codec import AnyRow
from rempart.store.errors import StoreConstraintError

_FEW: Final = 32
_MANY: Final = 1_000
_PLACES: Final = tuple(f"b_{place}" for place in range(_MANY))
_ARRAY: Final = "b_values"
_ARRAY_PART: Final = 5_000
_ELEMENTS: Final[tuple[tuple[type, TypeEngine[Any]], ...]] = (
    (bytes, LargeBinary()),
    (int, BigInteger()),
    (str, Text()),
)

Places = Sequence[BindParameter[Any]] | Select[*tuple[Any, ...]]
"""What stands for the values of a query in `in_`."""

Among = Callable[[Any], Select[*tuple[Any, ...]]]  # takes Places; callers may name one form of them
"""Makes a query of places for values, to be used with `in_`; its other parameters have names of their own."""


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns, all of them."""
    if not rows:
        return
    with storable_text():
        if connection.dialect.name == "postgresql":
            # The driver takes long to import; whoever comes here has it already.
            from rempart.store._postgres import copy_rows  # noqa: PLC0415 - see above

            copy_rows(connection, table, rows)
        else:
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
    with storable_text():
        connection.exec_driver_sql(text, [tuple([row[place] for place in places]) for row in rows])


@contextmanager
def storable_text() -> Iterator[None]:
    """Refuse text that has no UTF-8 form: half a surrogate pair, which JSON can smuggle in."""
    try:
        yield
    except UnicodeEncodeError:
        msg = "A text of the change is not Unicode; nothing was changed."
        raise StoreConstraintError(msg, hint="Refuse the record that it came from.") from None


def rows_among(
    connection: Connection, query: Among, values: Sequence[Any], **fixed: object
) -> Iterator[AnyRow]:
    """Yield the rows of a query for however many values, each asked for once; compiled once for all calls."""
    if connection.dialect.name == "postgresql":
        yield from _rows_among_array(connection, query, values, fixed)
        return
    places = _FEW if len(values) <= _FEW else _MANY
    text, order = _among_text(query, places, connection.dialect)
    for start in range(0, len(values), places):
        part = values[start : start + places]
        padded = [*part, *[part[-1]] * (places - len(part))]
        given = {**dict(zip(_PLACES, padded, strict=False)), **fixed}
        yield from connection.exec_driver_sql(text, tuple([given[name] for name in order]))


def _rows_among_array(
    connection: Connection, query: Among, values: Sequence[Any], fixed: dict[str, object]
) -> Iterator[AnyRow]:
    """Yield the rows where the engine takes all values as one array: its server then has little to parse."""
    if not values:
        return
    element = next(made for each, made in _ELEMENTS if isinstance(values[0], each))
    text, order = _array_text(query, element, connection.dialect)
    for start in range(0, len(values), _ARRAY_PART):
        given = {**fixed, _ARRAY: list(values[start : start + _ARRAY_PART])}
        yield from connection.exec_driver_sql(text, tuple([given[name] for name in order]))


@lru_cache(maxsize=64)
def _among_text(query: Among, places: int, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    return _driver_text(query([bindparam(place) for place in _PLACES[:places]]), dialect)


@lru_cache(maxsize=64)
def _array_text(
    query: Among, element: TypeEngine[Any], dialect: Dialect
) -> tuple[str, tuple[str, ...]]:
    values = bindparam(_ARRAY, type_=ARRAY(element))
    return _driver_text(query(select(func.unnest(values))), dialect)


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
