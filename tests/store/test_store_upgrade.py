"""A store of the first schema, with content, is brought up to date on either engine and is the same store then."""

import io
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Column, MetaData, Table, inspect, text
from tests.store.material import Laboratory, Location, item, sha256
from tests.store.test_store_dump import dump, fill

from rempart.model.fingerprint import Fingerprint
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


def make_first_schema(engine: StoreEngine, content: bytes, *, schema: int = 1) -> None:
    """Make a store of an early schema, and put into it what a store of today says in the tables that it had."""
    engine.prepare()
    pool = engine.writing()
    with pool.connect() as connection, connection.begin():
        command.upgrade(configuration(connection), f"{schema:04}")
        engine.sign(connection, schema)
        present = inspect(connection)
        for name, rows in DumpReader(io.BytesIO(content)).rows():
            if name in present.get_table_names():
                columns = len(present.get_columns(name))  # those that came later stand at the end
                table = _with_columns(metadata.tables[name], columns)
                insert_rows(connection, table, [tuple(row)[:columns] for row in rows])
    pool.dispose()


def _with_columns(table: Table, count: int) -> Table:
    columns = [Column(each.name, each.type) for each in list(table.columns)[:count]]
    return Table(table.name, MetaData(), *columns)


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


@pytest.mark.parametrize("schema", [1, 2])
def test_listed_videos_of_an_early_store_are_matchable(
    sqlite_laboratory: Laboratory, empty_place: Location, schema: int
) -> None:
    made = sqlite_laboratory.add_list()
    kept = Fingerprint(
        "vpdq", b'{"0": {"quality": 100, "hash": "' + b"0f" * 32 + b'", "timestamp": 1}}'
    )
    sqlite_laboratory.merge(made.id, [item(1, sha256(1), kept)])
    content = dump(sqlite_laboratory.store)
    make_first_schema(engine_at(empty_place, busy_timeout_seconds=1), content, schema=schema)

    Store.upgrade(empty_place)

    with Store.open(empty_place) as store:
        [(number, text)] = store.matchable_videos()
        assert text == kept.value
        changes = store.changes_since(0, limit=10)
        assert changes is not None
        assert changes.added_videos == ((number, text),)


@pytest.mark.parametrize("schema", [1, 2])
def test_text_of_a_kind_that_means_hashes_of_urls_now_stays_text(
    sqlite_laboratory: Laboratory, empty_place: Location, schema: int
) -> None:
    made = sqlite_laboratory.add_list()
    kept = Fingerprint("foreign", b"0f" * 32)
    sqlite_laboratory.merge(made.id, [item(1, sha256(1), kept)])
    engine = engine_at(empty_place, busy_timeout_seconds=1)
    make_first_schema(engine, dump(sqlite_laboratory.store), schema=schema)
    pool = engine.writing()
    with pool.connect() as connection, connection.begin():
        connection.execute(text("UPDATE kind SET kind = 'url-sha256' WHERE kind = 'foreign'"))
    pool.dispose()

    Store.upgrade(empty_place)

    with Store.open(empty_place) as store:
        (entry,) = Laboratory(store, empty_place).entries(made.id)
        assert Fingerprint("url-sha256-text", kept.value) in entry.fingerprints
        assert list(store.matchable("url-sha256")) == []
