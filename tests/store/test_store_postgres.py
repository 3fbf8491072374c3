"""What only PostgreSQL can show: whose database it is, who waits for whom, and a server that goes and comes back."""

import threading
import traceback
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event, make_url
from sqlalchemy.pool import QueuePool
from tests.postgres_server import PostgresServer
from tests.store.material import (
    START,
    Laboratory,
    OrderedIdentifiers,
    exercise_node,
    item,
    local_principal,
)

from rempart.model.errors import RempartError
from rempart.store import (
    Store,
    StoreConstraintError,
    StoreDamagedError,
    StoreExistsError,
    StoreLocationError,
    StoreLockedError,
    StoreMissingError,
    StoreUnavailableError,
    StoreVersionError,
)

SECRET = "exercise-secret"  # noqa: S105 - of no server that is not ours


def create(url: str) -> Store:
    identifiers = OrderedIdentifiers()
    node = exercise_node(identifiers)
    principal = local_principal(node, identifiers)
    return Store.create(url, node=node, principal=principal, at=START, identifiers=identifiers)


def database_of(url: str) -> str:
    return str(make_url(url).database)


@pytest.fixture
def change(postgres_server: PostgresServer, postgres_store_url: str) -> Callable[[str], None]:
    """Change the store behind its back."""

    def run(statement: str) -> None:
        postgres_server.run(statement, database=database_of(postgres_store_url))

    return run


class TestWhoseDatabase:
    def test_new_store_belongs_to_its_node(self, postgres_url: str) -> None:
        with create(postgres_url) as store:
            assert store.node == exercise_node(OrderedIdentifiers())
            assert store.check(deep=True) == []

    def test_empty_database_holds_no_store(self, postgres_url: str) -> None:
        with pytest.raises(StoreMissingError) as caught:
            Store.open(postgres_url)
        assert "rempart init" in caught.value.hint
        with pytest.raises(StoreMissingError):
            Store.upgrade(postgres_url)

    def test_store_is_not_made_over_another(self, postgres_store_url: str) -> None:
        with pytest.raises(StoreExistsError):
            create(postgres_store_url)
        Store.open(postgres_store_url).close()

    def test_database_of_something_else_is_not_touched(
        self, postgres_server: PostgresServer, postgres_url: str
    ) -> None:
        database = database_of(postgres_url)
        postgres_server.run("CREATE TABLE alembic_version (version_num text)", database=database)
        with pytest.raises(StoreMissingError):
            Store.open(postgres_url)
        with pytest.raises(StoreExistsError):
            create(postgres_url)
        assert postgres_server.run(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=database
        ) == [(1,)]

    def test_failed_creation_leaves_an_empty_database(self, postgres_url: str) -> None:
        identifiers = OrderedIdentifiers()
        node = exercise_node(identifiers)
        stranger = local_principal(node, OrderedIdentifiers(50))
        with pytest.raises(RempartError):
            Store.create(
                postgres_url,
                node=node,
                principal=stranger,
                at=START,
                identifiers=_SameIdentifiers(node.id),
            )
        create(postgres_url).close()

    def test_two_that_make_a_store_at_once_make_one(self, postgres_url: str) -> None:
        outcomes: list[object] = []

        def make() -> None:
            try:
                create(postgres_url).close()
            except StoreExistsError as error:
                outcomes.append(error)
            else:
                outcomes.append(None)

        threads = [threading.Thread(target=make) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcome is None for outcome in outcomes) == [False, False, True]

    def test_newer_store_is_refused(
        self, postgres_store_url: str, change: Callable[[str], None]
    ) -> None:
        change("UPDATE alembic_version SET version_num = '0099'")
        with pytest.raises(StoreVersionError, match="99"):
            Store.open(postgres_store_url)
        with pytest.raises(StoreVersionError, match="99"):
            Store.upgrade(postgres_store_url)

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM alembic_version",
            "DROP TABLE alembic_version",
            "DROP TABLE event CASCADE",
            "DELETE FROM node",
            "UPDATE node SET id = ''",
        ],
    )
    def test_damaged_store_is_told(
        self, postgres_store_url: str, change: Callable[[str], None], statement: str
    ) -> None:
        change(statement)
        with pytest.raises(StoreDamagedError):
            Store.open(postgres_store_url)

    def test_missing_table_is_damage(
        self, postgres_store_url: str, change: Callable[[str], None]
    ) -> None:
        with Store.open(postgres_store_url) as store:
            change("DROP TABLE source_record")
            laboratory = Laboratory(store, postgres_store_url)
            made = laboratory.add_list()
            with pytest.raises(StoreDamagedError):
                laboratory.merge(made.id, [item(1, raw="x")])


class _SameIdentifiers(OrderedIdentifiers):
    """Gives an identifier that is taken, so that the last statement of a creation fails."""

    def __init__(self, taken: object) -> None:
        super().__init__()
        self._taken = taken

    def new_bytes(self, count: int) -> list[bytes]:
        del count
        msg = f"no more identifiers after {self._taken}"
        raise StoreConstraintError(msg, hint="")


class TestLocations:
    @pytest.mark.parametrize(
        "url",
        [
            "mysql://u:exercise-secret@h/d",
            "postgresql+asyncpg://u:exercise-secret@h/d",
            "postgresql://u:exercise-secret@h:port/d",
            "postgresql://u:exercise-secret@h/d?strange=1",
            "sqlite://",
            "sqlite:///x?mode=exercise-secret",
            "://exercise-secret",
        ],
    )
    def test_url_of_no_use_is_refused_without_its_password(self, url: str) -> None:
        with pytest.raises(StoreLocationError) as caught:
            Store.open(url)
        assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_url_of_a_file_opens_the_file(self, sqlite_path: object) -> None:
        with Store.open(f"sqlite:///{sqlite_path}") as store:
            assert store.shown == str(sqlite_path)
        with Store.open(str(sqlite_path)) as store:
            assert store.shown == str(sqlite_path)

    def test_password_is_in_no_message_and_no_representation(
        self, postgres_server: PostgresServer, postgres_store_url: str
    ) -> None:
        assert SECRET in postgres_store_url
        nowhere = postgres_server.url("no-such-database")
        with pytest.raises(StoreUnavailableError) as caught:
            Store.open(nowhere)
        assert "no-such-database" in caught.value.message
        assert SECRET not in "".join(traceback.format_exception(caught.value))
        with Store.open(postgres_store_url) as store:
            assert SECRET not in repr(store) + repr(vars(store)) + store.shown

    def test_other_name_of_the_driver_is_the_same(self, postgres_store_url: str) -> None:
        for scheme in ("postgresql+psycopg", "postgres"):
            url = postgres_store_url.replace("postgresql", scheme, 1)
            with Store.open(url) as store:
                assert store.node.is_exercise


class TestWriters:
    def test_second_writer_waits_and_is_then_told(self, postgres_store_url: str) -> None:
        with (
            Store.open(postgres_store_url) as one,
            Store.open(postgres_store_url, busy_timeout_seconds=0.05) as two,
        ):
            first = Laboratory(one, postgres_store_url)
            second = Laboratory(two, postgres_store_url)
            with first.write() as writer:
                with pytest.raises(StoreLockedError) as caught:
                    second.add_list()
                writer.record("exercise.done", {})
            assert caught.value.exit_code == 4
            second.add_list()
            assert [event.kind for event in two.events()][1:] == ["exercise.done", "list.added"]

    def test_concurrent_writers_leave_no_gap(self, postgres_store_url: str) -> None:
        with Store.open(postgres_store_url) as one, Store.open(postgres_store_url) as two:
            threads = [
                threading.Thread(target=write_events, args=(store, first))
                for store, first in ((one, 10_000), (one, 20_000), (two, 30_000), (two, 40_000))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(one.events()) == 1 + 4 * 10
            with one._reading() as connection:
                numbers = connection.exec_driver_sql("SELECT event_no FROM event ORDER BY 1")
                assert list(numbers.scalars()) == list(range(1, 42))

    def test_readers_are_not_disturbed_by_a_writer(self, postgres_store_url: str) -> None:
        with Store.open(postgres_store_url) as store:
            laboratory = Laboratory(store, postgres_store_url)
            made = laboratory.add_list()
            laboratory.merge(made.id, [item(1)])
            before = laboratory.state()
            with laboratory.write() as writer:
                writer.begin_merge(made.id, "partner").put([item(2)])
                assert laboratory.state() == before
                writer.record("list.imported", {})
            assert laboratory.state() != before

    def test_reader_cannot_write(self, postgres_store_url: str) -> None:
        with (
            Store.open(postgres_store_url) as store,
            pytest.raises(StoreUnavailableError, match="read-only"),
            store._reading() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM event")

    def test_refused_row_is_told_without_its_values(self, postgres_store_url: str) -> None:
        with Store.open(postgres_store_url) as store:
            laboratory = Laboratory(store, postgres_store_url)
            made = laboratory.add_list()
            before = laboratory.state()
            with pytest.raises(StoreConstraintError) as caught:
                laboratory.merge(made.id, [item(1, source_id="\0" + "nul" * 9)])
            told = "".join(traceback.format_exception(caught.value))
            assert "nul" * 9 not in told
            with pytest.raises(StoreConstraintError) as caught, laboratory.write() as writer:
                writer._session.connection.exec_driver_sql("INSERT INTO node SELECT * FROM node")
            assert "node_pkey" in caught.value.message
            assert store.node.id.hex not in "".join(traceback.format_exception(caught.value))
            assert laboratory.state() == before

    def test_accepted_writes_are_on_the_disk_whatever_the_server_s_default(
        self,
        postgres_server: PostgresServer,
        postgres_store_url: str,
        change: Callable[[str], None],
    ) -> None:
        change(f"ALTER DATABASE {database_of(postgres_store_url)} SET synchronous_commit = off")
        with (
            Store.open(postgres_store_url) as store,
            store._writing_engine.connect() as connection,
        ):
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
        assert postgres_server.run("SHOW synchronous_commit") == [("on",)]


def write_events(store: Store, first_identifier: int) -> None:
    laboratory = Laboratory(store, "", first_identifier=first_identifier)
    for _ in range(10):
        with laboratory.write() as writer:
            writer.record("exercise.done", {})


class TestServerThatGoesAndComes:
    @pytest.fixture
    def server(self) -> Iterator[PostgresServer]:
        with PostgresServer() as server:
            yield server

    def test_store_works_again_without_being_opened_again(self, server: PostgresServer) -> None:
        with create(server.url()) as store:
            laboratory = Laboratory(store, server.url())
            laboratory.add_list("before")
            server.stop()
            for call in (store.lists, lambda: laboratory.add_list("meanwhile")):
                with pytest.raises(StoreUnavailableError) as caught:
                    call()
                assert SECRET not in "".join(traceback.format_exception(caught.value))
            server.start()
            laboratory.add_list("after")
            assert [each.name for each in store.lists()] == ["after", "before"]

    def test_connection_that_is_cut_within_a_write_undoes_it(self, server: PostgresServer) -> None:
        with create(server.url()) as store:
            laboratory = Laboratory(store, server.url())
            made = laboratory.add_list()
            before = laboratory.state()

            def write_and_be_cut_off() -> None:
                with laboratory.write() as writer:
                    writer.begin_merge(made.id, "partner").put([item(1)])
                    server.run(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE application_name = 'rempart' AND state = 'idle in transaction'"
                    )
                    writer.record("list.imported", {})

            with pytest.raises(StoreUnavailableError):
                write_and_be_cut_off()
            assert laboratory.state() == before
            laboratory.merge(made.id, [item(1)])

    def test_server_without_room_for_connections_is_told(self, server: PostgresServer) -> None:
        create(server.url()).close()
        server.stop()
        server.start(
            "max_connections=4",
            "superuser_reserved_connections=0",
            "reserved_connections=0",
            "max_wal_senders=0",
            "autovacuum_worker_slots=1",
        )
        with Store.open(server.url()) as one, Store.open(server.url()) as two:
            with (
                one._reading(),
                one._reading(),
                two._reading(),
                two._reading(),
                pytest.raises(StoreUnavailableError, match=r"too many clients") as caught,
            ):
                one.lists()
            assert "max_connections" in caught.value.hint
            assert one.lists() == ()


def test_file_keeps_one_connection_for_small_writes(sqlite_laboratory: Laboratory) -> None:
    engine = sqlite_laboratory.store._writing_engine
    assert isinstance(engine.pool, QueuePool)
    made: list[object] = []
    closed: list[object] = []
    event.listen(engine, "connect", lambda connection, _: made.append(connection))
    event.listen(engine, "close_detached", closed.append)
    lists = [sqlite_laboratory.add_list(name) for name in ("one", "two", "three")]
    assert (len(made), closed) == (1, [])
    sqlite_laboratory.merge(lists[0].id, [item(n) for n in range(10_001)], batch=10_001)
    assert closed == made, "a large write gives its connection and its cache back"
    sqlite_laboratory.add_list("four")
    assert len(made) == 2
    assert len(sqlite_laboratory.matchable()) == 10_001


def test_reader_that_leaves_early_leaves_nothing_open(laboratory: Laboratory) -> None:
    made = laboratory.add_list()
    laboratory.merge(made.id, [item(n) for n in range(50)], batch=50)
    for _ in range(3):
        reading = laboratory.store.matchable("pdq", chunk=10)
        next(reading)
        del reading
    entries = laboratory.store.entries(made.id)
    next(entries)
    del entries
    assert len(laboratory.matchable()) == 50
