"""The migrations make exactly the schema that the code uses, on both engines."""

import re
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Table, create_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from rempart.store import Store, _migrate
from rempart.store._postgres import psycopg_dialect
from rempart.store._sqlite import APPLICATION_ID
from rempart.store._tables import SCHEMA_VERSION, metadata


# An index over an expression cannot be compared this way on SQLite; the next test compares its text.
@pytest.mark.filterwarnings("ignore:.*expression-based index.*fingerprint_value")
def test_migrated_store_has_the_tables_of_the_code(sqlite_path: Path) -> None:
    with Store.open(sqlite_path) as store, store._reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_migrated_store_is_the_same_to_the_letter(sqlite_path: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.sqlite"
    engine = create_engine(f"sqlite:///{made}")
    metadata.create_all(engine)
    engine.dispose()
    assert schema_of(sqlite_path) == schema_of(made)


def test_newest_migration_is_the_version_that_the_code_expects() -> None:
    scripts = ScriptDirectory.from_config(_migrate.configuration())
    assert scripts.get_heads() == [f"{SCHEMA_VERSION:04}"]


def test_header_names_application_and_schema(sqlite_path: Path) -> None:
    connection = sqlite3.connect(sqlite_path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_table_can_be_made_on_postgresql(table: Table) -> None:
    dialect = psycopg_dialect()
    text = str(CreateTable(table).compile(dialect=dialect))
    text += "".join(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
    assert "ROWID" not in text.upper()
    assert "BLOB" not in text.upper()
    rules = [index.info["rule"] for index in table.indexes if index.info]
    assert sorted(re.findall(r"WHERE (\w+ IS (?:NOT )?NULL)", text)) == sorted(rules)


def test_some_indexes_hold_a_part_of_their_rows_on_both_engines() -> None:
    names = {
        index.name for table in metadata.tables.values() for index in table.indexes if index.info
    }
    assert names == {
        "entry_source_id",
        "fingerprint_value",
        "fingerprint_removed",
        "suspension_end",
    }


def schema_of(path: Path) -> set[tuple[str, ...]]:
    """Return each statement of the schema as its parts in one order: constraints may be written in any."""
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'"
    ).fetchall()
    connection.close()
    return {parts_of(" ".join(sql.split())) for (sql,) in rows}


def parts_of(sql: str) -> tuple[str, ...]:
    first, last = sql.index("("), sql.rindex(")")
    parts = sql[first + 1 : last].split(",")
    return (sql[:first].strip(), *sorted(part.strip() for part in parts), sql[last + 1 :].strip())
