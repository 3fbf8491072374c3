"""A store of the first schema, with content, is brought up to date on either engine and is the same store then."""

import io
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect
from tests.store.material import Laboratory, Location
from tests.store.test_store_dump import dump, fill

from rempart.store import Store, StoreVersionError
from rempart.store._bulk import insert_rows
from rempart.store._dump_format import DumpReader
from rempart.store._engine import StoreEngine, engine_at
from rempart.store._migrate import configuration
from rempart.store._tables import SCHEMA_VERSION, metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "sqlite":
        return tmp_path / "first.sqlite"
    return str(request.getfixturevalue("postgres_url"))


def make_first_schema(engine: StoreEngine, content: bytes) -> None:
    """Make a store of schema 1, and put into it what a store of today says in the tables that it had."""
    engine.prepare()
    pool = engine.writing()
    with pool.connect() as connection, connection.begin():
        command.upgrade(configuration(connection), "0001")
        engine.sign(connection, 1)
        present = inspect(connection).get_table_names()
        for name, rows in DumpReader(io.BytesIO(content)).rows():
            if name in present:
                insert_rows(connection, metadata.tables[name], [tuple(row) for row in rows])
    pool.dispose()


def test_first_schema_with_content_is_brought_up_to_date(
    sqlite_laboratory: Laboratory, empty_place: Location
) -> None:
    fill(sqlite_laboratory)
    content = dump(sqlite_laboratory.store)
    make_first_schema(engine_at(empty_place, busy_timeout_seconds=1), content)
    with pytest.raises(StoreVersionError) as caught:
        Store.open(empty_place)
    assert "--upgrade" in caught.value.hint
    Store.upgrade(empty_place)
    with Store.open(empty_place) as store:
        assert Laboratory(store, empty_place).state() == sqlite_laboratory.state()
        assert store.check(deep=True) == []
        assert dump(store) == content
    Store.upgrade(empty_place)


def test_upgraded_file_names_its_schema(sqlite_laboratory: Laboratory, tmp_path: Path) -> None:
    path = tmp_path / "first.sqlite"
    make_first_schema(engine_at(path, busy_timeout_seconds=1), dump(sqlite_laboratory.store))
    Store.upgrade(path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    connection.close()
