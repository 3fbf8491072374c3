"""The store's file: made privately, refused where it is damaged, never an error of the engine as it is."""

import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import event
from tests.store.material import (
    START,
    Laboratory,
    OrderedIdentifiers,
    exercise_node,
    item,
    local_principal,
)

from rempart.model.errors import DamagedError, RempartError, UsageError
from rempart.store import (
    Store,
    StoreConstraintError,
    StoreDamagedError,
    StoreExistsError,
    StoreLockedError,
    StoreMissingError,
    StoreUnavailableError,
    StoreVersionError,
)

PAGE = 4096


def create(path: Path) -> Store:
    identifiers = OrderedIdentifiers()
    node = exercise_node(identifiers)
    principal = local_principal(node, identifiers)
    return Store.create(path, node=node, principal=principal, at=START, identifiers=identifiers)


@pytest.fixture
def filled(sqlite_path: Path) -> Path:
    with Store.open(sqlite_path) as store:
        laboratory = Laboratory(store, sqlite_path)
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(n, raw="x" * 50) for n in range(3_000)], batch=3_000)
    assert not sqlite_path.with_name("store.sqlite-wal").exists()
    return sqlite_path


def read_everything(path: Path) -> None:
    with Store.open(path) as store:
        Laboratory(store, path).state()


def findings(path: Path) -> list[str]:
    """Return what opening or the quick check says is wrong."""
    try:
        with Store.open(path) as store:
            return [problem.message for problem in store.check(deep=False)]
    except DamagedError as error:
        return [error.hint]


class TestCreation:
    def test_new_store_belongs_to_its_node(self, tmp_path: Path) -> None:
        identifiers = OrderedIdentifiers()
        node = exercise_node(identifiers)
        principal = local_principal(node, identifiers)
        path = tmp_path / "a folder? with #signs%20"
        path.mkdir()
        with Store.create(
            path / "store.sqlite", node=node, principal=principal, at=START, identifiers=identifiers
        ) as store:
            assert store.node == node
            assert store.local_principal() == principal
            assert store.check(deep=True) == []
        assert sorted(each.name for each in path.iterdir()) == ["store.sqlite"]

    def test_only_the_owner_may_read_the_files(self, tmp_path: Path) -> None:
        path = tmp_path / "store.sqlite"
        mask = os.umask(0)
        try:
            with create(path) as store:
                Laboratory(store, path).add_list()
                made = list(tmp_path.iterdir())
                assert len(made) == 3, "the store, its journal, and the journal's index"
                for each in made:
                    assert stat.S_IMODE(each.stat().st_mode) == 0o600
        finally:
            os.umask(mask)

    def test_existing_file_is_not_touched(self, tmp_path: Path) -> None:
        path = tmp_path / "store.sqlite"
        path.write_bytes(b"mine")
        with pytest.raises(StoreExistsError):
            create(path)
        assert path.read_bytes() == b"mine"

    def test_failed_creation_leaves_nothing(self, tmp_path: Path) -> None:
        identifiers = OrderedIdentifiers()
        node = exercise_node(identifiers)
        principal = local_principal(node, identifiers)
        with pytest.raises(ValueError, match="zone"):
            Store.create(
                tmp_path / "store.sqlite",
                node=node,
                principal=principal,
                at=START,
                identifiers=_Broken(),
            )
        assert list(tmp_path.iterdir()) == []

    def test_missing_folder_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(StoreUnavailableError, match="nowhere"):
            create(tmp_path / "nowhere" / "store.sqlite")


class _Broken(OrderedIdentifiers):
    def new_bytes(self, count: int) -> list[bytes]:
        msg = f"no zone for {count}"
        raise ValueError(msg)


class TestOpening:
    def test_missing_store_is_no_damage(self, tmp_path: Path) -> None:
        with pytest.raises(StoreMissingError) as caught:
            Store.open(tmp_path / "store.sqlite")
        assert isinstance(caught.value, UsageError)
        assert "rempart init" in caught.value.hint
        assert list(tmp_path.iterdir()) == []

    def test_newer_store_is_refused(self, sqlite_path: Path) -> None:
        set_version(sqlite_path, "0099")
        with pytest.raises(StoreVersionError, match="99"):
            Store.open(sqlite_path)
        with pytest.raises(StoreVersionError, match="99"):
            Store.upgrade(sqlite_path)

    def test_older_store_says_how_to_upgrade(self, sqlite_path: Path) -> None:
        set_version(sqlite_path, "0000")
        with pytest.raises(StoreVersionError) as caught:
            Store.open(sqlite_path)
        assert "--upgrade" in caught.value.hint

    @pytest.mark.parametrize("version", ["", "one", "-1"])
    def test_store_without_a_version_is_damaged(self, sqlite_path: Path, version: str) -> None:
        set_version(sqlite_path, version)
        with pytest.raises(StoreDamagedError):
            Store.open(sqlite_path)

    def test_upgrade_of_a_present_store_changes_nothing(self, sqlite_path: Path) -> None:
        before = dump(sqlite_path)
        Store.upgrade(sqlite_path)
        assert dump(sqlite_path) == before

    def test_foreign_database_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "store.sqlite"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE mine (a)")
        connection.close()
        with pytest.raises(StoreDamagedError):
            Store.open(path)

    def test_folder_in_place_of_the_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "store.sqlite"
        path.mkdir()
        with pytest.raises(StoreUnavailableError):
            Store.open(path)


class TestDamage:
    def test_empty_file_is_damaged(self, sqlite_path: Path) -> None:
        sqlite_path.write_bytes(b"")
        with pytest.raises(StoreDamagedError):
            Store.open(sqlite_path)

    def test_overwritten_header_is_damaged(self, filled: Path) -> None:
        with filled.open("r+b") as file:
            file.write(b"\x00" * 100)
        with pytest.raises(StoreDamagedError):
            Store.open(filled)

    @pytest.mark.parametrize("kept", [50, PAGE, PAGE + 7, 20 * PAGE])
    def test_cut_off_file_is_damaged(self, filled: Path, kept: int) -> None:
        os.truncate(filled, kept)
        with pytest.raises(StoreDamagedError) as caught:
            Store.open(filled)
        assert caught.value.hint

    @pytest.mark.parametrize("page", range(1, 120, 7))
    def test_random_bytes_in_a_page_are_found(self, filled: Path, page: int) -> None:
        with filled.open("r+b") as file:
            file.seek(page * PAGE)
            file.write(OrderedIdentifiers(page).new().bytes * (PAGE // 16))
        assert findings(filled)
        with suppress(DamagedError):
            read_everything(filled)

    def test_cut_off_under_a_running_reader_is_damage(self, filled: Path) -> None:
        with Store.open(filled) as store:
            os.truncate(filled, 8 * PAGE)
            problems = store.check()
            assert problems
            with pytest.raises(DamagedError):
                Laboratory(store, filled).state()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE hash_list SET standing = 'strange'",
            "UPDATE hash_list SET id = x'00'",
            "UPDATE handling SET content = '{'",
            "UPDATE handling SET content = '{}'",
            "UPDATE entry SET id = x'00' WHERE entry_no = 5",
            "UPDATE label_set SET labels = '[[1]]'",
            "UPDATE fingerprint SET quality = 101",
            "UPDATE fingerprint SET value = x'00'",
            "UPDATE event SET details = '[]'",
            "UPDATE node SET id = x''",
            "DELETE FROM node",
            "DROP TABLE event",
            "UPDATE hash_list SET name = CAST(x'ff' AS TEXT)",
        ],
    )
    def test_record_that_nobody_wrote_is_damage(self, filled: Path, statement: str) -> None:
        change(filled, statement)
        with pytest.raises(DamagedError):
            read_everything(filled)

    @pytest.mark.parametrize(
        ("statement", "code"),
        [
            ("UPDATE entry SET standing = 'withdrawn' WHERE entry_no = 5", "withdrawn-with-claim"),
            ("UPDATE entry_source SET withdrawn_at = 1", "active-without-claim"),
            ("UPDATE entry SET version = 9 WHERE entry_no = 5", "version-missing"),
            ("UPDATE fingerprint SET until_version = 2", "active-without-fingerprint"),
            ("UPDATE fingerprint SET until_version = 2", "matchable-not-in-force"),
            ("UPDATE fingerprint SET removed_change = 1", "in-force-not-matchable"),
            ("UPDATE hash_list SET is_matched = 0", "matchable-not-in-force"),
            ("UPDATE fingerprint SET added_change = 9", "change-number"),
            ("UPDATE counter SET next_fingerprint_no = 7", "fingerprint-number"),
            ("UPDATE counter SET next_entry_no = 7", "entry-number"),
            ("DELETE FROM kind", "file-damaged"),
        ],
    )
    def test_inconsistency_is_found_by_the_deep_check(
        self, filled: Path, statement: str, code: str
    ) -> None:
        change(filled, statement)
        with Store.open(filled) as store:
            assert code in {problem.code for problem in store.check(deep=True)}


class TestFaultsOfTheSystem:
    def test_second_writer_waits_and_is_then_told(self, sqlite_path: Path) -> None:
        with (
            Store.open(sqlite_path) as one,
            Store.open(sqlite_path, busy_timeout_seconds=0.05) as two,
        ):
            first, second = Laboratory(one, sqlite_path), Laboratory(two, sqlite_path)
            with first.write() as writer:
                with pytest.raises(StoreLockedError) as caught:
                    second.add_list()
                writer.record("exercise.done", {})
            assert caught.value.exit_code == 4
            second.add_list()
            assert [event.kind for event in two.events()][1:] == ["exercise.done", "list.added"]

    def test_readers_are_not_disturbed_by_a_writer(self, sqlite_path: Path) -> None:
        with Store.open(sqlite_path) as one, Store.open(sqlite_path, busy_timeout_seconds=0) as two:
            writing = Laboratory(one, sqlite_path)
            made = writing.add_list()
            writing.merge(made.id, [item(1)])
            reading = Laboratory(two, sqlite_path)
            before = reading.state()
            with writing.write() as writer:
                writer.begin_merge(made.id, "partner").put([item(2)])
                assert reading.state() == before
                assert writing.state() == before, "the writer's own readers see the last commit"
                writer.record("list.imported", {})
            assert reading.state() != before

    def test_full_disk_is_reported_and_changes_nothing(self, sqlite_path: Path) -> None:
        with Store.open(sqlite_path) as store:
            laboratory = Laboratory(store, sqlite_path)
            made = laboratory.add_list()
            before = laboratory.state()
            limit_pages(store)
            with pytest.raises(StoreUnavailableError):
                laboratory.merge(made.id, [item(n, raw="x" * 500) for n in range(3_000)])
            assert laboratory.state() == before

    def test_broken_rule_is_refused(self, sqlite_path: Path) -> None:
        with Store.open(sqlite_path) as store:
            laboratory = Laboratory(store, sqlite_path)
            with pytest.raises(StoreConstraintError), laboratory.write() as writer:
                writer._session.connection.exec_driver_sql("INSERT INTO node SELECT * FROM node")

    def test_reader_cannot_write(self, sqlite_path: Path) -> None:
        with (
            Store.open(sqlite_path) as store,
            pytest.raises(RempartError),
            store._reading() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM event")


def limit_pages(store: Store) -> None:
    """Let every later connection of the writer find the disk full after a few pages more."""

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")

    store._writing_engine.dispose()
    event.listen(store._writing_engine, "connect", connected)


def change(path: Path, statement: str, *values: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def set_version(path: Path, version: str) -> None:
    change(path, "UPDATE alembic_version SET version_num = ?", version)


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    lines = list(connection.iterdump())
    connection.close()
    return lines
