"""Copy a whole store out, as of one moment and while others work, and into an empty place of either engine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final
from uuid import UUID

from sqlalchemy import Boolean, Connection, Table, func, select

from rempart.model.identifiers import NodeId
from rempart.store import _creation
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._bulk import insert_rows
from rempart.store._dump_format import DumpHeader, DumpReader, DumpWriter
from rempart.store._engine import StoreEngine
from rempart.store.errors import DumpRefusedError, StoreVersionError
from rempart.store.values import DumpSummary

Progress = Callable[[int, int], None]
"""Called with the rows that are done and the rows that there are."""

_LEFT_OUT: Final = frozenset({s.lease.name})
"""Who does what just now is no part of what the store knows."""

_FETCHED: Final = 1_000
_PART_BYTES: Final = 1 << 20
_TOLD: Final = 100_000
_TABLES: Final = "tables"
_ROWS: Final = "rows"
_COUNTS: Final = "counts"
_NODE: Final = "words about the node"


def copied_tables() -> list[Table]:
    """Return the tables of a dump, each after those that it refers to."""
    return [table for table in t.metadata.sorted_tables if table.name not in _LEFT_OUT]


def dump(
    connection: Connection,
    sink: BinaryIO,
    *,
    attachments: Mapping[str, bytes],
    progress: Progress,
) -> DumpSummary:
    """Write everything that the connection's snapshot shows."""
    tables = copied_tables()
    node_id = connection.execute(select(t.node.c.id)).scalar_one()
    header = DumpHeader(
        schema=t.SCHEMA_VERSION,
        node_id=str(UUID(bytes=node_id)),
        tables=_columns(tables),
        rows={str(table.name): _count(connection, table) for table in tables},
        attachments=attachments,
    )
    writer = DumpWriter(sink, header)
    done, total = 0, sum(header.rows.values())
    for table in tables:
        for rows in _parts(connection, table):
            writer.rows(str(table.name), rows)
            done += len(rows)
            progress(done, total)
    return _summary(header, writer.finish())


def verify(source: BinaryIO) -> DumpSummary:
    """Read a dump to its end and return what it holds; nothing is changed.

    Raises:
        DumpRefusedError: it is no dump, torn, or altered.
        StoreVersionError: it is of another schema than this program's.
    """
    reader = DumpReader(source)
    header = reader.header
    if header.schema != t.SCHEMA_VERSION:
        msg = f"The backup has schema {header.schema}; this program needs {t.SCHEMA_VERSION}."
        hint = "Restore it with the version of Rempart that wrote it, then upgrade the store."
        raise StoreVersionError(msg, hint=hint)
    tables = _columns(copied_tables())
    counts = dict.fromkeys(tables, 0)
    if header.tables != tables:
        raise _not_ours(_TABLES)
    for name, rows in reader.rows():
        if name not in tables or any(len(row) != len(tables[name]) for row in rows):
            raise _not_ours(_ROWS)
        counts[name] += len(rows)
    if counts != header.rows:
        raise _not_ours(_COUNTS)
    return _summary(header, None)


def _summary(header: DumpHeader, digest: str | None) -> DumpSummary:
    try:
        node_id = NodeId(UUID(header.node_id))
    except ValueError:
        raise _not_ours(_NODE) from None
    rows = sum(header.rows.values())
    return DumpSummary(node_id, header.schema, rows, header.attachments, digest)


def restore(engine: StoreEngine, source: BinaryIO, *, progress: Progress) -> None:
    """Fill an empty place from a dump that was verified, in one transaction; nothing stays if it fails."""
    with _creation.new_schema(engine) as connection:
        _fill(engine, connection, DumpReader(source), progress)


def _fill(
    engine: StoreEngine, connection: Connection, reader: DumpReader, progress: Progress
) -> None:
    tables = {table.name: table for table in copied_tables()}
    total = sum(reader.header.rows.values())
    done, told = 0, 0
    for name, rows in reader.rows():
        insert_rows(connection, tables[name], _typed(tables[name], rows))
        done += len(rows)
        progress(done, total)
        if done >= 2 * told:
            told = max(done, _TOLD)
            engine.expect_many(connection)
    engine.expect_many(connection)


def _typed(table: Table, rows: list[list[Any]]) -> list[tuple[Any, ...]]:
    """Return rows as the engines take them; a flag must be one, for an engine may not tell it from a number."""
    flags = [
        place for place, column in enumerate(table.columns) if isinstance(column.type, Boolean)
    ]
    for row in rows:
        for place in flags:
            row[place] = None if row[place] is None else bool(row[place])
    return [tuple(row) for row in rows]


def _columns(tables: Sequence[Table]) -> dict[str, list[str]]:
    # SQLAlchemy's names are a kind of text of its own.
    return {str(table.name): [str(column.name) for column in table.columns] for table in tables}


def _count(connection: Connection, table: Table) -> int:
    count: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return count


def _parts(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """Yield a table's rows in the order of its key, in parts of about a mebibyte."""
    wanted = select(table).order_by(*table.primary_key.columns)
    part: list[tuple[Any, ...]] = []
    size = 0
    with connection.execute(wanted, execution_options={"yield_per": _FETCHED}) as result:
        for row in result:
            part.append(tuple(row))
            size += _size(row)
            if size >= _PART_BYTES:
                yield part
                part, size = [], 0
    if part:
        yield part


def _size(row: Sequence[Any]) -> int:
    return 8 * len(row) + sum(len(value) for value in row if isinstance(value, (bytes, str)))


def _not_ours(what: str) -> DumpRefusedError:
    msg = f"The {what} of the backup are not those of a store of this version."
    return DumpRefusedError(msg, hint="Use another backup; nothing was restored.")
